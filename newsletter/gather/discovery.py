"""Where a site has its news: the feeds its pages link to, the sitemaps its robots.txt names."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from newsletter.domain.source import Offer
from newsletter.gather.canonical import address_key
from newsletter.gather.charset import decoded
from newsletter.gather.page import page_base, page_tree
from newsletter.gather.passages import shown
from newsletter.gather.reading import kind_of
from newsletter.gather.text import one_line, web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

FEED_TYPES = (
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml",
)  # fmt: skip
USUAL_PLACES = ("/feed/", "/rss.xml", "/feed.json")
"""Where many sites have a feed that they do not link to; asked only when they link to none."""

_MOST_OFFERS = 8
_FEED_ADDRESS = re.compile(
    r"/(?:rss|feeds?|atom)(?:/|$|\.(?:xml|rss|rdf|json)$|\.php$)|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_OF_COMMENTS = re.compile(r"comment|kommentar|commentaire", re.IGNORECASE)
_SITEMAP = re.compile(r"(?im)^\s*sitemap\s*:\s*(\S+)")
_FIRST_TITLE = re.compile(r"(?is)<title[^>]*>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</title>")
_LONGEST_NAME = 80


def feeds_of(content: bytes, *, url: str, charset: str | None = None) -> tuple[Offer, ...]:
    """The feeds an HTML page links to, those it declares first, at most 8; feeds of comments not.

    A page declares a feed by `<link rel="alternate">` (HTML, 4.6.7.1); others merely have a link.
    """
    tree = page_tree(decoded(content, charset=charset))
    if tree is None:
        return ()
    base = page_base(tree, url)
    offers: dict[str, Offer] = {}
    for offer in (*_declared(tree, base), *_linked(tree, base)):
        offers.setdefault(address_key(offer.url), offer)
    return tuple(offers.values())[:_MOST_OFFERS]


def news_sitemaps_of(robots: bytes, *, url: str) -> tuple[str, ...]:
    """The sitemaps a robots.txt names that are of news by their address, at most 2."""
    found = (urljoin(url, place) for place in _SITEMAP.findall(robots.decode("utf-8", "replace")))
    news = (place for place in found if "news" in urlsplit(place).path.lower())
    return tuple(dict.fromkeys(place for place in news if web_address(place)))[:2]


def site_name(content: bytes, *, url: str, charset: str | None = None) -> str:
    """What a page's site or a feed calls itself, else the host's name."""
    text = decoded(content, charset=charset)
    kind = kind_of(content)
    if kind == "json":
        name = _json_title(text)
    elif kind == "feed":
        found = _FIRST_TITLE.search(text[:20_000])
        name = html.unescape(found[1]) if found else ""
    else:
        tree = page_tree(text) if kind == "page" else None
        named = None if tree is None else tree.find('.//meta[@property="og:site_name"]')
        name = "" if named is None else named.get("content") or ""
    host = (urlsplit(url).hostname or url).removeprefix("www.")
    return one_line(shown(name))[:_LONGEST_NAME].strip() or host


def _declared(tree: HtmlElement, base: str) -> Iterator[Offer]:
    for link in tree.iter("link"):
        relation = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").lower().partition(";")[0].strip()
        if "alternate" in relation and kind in FEED_TYPES:
            yield from _offer(link.get("href"), link.get("title") or "", base)


def _linked(tree: HtmlElement, base: str) -> Iterator[Offer]:
    for link in tree.iter("a"):
        address = web_address(link.get("href"), base=base)
        if address and _FEED_ADDRESS.search(urlsplit(address).path):
            yield from _offer(address, "", base)


def _offer(href: str | None, title: str, base: str) -> Iterator[Offer]:
    address = web_address(href, base=base)
    if address and not _OF_COMMENTS.search(f"{title} {urlsplit(address).path}"):
        yield Offer("feed", address, one_line(shown(title))[:_LONGEST_NAME])


def _json_title(text: str) -> str:
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    title = feed.get("title") if isinstance(feed, dict) else None
    return title if isinstance(title, str) else ""
