"""What every feed says of one story, in its own way, made into an item in one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.item import Dated, Item, ItemKind, item_id
from newsletter.domain.prose import first_sentences
from newsletter.errors import GatherError
from newsletter.gather.canonical import canonical_url
from newsletter.gather.dates import address_day, feed_moment
from newsletter.gather.language import guessed_language
from newsletter.gather.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from newsletter.domain.item import Link

MOST_ENTRIES = 500
_LONGEST_TITLE = 1_000
_LONGEST_TEASER = 400
_MOST_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as read: texts plain, addresses absolute, `published` as it was written."""

    title: str = ""
    dek: str = ""
    text: str = ""
    url: str | None = None
    author: str = ""
    published: str = ""
    language: str = ""
    image: str | None = None
    categories: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


def items_of(entries: Iterable[Entry], *, source: str) -> tuple[Item, ...]:
    """The items of a feed's entries, each once; GatherError naming the source for none."""
    found = (item_of(entry, source=source) for entry in entries)
    items = tuple({item.id: item for item in found if item is not None}.values())
    if not items:
        raise GatherError(
            f"{source}: the feed has no entry to read; remove it or check its address"
        )
    return items


def item_of(entry: Entry, *, source: str) -> Item | None:
    """An item; None for an entry without a word.

    An entry with content is an article, else a teaser. Without a headline, one short paragraph is
    a bare teaser, and a longer text is titled by its first sentences.
    """
    title, dek, text = entry.title[:_LONGEST_TITLE], entry.dek, entry.text
    kind = ItemKind.ARTICLE if text else ItemKind.TEASER
    if not title:
        words = text or dek
        if not words:
            return None
        if "\n\n" not in words and len(words) <= _LONGEST_TEASER:
            kind, dek, text = ItemKind.TEASER, "", words
        else:
            title = first_sentences(words, at_most=200)
    link = canonical_url(entry.url) if entry.url else None
    published, dated = when(entry.published, link)
    return Item(
        id=item_id(source=source, url=link, title=title, text=text or dek),
        kind=kind,
        source=source,
        title=title,
        dek="" if dek == text else dek,
        text=text,
        url=link,
        author=entry.author[:200] or None,
        published=published,
        dated=dated,
        language=language_tag(entry.language) or guessed_language(text or dek or title),
        image=safe_image(entry.image),
        categories=categories(entry.categories),
        links=tuple(dict.fromkeys(entry.links)),
    )


def when(stated: str, url: str | None) -> tuple[datetime | None, Dated | None]:
    """The moment a source states, else the day in its address, and how it is known."""
    if moment := feed_moment(stated):
        return moment, Dated.STATED
    if day := address_day(url or ""):
        return day, Dated.ADDRESS
    return None, None


def language_tag(text: str) -> str | None:
    """A language tag (RFC 5646) spelled as it is usual: `en`, `de-CH`; None for what is none."""
    language, *rest = text.strip().replace("_", "-").split("-")
    if not (language.isascii() and language.isalpha() and 2 <= len(language) <= 3):
        return None
    region = [part.upper() for part in rest[:1] if len(part) == 2 and part.isalpha()]
    return "-".join((language.lower(), *region))


def safe_image(address: str | None) -> str | None:
    """A picture's address where it can be shown in a mail: only https."""
    return address if address and address.startswith("https://") else None


def categories(names: Iterable[str]) -> tuple[str, ...]:
    """The names of categories, each once, 20 at most, what is too long to be one left out."""
    found = dict.fromkeys(one_line(name) for name in names)
    return tuple(name for name in found if 0 < len(name) <= 100)[:_MOST_CATEGORIES]
