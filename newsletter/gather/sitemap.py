"""News sitemaps as items (sitemaps.org protocol 0.9 with Google's news and image extensions)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from lxml import etree

from newsletter.errors import GatherError
from newsletter.gather.dates import feed_moment
from newsletter.gather.entry import MOST_ENTRIES, Entry, items_of
from newsletter.gather.text import one_line, visible, web_address

if TYPE_CHECKING:
    from newsletter.domain.item import Item

_LARGEST = 50 * 2**20  # the protocol's own limit for one sitemap
_GZIP = b"\x1f\x8b"


def read_sitemap(content: bytes, *, url: str, source: str) -> tuple[Item, ...]:
    """The stories of a news sitemap, newest first, at most 500, each a teaser with its headline.

    Addresses without a headline are left out. Raises GatherError naming the source for what is no
    sitemap, for an index (see `newest_sitemaps`) and for one without a headline.
    """
    root = _root(content)
    if root is None or _name(root) != "urlset":
        raise GatherError(f"{source}: the answer is not a news sitemap; check the address")
    entries = [entry for part in root if (entry := _entry(part, url)) is not None]
    if not entries:
        raise GatherError(
            f"{source}: the sitemap holds no headlines; "
            "give the site's news sitemap, or make it a `listing:` source"
        )
    entries.sort(key=_stamp, reverse=True)
    return items_of(entries[:MOST_ENTRIES], source=source)


def newest_sitemaps(content: bytes, *, url: str, most: int = 2) -> tuple[str, ...]:
    """The addresses in a sitemap index where the news is, at most `most`; () for what is no index.

    Those named for news come first, then the newest by `lastmod`.
    """
    root = _root(content)
    if root is None or _name(root) != "sitemapindex":
        return ()
    found = []
    for part in root:
        values = _values(part)
        address = web_address(values.get("loc"), base=url)
        if address:
            moment = feed_moment(values.get("lastmod"))
            found.append(("news" in address.lower(), moment.timestamp() if moment else 0, address))
    found.sort(key=lambda one: one[:2], reverse=True)
    return tuple(address for _, _, address in found[:most])


def _entry(part: etree._Element, base: str) -> Entry | None:
    values = _values(part)
    link = web_address(values.get("loc"), base=base)
    title = one_line(values.get("title", ""))
    if not link or not title:
        return None
    words = values.get("keywords", "").split(",")
    return Entry(
        title=title,
        url=link,
        published=values.get("publication_date") or values.get("lastmod", ""),
        language=values.get("language", ""),
        image=web_address(values.get("image"), base=base),
        categories=(*values.get("genres", "").split(","), *words),
    )


def _values(part: etree._Element) -> dict[str, str]:
    """Text by local name. Publishers misspell the namespaces, so only the names count."""
    values: dict[str, str] = {}
    for element in part.iter(etree.Element):
        name, text = _name(element), visible(element.text or "").strip()
        parent = element.getparent()
        if parent is not None and _name(parent) == "image":
            name = "image" if name == "loc" else f"image {name}"
        if text:
            values.setdefault(name, text)
    return values


def _stamp(entry: Entry) -> float:
    moment = feed_moment(entry.published)
    return moment.timestamp() if moment else 0.0


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _root(content: bytes) -> etree._Element | None:
    if content.startswith(_GZIP):  # a `.xml.gz` is a packed file, not a packed answer
        try:
            content = zlib.decompressobj(wbits=31).decompress(content, _LARGEST)
        except zlib.error:
            return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(content.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
