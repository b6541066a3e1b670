"""A rendition with what its links were clicked: a copy to look at, never what is mailed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree
from lxml import html as parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.domain.report import Place

TINTS = ("#fbe3d0", "#f6c49c", "#ee9f66", "#dd7836", "#b9500f")
"""From few clicks to many; each is told apart from the next, also by who sees no colours."""

_BADGE = (
    "display:inline-block;margin:0 6px 0 0;padding:1px 7px;border-radius:10px;"
    "font:bold 13px/18px sans-serif;text-decoration:none;"
)


def heat(places: Iterable[Place]) -> dict[str, int]:
    """Address → people who clicked it, of those links of which that may be told."""
    found: dict[str, int] = {}
    for place in places:
        if place.people.human:
            found[place.url] = max(found.get(place.url, 0), place.people.human)
    return found


def heated(html: str, clicked: Mapping[str, int]) -> str:
    """The rendition with a tint on each link that was clicked, and a badge on the first of those
    that lead to the same address.
    """
    page = parser.document_fromstring(html)
    most, badged = max(clicked.values(), default=0), set[str]()
    for link in page.iter("a"):
        url = link.get("href", "")
        if url not in clicked:
            continue
        tint = TINTS[level(clicked[url], most)]
        link.set("style", f"{link.get('style', '')};outline:3px solid {tint};outline-offset:1px")
        if url not in badged:
            badged.add(url)
            _badge(link, clicked[url], tint, dark=level(clicked[url], most) > 3)
    return str(parser.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>"))


def level(count: int, most: int) -> int:
    """Which tint a count gets: 0 to 4, the greatest count 4."""
    return min(len(TINTS) - 1, (count - 1) * len(TINTS) // most) if most else 0


def _badge(link: etree._Element, count: int, tint: str, *, dark: bool) -> None:
    badge = etree.Element("span")
    ink = "#ffffff" if dark else "#1d1b18"
    badge.set("style", f"{_BADGE}background-color:{tint};color:{ink}")
    badge.set("title", f"{count:,} people clicked")
    badge.set("class", "heat-badge")
    badge.text, badge.tail = f"{count:,}", link.text
    link.text = None
    link.insert(0, badge)
