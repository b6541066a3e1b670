"""The cards of a listing page: for each story the piece of the page that is about it alone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from newsletter.gather.canonical import address_key, same_site
from newsletter.gather.headline import is_about
from newsletter.gather.passages import passages, shown
from newsletter.gather.text import web_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.html import HtmlElement

_MOST_LINKS = 3_000
_DEEPEST = 40
_HEADINGS = ("h1", "h2", "h3", "h4", "h5")
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_WHOLE = ("html", "body", "main")
_FEWEST_ALIKE = 3
_MOST_TIMES = 3
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
    headed = _best([one for one in _told_apart(links) if _is_headline(one[0])])
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


def _told_apart(links: Sequence[tuple[HtmlElement, str]]) -> list[tuple[HtmlElement, str]]:
    """The links that can be a story's: “All stories” leads to many, and a topic is named often."""
    leads: dict[str, Counter[str]] = {}
    for link, address in links:
        leads.setdefault(shown(link.text_content()), Counter())[address_key(address)] += 1
    told = [leads[shown(link.text_content())] for link, _ in links]
    return [
        one
        for one, addresses in zip(links, told, strict=True)
        if len(addresses) == 1 and addresses.total() <= _MOST_TIMES
    ]


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
    """Each link with the element around it that holds no other of them.

    Cards that are built alike reach equally far up, or the last of a list would swallow its end.
    """
    held: Counter[HtmlElement] = Counter()
    for link, _ in best.values():
        held.update(islice(link.iterancestors(), _DEEPEST))
    reach: dict[object, Counter[int]] = {}
    for link, _ in best.values():
        reach.setdefault(_shape(link), Counter())[_levels(link, held)] += 1
    usual = {shape: levels.most_common(1)[0][0] for shape, levels in reach.items()}
    cards = []
    for link, address in best.values():
        levels = min(_levels(link, held), usual[_shape(link)])
        element = next(islice(link.iterancestors(), levels - 1, None)) if levels else link
        cards.append(Card(link, element, address, headed))
    return cards


def _levels(link: HtmlElement, held: Counter[HtmlElement]) -> int:
    """How many elements around a link hold no other story's."""
    around = islice(link.iterancestors(), _DEEPEST)
    alone = takewhile(lambda one: held[one] == 1 and one.tag not in _WHOLE, around)
    return sum(1 for _ in alone)


def _alike(cards: Sequence[Card]) -> list[Card]:
    """The cards that are part of a list; not those of bare links beside a list that says more."""
    lists: dict[object, list[Card]] = {}
    for card in cards:
        lists.setdefault(_shape(card.link), []).append(card)
    longest = max((len(one) for one in lists.values() if _says_more(one)), default=0)
    listed = {
        card.link
        for one in lists.values()
        if len(one) >= _FEWEST_ALIKE and (_says_more(one) or len(one) > longest)
        for card in one
    }
    return [
        card for card in cards if card.link in listed or (card.headed and _in_heading(card.link))
    ]


def _says_more(cards: Sequence[Card]) -> bool:
    """Whether cards hold a day or a teaser beside their links."""
    around = sum(len(shown(card.element.text_content())) for card in cards)
    links = sum(len(shown(card.link.text_content())) for card in cards)
    return around > links + 4 * len(cards) or any(len(passages(one.link)) > 1 for one in cards)


def _shape(link: HtmlElement) -> tuple[tuple[str, str], ...]:
    """How the place of a link is built: its tag and the next three, and what they are called."""
    return tuple(
        (str(one.tag), re.sub(r"[\d-]+$", "", ((one.get("class") or "").split() or [""])[0]))
        for one in (link, *islice(link.iterancestors(), 3))
    )


def _has_prose(card: Card) -> bool:
    return len(shown(card.element.text_content())) >= _PROSE
