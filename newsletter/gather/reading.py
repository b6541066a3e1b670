"""Any answer of the web as items: its content, not its header, says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.gather.feed import read_feed
from newsletter.gather.json_feed import read_json_feed
from newsletter.gather.page import read_page
from newsletter.gather.sitemap import read_sitemap

if TYPE_CHECKING:
    from newsletter.domain.item import Item

_BEGINNING = 4_000


def read_any(
    content: bytes, *, url: str, source: str, charset: str | None = None
) -> tuple[Item, ...]:
    """The items of a feed, a JSON Feed, a news sitemap, or of a page read as one article.

    `charset` is what the server said. Raises GatherError naming the source, as the reader of that
    kind does.
    """
    kind = kind_of(content)
    if kind == "feed":
        return read_feed(content, url=url, source=source, charset=charset)
    if kind == "json":
        return read_json_feed(content, url=url, source=source)
    if kind == "sitemap":
        return read_sitemap(content, url=url, source=source)
    return read_page(content, url=url, source=source, charset=charset)


def kind_of(content: bytes) -> str:
    """`feed`, `json`, `sitemap` (an index, too) or `page`.

    Feeds are often served as plain text or even as HTML, hence the look into the content.
    """
    start = content[:_BEGINNING].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith(b"{"):
        return "json"
    if b"<html" in start or b"<!doctype html" in start:
        return "page"
    if start.startswith(b"\x1f\x8b") or any(mark in start for mark in (b"<urlset", b"<sitemapi")):
        return "sitemap"
    return "feed" if any(mark in start for mark in (b"<rss", b"<feed", b"<rdf:rdf")) else "page"
