"""Lists of sources as OPML 2.0 (opml.org/spec2.opml), which other readers of feeds understand.

What OPML has no word for, a listing or a weight, stands in attributes of our own namespace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from newsletter.domain.source import Offer
from newsletter.errors import GatherError
from newsletter.gather.text import one_line, web_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OURS = "urn:newsletter:sources"
_KINDS = ("feed", "page", "listing", "sitemap")
_LONGEST_NAME = 200


def read_opml(content: bytes) -> tuple[Offer, ...]:
    """The sources of an OPML file in its order, those in its folders too, each address once.

    Outlines without an address are folders or notes. Raises GatherError for what is no OPML or
    names no source.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(content.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or str(root.tag).lower() != "opml":
        raise GatherError("is not an OPML file; export one from your feed reader")
    found = {offer.url: offer for outline in root.iter("outline") for offer in _offers(outline)}
    if not found:
        raise GatherError("names no source: no outline in it has an xmlUrl")
    return tuple(found.values())


def write_opml(sources: Iterable[Offer], *, title: str) -> str:
    """An OPML file that names these sources."""
    root = etree.Element("opml", version="2.0", nsmap={"newsletter": _OURS})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = one_line(title)
    body = etree.SubElement(root, "body")
    for one in sources:
        outline = etree.SubElement(body, "outline", text=one_line(one.name))
        if one.kind == "feed":
            outline.set("type", "rss")
            outline.set("xmlUrl", one.url)
        else:
            outline.set("type", "link")
            outline.set("url", one.url)
            outline.set(f"{{{_OURS}}}kind", one.kind)
        if one.weight != 1:
            outline.set(f"{{{_OURS}}}weight", f"{one.weight:g}")
        if one.follow:
            outline.set(f"{{{_OURS}}}follow", "true")
    written: str = etree.tostring(root, encoding="unicode", pretty_print=True)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + written


def _offers(outline: etree._Element) -> Iterator[Offer]:
    # Some programs write xmlurl, or XMLURL.
    values = {str(name).lower(): str(value) for name, value in outline.attrib.items()}
    ours = {name: outline.get(f"{{{_OURS}}}{name}", "") for name in ("kind", "weight", "follow")}
    feed = web_address(values.get("xmlurl"))
    other = web_address(values.get("url")) if ours["kind"] in _KINDS else None
    url = feed or other
    if url is None:
        return
    name = one_line(values.get("title") or values.get("text") or "")
    yield Offer(
        kind="feed" if feed else ours["kind"],
        url=url,
        name=name[:_LONGEST_NAME],
        weight=_weight(ours["weight"]),
        follow=ours["follow"] == "true",
    )


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 1.0
    return weight if 0 < weight <= 100 else 1.0
