"""RSS, RDF and Atom feeds as items, their text exact to the character."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from newsletter.errors import GatherError
from newsletter.gather.charset import decoded
from newsletter.gather.entry import MOST_ENTRIES, Entry, items_of
from newsletter.gather.passages import html_text
from newsletter.gather.plain_feed import PlainFeed, plain_feed
from newsletter.gather.text import joined, one_line, paragraphs_of, web_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.domain.item import Item, Link

_LONGEST_FIELD = 200_000


def read_feed(
    content: bytes, *, url: str, source: str, charset: str | None = None
) -> tuple[Item, ...]:
    """The entries of an RSS 0.9 to 2.0, RDF or Atom feed in its order, at most 500.

    `dek` is the summary and `text` the full content where the feed carries it; an entry without
    content is a teaser. Text that was encoded twice comes back whole. `charset` is what the server
    said. Raises GatherError naming the source when the bytes are no feed or hold no entry.
    """
    text = decoded(content, charset=charset).lstrip()
    feed = plain_feed(text) or _any_feed(text, url, source)
    entries = (_entry(entry, url, feed.language) for entry in feed.entries[:MOST_ENTRIES])
    return items_of(entries, source=source)


def _any_feed(text: str, url: str, source: str) -> PlainFeed:
    """A feed of any kind, broken ones too."""
    import feedparser  # noqa: PLC0415  # half a second that other commands need not wait for

    # feedparser opens text that is an address, and text or bytes that are a path, so it only ever
    # gets a stream. Its own sanitiser and link resolver cost ten times its parsing and change the
    # text.
    parsed = feedparser.parse(
        BytesIO(text.encode(errors="replace")),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": url,
        },
    )
    if not parsed.get("version"):
        raise GatherError(
            f"{source}: the answer is not an RSS or Atom feed; "
            "check the address, or make it a `page:` source"
        )
    return PlainFeed(parsed.feed.get("language", ""), tuple(parsed.entries))


def _entry(entry: Mapping[str, Any], url: str, language: str) -> Entry:
    link = web_address(entry.get("link"), base=url)
    base = link or url
    dek, dek_links = _text(entry.get("summary_detail"), base)
    text, text_links = _text(_content(entry), base)
    return Entry(
        title=one_line(_text(entry.get("title_detail"), base)[0]),
        dek=dek,
        text=text,
        url=link,
        author=one_line(str(entry.get("author", ""))),
        published=str(entry.get("published" if "published" in entry else "updated", "")),
        language=entry.get("language") or language,
        image=_image(entry, base),
        categories=tuple(
            str(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", ())
        ),
        links=(*dek_links, *text_links),
    )


def _content(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The fullest content; Atom allows one per type, and media elements count as content, too."""
    parts = [part for part in entry.get("content", ()) if part.get("value")]
    return max(parts, key=lambda part: len(part["value"]), default=None)


def _text(detail: Mapping[str, Any] | None, base: str) -> tuple[str, tuple[Link, ...]]:
    """The plain text and links of one text construct (RFC 4287, 3.1)."""
    detail = detail or {}
    value = str(detail.get("value", ""))[:_LONGEST_FIELD]
    if detail.get("type") == "text/plain" or not any(mark in value for mark in "<&"):
        return joined(paragraphs_of(value)), ()
    return html_text(value, base=base)


def _image(entry: Mapping[str, Any], base: str) -> str | None:
    """The lead picture: media:content, else an enclosure, else media:thumbnail."""
    offered = (
        *(one for one in entry.get("media_content", ()) if _is_picture(one)),
        *(one for one in entry.get("enclosures", ()) if _is_picture(one)),
        *entry.get("media_thumbnail", ()),
    )
    addresses = (web_address(one.get("url") or one.get("href"), base=base) for one in offered)
    return next((address for address in addresses if address), None)


def _is_picture(part: Mapping[str, Any]) -> bool:
    kind = str(part.get("type", ""))
    name = str(part.get("url") or part.get("href") or "").lower().partition("?")[0]
    stated = kind.startswith("image/") or part.get("medium") == "image"
    return stated or (not kind and name.endswith((".jpg", ".jpeg", ".png", ".webp", ".gif")))
