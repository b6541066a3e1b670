"""RSS and Atom feeds as items, their text exact to the character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletter.domain.item import Item, ItemKind, Link, item_id
from newsletter.errors import GatherError
from newsletter.gather.dates import feed_moment
from newsletter.gather.text import (
    first_sentences,
    html_text,
    joined,
    one_line,
    paragraphs_of,
    web_address,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_ENTRIES = 500
_LONGEST_FIELD = 200_000
_LONGEST_TITLE = 1_000


def read_feed(content: bytes, *, url: str, source: str, content_type: str) -> tuple[Item, ...]:
    """The entries of a feed in its order, at most 500.

    `dek` is the summary and `text` the full content where the feed carries it; an entry without
    content is a teaser with a title. Raises GatherError naming the source when the bytes are no
    feed or hold no entry.
    """
    import feedparser  # noqa: PLC0415  # half a second that other commands need not wait for

    # feedparser opens what looks like a path or an address, so it only ever gets bytes. Its own
    # sanitiser and link resolver cost ten times its parsing and change the text.
    parsed = feedparser.parse(
        content,
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": content_type, "content-location": url},
    )
    if not parsed.get("version"):
        raise GatherError(
            f"{source}: the answer is not an RSS or Atom feed; "
            "check the address, or make it a `page:` source"
        )
    language = parsed.feed.get("language")
    found = [_item(entry, url, source, language) for entry in parsed.entries[:_MOST_ENTRIES]]
    items = tuple(dict.fromkeys(item for item in found if item is not None))
    if not items:
        raise GatherError(
            f"{source}: the feed has no entry to read; remove it or check its address"
        )
    return items


def _item(entry: Mapping[str, Any], url: str, source: str, language: str | None) -> Item | None:
    link = web_address(entry.get("link"), base=url)
    base = link or url
    dek, dek_links = _text(entry.get("summary_detail"), base)
    text, text_links = _text(next(iter(entry.get("content", ())), None), base)
    title = one_line(_text(entry.get("title_detail"), base)[0])[:_LONGEST_TITLE]
    title = title or first_sentences(dek or text, at_most=200)
    if not title:
        return None
    return Item(
        id=item_id(source=source, url=link, title=title, text=text or dek),
        kind=ItemKind.ARTICLE if text else ItemKind.TEASER,
        source=source,
        title=title,
        dek="" if dek == text else dek,
        text=text,
        url=link,
        author=one_line(str(entry.get("author", "")))[:200] or None,
        published=feed_moment(entry.get("published" if "published" in entry else "updated")),
        language=(entry.get("language") or language or "")[:20] or None,
        links=tuple(dict.fromkeys((*dek_links, *text_links))),
    )


def _text(detail: Mapping[str, Any] | None, base: str) -> tuple[str, tuple[Link, ...]]:
    """The plain text and links of one text construct (RFC 4287, 3.1)."""
    detail = detail or {}
    value = str(detail.get("value", ""))[:_LONGEST_FIELD]
    if detail.get("type") == "text/plain" or not any(mark in value for mark in "<&"):
        return joined(paragraphs_of(value)), ()
    return html_text(value, base=base)
