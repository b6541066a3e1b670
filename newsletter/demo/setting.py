"""The demo's workspace: the sample, pointed at loopback instead of the world."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import yaml

from newsletter.config import CONFIG_FILE
from newsletter.demo.sources import FEEDS, FOLDER, PAGES, PASTED
from newsletter.errors import WorkspaceError
from newsletter.usecases.workspace import init

if TYPE_CHECKING:
    from pathlib import Path

HEADING = (
    "# Written by `newsletter demo`. Its sources and its provider ran only as long as it did.\n"
)


def make(folder: Path) -> None:
    """Fill `folder` with the sample, unless an earlier demo did.

    WorkspaceError for a workspace that somebody made for a purpose: its settings are not the
    demo's to change.
    """
    path = folder / CONFIG_FILE
    if not path.exists():
        init(folder)
        path.write_text(HEADING + path.read_text(encoding="utf-8"), encoding="utf-8")
    elif not path.read_text(encoding="utf-8").startswith(HEADING):
        raise WorkspaceError(f"{folder} is a workspace of its own; name an empty folder")


def point(folder: Path, *, site: str, provider: str) -> None:
    """Set the addresses of this run: sources at `site`, the stand-in for SendGrid at `provider`."""
    path = folder / CONFIG_FILE
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["sources"] = [
        *({"name": name, "feed": f"{site}/{file}"} for name, file in FEEDS.items()),
        *({"name": name, "page": f"{site}/{file}"} for name, file in PAGES.items()),
        {"name": "Desk", "folder": "inbox"},
    ]
    settings["gathering"] = {"allow_private": ["127.0.0.1"], "look_back": "36500d"}
    settings["sending"] = {
        "provider": "sendgrid",
        "sendgrid": {"host": provider},
        "tracking": ["opens", "clicks"],
    }
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    path.write_text(HEADING + text, encoding="utf-8")
    for file in PASTED:
        shutil.copyfile(FOLDER / file, folder / "inbox" / file)
