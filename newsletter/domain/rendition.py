"""An issue rendered for one version of its readers: the bytes that are approved and sent."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


UNSUBSCRIBE_URL = "unsubscribe_url"
PREFERENCES_URL = "preferences_url"
LIST_TITLE = "list_title"
"""Fields of tokens that are no attribute of the reader's."""


class Part(StrEnum):
    """Where a token stands, which decides how its value is escaped."""

    HTML = "html"
    TEXT = "text"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Token:
    """A placeholder in the rendered bytes, exchanged per reader.

    `field` is one of those above or `reader.<attribute>`; `fallback` stands in for an empty value.
    """

    placeholder: str
    field: str
    part: Part
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class PlacedLink:
    """An address a mail's links lead to, and the section's key, the brief's id and its headline it
    stands in; '' outside of them. Of our own redirects, `target` is where they lead.
    """

    url: str
    section: str = ""
    brief: str = ""
    headline: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class PlacedBrief:
    """A brief a version shows: its section's key, its id and its headline."""

    section: str
    brief: str
    headline: str


@dataclass(frozen=True, slots=True)
class Rendition:
    """One version, ready but for its tokens. `mjml` is kept for the eye, `links` and `briefs` (in
    reading order) for counting clicks; none of them is part of the digest.
    """

    version: str
    subject: str
    preheader: str
    html: str
    text: str
    tokens: tuple[Token, ...]
    mjml: str = ""
    links: tuple[PlacedLink, ...] = ()
    briefs: tuple[PlacedBrief, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over everything a reader can receive; what `approve` records."""
        parts = [
            self.version,
            self.subject,
            self.preheader,
            self.html,
            self.text,
            [[token.placeholder, token.field, token.part, token.fallback] for token in self.tokens],
        ]
        encoded = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
        return hashlib.sha256(encoded).hexdigest()

    @property
    def fingerprints(self) -> dict[str, str]:
        """SHA-256 of each part a reader sees, by its name."""
        parts = {
            "subject": self.subject,
            "preheader": self.preheader,
            "html": self.html,
            "text": self.text,
        }
        return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in parts.items()}


def approved_digest(
    renditions: Iterable[Rendition], *, sender: str, reply_to: str | None, audience: str
) -> str:
    """SHA-256 over every version, who it is from (`Name <address>`) and whom the issue itself says
    it is for: what is approved.
    """
    parts = [rendition.digest for rendition in renditions]
    parts += [sender, reply_to or "", audience]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
