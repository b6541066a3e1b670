"""The cards of a listing page: for each story the piece of the page that is about it alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from newsletter.gather.canonical import address_key, same_site
from newsletter.gather.headline import is_about
from newsletter.gather.passages import shown
from newsletter.gather.text import web_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.html import HtmlElement

_MOST_LINKS = 3_000
_DEEPEST = 40
_HEADINGS = ("h1", "h2", "h3", "h4", "h5")
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_FEWEST_ALIKE = 3
_PROSE = 40


@dataclass(frozen=True, slots=True)
class Card:
    """A story's link and the element that holds it and no other story."""

    link: HtmlElement
    element: HtmlElement
    address: str
    headed: bool
    """Whether the link's words are a headline; else the card's own words are the teaser."""


def find_cards(tree: HtmlElement, *, base: str, url: str) -> tuple[Card, ...]:
    """The cards of a page in reading order, each address once.

    Three cards built alike are a list; one alone counts where its headline is a heading. A page
    without headlines may list teasers that end in a link.
    """
    links = list(_links(tree, base, url))
    headed = _best([one for one in links if _is_headline(one[0])])
    cards = _alike(_carded(headed, headed=True))
    if len(cards) < _FEWEST_ALIKE:
        bare = [one for one in links if is_about(shown(one[0].text_content()))]
        cards = _alike([card for card in _carded(_best(bare), headed=False) if _has_prose(card)])
    return tuple(cards)


def _links(tree: HtmlElement, base: str, url: str) -> Iterator[tuple[HtmlElement, str]]:
    """Links to other pages of the same site; of any site where most lead elsewhere."""
    found = []
    for link in islice(tree.iter("a"), _MOST_LINKS):
        address = web_address(link.get("href"), base=base)
        if address and address_key(address) != address_key(url):
            found.append((link, address))
    own = [one for one in found if same_site(one[1], url)]
    return iter(own if 2 * len(own) >= len(found) else found)


def _is_headline(link: HtmlElement) -> bool:
    text = shown(link.text_content())
    if len(text) > 1_000 or is_about(text):
        return False
    wordy = len(text.split()) >= 3 or len(text) >= 20 or len(_IDEOGRAPHS.findall(text)) >= 6
    return wordy or (bool(text) and _in_heading(link))


def _in_heading(link: HtmlElement) -> bool:
    inside = any(one.tag in _HEADINGS for one in islice(link.iterancestors(), 3))
    return inside or any(True for _ in link.iter(*_HEADINGS))


def _best(links: Sequence[tuple[HtmlElement, str]]) -> dict[str, tuple[HtmlElement, str]]:
    """One link for each address: in a heading before others, then the one with most words."""
    best: dict[str, tuple[HtmlElement, str]] = {}
    for link, address in links:
        key = address_key(address)
        if key not in best or _rank(link) > _rank(best[key][0]):
            best[key] = (link, address)
    return best


def _rank(link: HtmlElement) -> tuple[bool, int]:
    return _in_heading(link), len(shown(link.text_content()))


def _carded(best: dict[str, tuple[HtmlElement, str]], *, headed: bool) -> list[Card]:
    """Each link with the widest element around it that holds no other of them."""
    held: Counter[HtmlElement] = Counter()
    for link, _ in best.values():
        held.update(islice(link.iterancestors(), _DEEPEST))
    cards = []
    for link, address in best.values():
        widest = link
        for element in islice(link.iterancestors(), _DEEPEST):
            if held[element] > 1 or element.tag in ("body", "main", "html"):
                break
            widest = element
        cards.append(Card(link, widest, address, headed))
    return cards


def _alike(cards: Sequence[Card]) -> list[Card]:
    """The cards that are part of a list."""
    shapes = Counter(_shape(card) for card in cards)
    return [
        card
        for card in cards
        if shapes[_shape(card)] >= _FEWEST_ALIKE or (card.headed and _in_heading(card.link))
    ]


def _shape(card: Card) -> tuple[object, ...]:
    """How a card is built: the tags from its link up to what holds it, and what that is called."""
    chain: list[object] = [card.link.tag]
    for element in islice(card.link.iterancestors(), _DEEPEST):
        chain.append(element.tag)
        if element is card.element:
            break
    parent = card.element.getparent()
    names = re.sub(r"\d+", "", card.element.get("class") or "").split()
    return (*chain, None if parent is None else parent.tag, names[0] if names else "")


def _has_prose(card: Card) -> bool:
    return len(shown(card.element.text_content())) >= _PROSE
