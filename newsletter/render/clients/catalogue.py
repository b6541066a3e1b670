"""The mail programs we know by name: what the data calls them, and how many readers they have."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.errors import ConfigError, RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = Path(__file__).with_name("caniemail.json")


@dataclass(frozen=True, slots=True)
class Client:
    """A mail program. `column` is its place in the data; '' supports everything.

    `share` is how many readers in a hundred it stands for where the publication says nothing: round
    figures for a trade audience at desks. Counts of opens do not help, for Apple Mail opens all.
    `style_limit` in bytes: style elements beyond it are dropped.
    """

    key: str
    title: str
    column: str
    share: float
    dark: bool = False
    images: bool = True
    conditional_comments: bool = False
    style_limit: int | None = None


# https://github.com/hteumeuleu/email-bugs/issues/90
_GMAIL_STYLES = 16_384

CLIENTS: tuple[Client, ...] = (
    Client("gmail-web", "Gmail on the web", "gmail-web", 30, style_limit=_GMAIL_STYLES),
    Client("gmail-other", "Gmail app, other account", "gmail-other", 5, style_limit=_GMAIL_STYLES),
    Client(
        "outlook-windows", "Outlook for Windows", "outlook-windows", 15, conditional_comments=True
    ),
    Client("outlook-com", "Outlook.com", "outlook-com", 10),
    Client("apple-mail", "Apple Mail, light", "apple-mail", 20),
    Client("apple-mail-dark", "Apple Mail, dark", "apple-mail", 15, dark=True),
    Client("yahoo", "Yahoo Mail", "yahoo", 5),
    Client("images-off", "Any program, pictures off", "", 0, images=False),
)


def client_named(key: str) -> Client:
    """The client of this name; RenderError with all names where there is none."""
    found = next((client for client in CLIENTS if client.key == key), None)
    if found is None:
        names = ", ".join(client.key for client in CLIENTS)
        raise RenderError(f"there is no mail program “{key}”; known are {names}")
    return found


def reader_shares(told: Mapping[str, float]) -> dict[str, float]:
    """Client → share of the readers, 1.0 in all; `told` from config.yaml replaces the estimates.

    ConfigError for an unknown name.
    """
    known = {client.key: client.share for client in CLIENTS}
    for name in told:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean “{close[0]}”?" if close else f"known: {', '.join(known)}"
            raise ConfigError(f"clients: unknown mail program “{name}”; {hint}", file="config.yaml")
    shares = dict(told) or known
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items() if share}


@cache
def unsupported(column: str) -> frozenset[str]:
    """The features of caniemail.com that the client of this column does not support at all."""
    if not column:
        return frozenset()
    place = _data()["columns"].index(column)
    return frozenset(slug for slug, marks in _data()["features"].items() if marks[place] == "n")


@cache
def feature_titles() -> Mapping[str, str]:
    """What caniemail.com calls each feature."""
    titles: Mapping[str, str] = _data()["titles"]
    return titles


@cache
def _data() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return read
