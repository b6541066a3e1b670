"""JSON Feed 1.0 and 1.1 as items (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from newsletter.errors import GatherError
from newsletter.gather.entry import MOST_ENTRIES, Entry, items_of
from newsletter.gather.passages import html_text
from newsletter.gather.text import joined, one_line, paragraphs_of, web_address

if TYPE_CHECKING:
    from newsletter.domain.item import Item, Link

_VERSION = "jsonfeed.org/version/1"
_LONGEST_FIELD = 200_000


def read_json_feed(content: bytes, *, url: str, source: str) -> tuple[Item, ...]:
    """The items of a JSON feed in its order, at most 500.

    `url` is where it was fetched: relative links are read from there. Raises GatherError naming
    the source when the bytes are no JSON Feed or hold no item.
    """
    try:
        feed = json.loads(content)
    except (ValueError, RecursionError):
        feed = None
    if not isinstance(feed, Mapping) or _VERSION not in str(feed.get("version")):
        raise GatherError(f"{source}: the answer is not a JSON Feed; check the address")
    found = feed.get("items")
    parts = [part for part in found if isinstance(part, Mapping)] if isinstance(found, list) else []
    return items_of((_entry(part, feed, url) for part in parts[:MOST_ENTRIES]), source=source)


def _entry(part: Mapping[str, Any], feed: Mapping[str, Any], url: str) -> Entry:
    link = web_address(_string(part, "url") or _string(part, "external_url"), base=url)
    base = link or url
    text, links = _content(part, base)
    return Entry(
        title=one_line(_string(part, "title")),
        dek=joined(paragraphs_of(_string(part, "summary"))),
        text=text,
        url=link,
        author=_author(part) or _author(feed),
        published=_string(part, "date_published") or _string(part, "date_modified"),
        language=_string(part, "language") or _string(feed, "language"),
        image=web_address(_string(part, "image") or _string(part, "banner_image"), base=base),
        categories=tuple(tag for tag in _list(part, "tags") if isinstance(tag, str)),
        links=links,
    )


def _content(part: Mapping[str, Any], base: str) -> tuple[str, tuple[Link, ...]]:
    if html := _string(part, "content_html"):
        return html_text(html, base=base)
    return joined(paragraphs_of(_string(part, "content_text"))), ()


def _author(part: Mapping[str, Any]) -> str:
    """The names of `authors` (1.1), or of `author` (1.0)."""
    people = [*_list(part, "authors"), part.get("author")]
    names = (one_line(_string(one, "name")) for one in people if isinstance(one, Mapping))
    return ", ".join(dict.fromkeys(name for name in names if name))


def _string(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name)
    return value[:_LONGEST_FIELD] if isinstance(value, str) else ""


def _list(part: Mapping[str, Any], name: str) -> list[Any]:
    value = part.get(name)
    return value if isinstance(value, list) else []
