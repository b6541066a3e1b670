"""Which of a mail's links belongs to which section and brief, for whoever counts clicks. Pure.

An address that stands in several briefs is told of each: a click cannot say which one it was.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.domain.rendition import PlacedLink
from newsletter.render.links import brief_id, redirected, tagged
from newsletter.render.markdown import addresses, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.issue import Issue
    from newsletter.render.links import Tagging

_HREF = re.compile(r'<a\s[^>]*?\bhref="(https?://[^"]+)"', re.IGNORECASE)


def placed_links(
    page: str, issue: Issue, tagging: Tagging | None, *, prefix: str, redirect: str = ""
) -> tuple[PlacedLink, ...]:
    """Every address the page's links lead to, in reading order, with the place of each.

    Addresses with a merge token in them, which begins with `prefix`, are another for each reader,
    and left out. Of the theme's own links, section and brief are ''. `redirect` is what our own
    redirects begin with, or ''.
    """
    known: dict[str, dict[PlacedLink, None]] = defaultdict(dict)
    for link in _written(issue, tagging):
        url = redirected(link.url, redirect, link.brief)
        placed = link if url == link.url else replace(link, url=url, target=link.url)
        known[url][placed] = None
    found = dict.fromkeys(html.unescape(address) for address in _HREF.findall(page))
    return tuple(
        link for url in found if prefix not in url for link in known.get(url, (PlacedLink(url),))
    )


def _written(issue: Issue, tagging: Tagging | None) -> Iterator[PlacedLink]:
    """The links of sections and briefs, as a mail has them."""
    for section in issue.sections:
        for url in _inside(section.intro):
            yield PlacedLink(tagged(url, tagging, ""), section.key)
        for brief in section.briefs:
            story = brief_id(brief)
            for url in (*([brief.link] if brief.link else ()), *_inside(brief.text)):
                yield PlacedLink(tagged(url, tagging, story), section.key, story, brief.headline)


def _inside(text: str) -> Iterator[str]:
    if "](" in text or "<" in text:
        yield from (address for kind, address, _ in addresses(parse(text)) if kind == "link")
