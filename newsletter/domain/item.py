"""What gathering finds: items with their source text, and what happened to each source."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ItemKind(StrEnum):
    """How much of a story an item holds."""

    ARTICLE = "article"  # a headline with body text
    TEASER = "teaser"  # one sentence or two that point to a story elsewhere


class Dated(StrEnum):
    """How the time of publication is known."""

    STATED = "stated"  # the feed, the sitemap or the page says so in a field of its own
    WRITTEN = "written"  # it stands in the text, as a dateline does
    ADDRESS = "address"  # the web address holds the day


@dataclass(frozen=True, slots=True)
class Link:
    """A link found in a source text; `url` is None where the paste lost it."""

    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One gathered thing, its text kept exactly as the source had it.

    `title` is empty for a bare teaser, whose `text` is the teaser itself; a teaser that came with
    a headline has `title` and `dek`, and no `text`. Paragraphs of `text` are separated by one blank
    line.
    """

    id: str
    kind: ItemKind
    source: str
    title: str
    text: str
    dek: str = ""
    dateline: str = ""
    url: str | None = None
    author: str | None = None
    published: datetime | None = None
    dated: Dated | None = None
    language: str | None = None
    image: str | None = None
    categories: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


def item_id(*, source: str, url: str | None, title: str, text: str) -> str:
    """A stable id of 12 hexadecimal digits: same source and address, or same words, same id."""
    identity = url or f"{title}\n{text}"
    return hashlib.sha256(f"{source}\n{identity}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Furniture:
    """A line of a pasted page that is no story: a label, a button, a stray caption."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What one source gave: items, lines set aside, or the error that stopped it.

    `notes` tell what else a person should know: articles that could not be read, too much at once.
    """

    source: str
    items: tuple[Item, ...] = ()
    furniture: tuple[Furniture, ...] = ()
    error: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceTally:
    """Where the items of one source went; the counts after `fetched` add up to it.

    `new` are offered in the issue or as candidates; `known` were offered before, here or in an
    earlier issue; `joined` stand beside another outlet's; `held` wait for their day; `old` are from
    before the cut-off.
    """

    source: str
    fetched: int = 0
    new: int = 0
    known: int = 0
    joined: int = 0
    held: int = 0
    old: int = 0
