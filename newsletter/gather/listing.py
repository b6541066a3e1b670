"""A page of headlines and teasers as items, each with its link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.domain.item import Dated, Item, ItemKind, item_id
from newsletter.errors import GatherError
from newsletter.gather.canonical import address_key, canonical_url
from newsletter.gather.cards import find_cards
from newsletter.gather.charset import decoded
from newsletter.gather.dates import address_day, feed_moment, written_date
from newsletter.gather.entry import MOST_ENTRIES, language_tag
from newsletter.gather.frame import drop, drop_unseen, is_frame
from newsletter.gather.headline import is_about, signed_by
from newsletter.gather.language import guessed_language
from newsletter.gather.page import page_base, page_tree
from newsletter.gather.passages import Passage, passages, shown
from newsletter.gather.paste_words import DATE
from newsletter.gather.text import one_line, trimmed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from lxml.html import HtmlElement

    from newsletter.gather.cards import Card

_HEADINGS = ("h1", "h2", "h3", "h4", "h5")
_SHORTEST_DEK = 20
_TITLED = re.compile(r"(?:^|[-_\s])(?:title|headline|head|hed|h)(?:$|[-_\s])", re.IGNORECASE)
# Boxes beside the list. What stands below “Latest” or “More news” on a listing page is the list.
_SIDE = re.compile(
    r"(?:most|top)[ -]?(?:read|popular|viewed|shared|commented).{0,20}|popular.{0,20}"
    r"|trending.{0,20}|sponsored.{0,20}|advert.{0,20}|promoted.{0,20}|partner.{0,20}"
    r"|editors?['’]?s?['’]? picks?|jobs|events|videos?|meist ?gelesen.{0,20}|anzeigen?"
    r"|(?:les )?plus lus|(?:i )?più letti|(?:lo )?más leído|הנקראים ביותר|الأكثر قراءة"
    r"|アクセスランキング|人気記事",
    re.IGNORECASE,
)
_BAR = re.compile(r"\s*[|·•]\s*")


def read_listing(
    content: bytes, *, url: str, source: str, charset: str | None = None
) -> tuple[Item, ...]:
    """The stories a listing page shows, in its order, at most 500, each a teaser with its link.

    A story without a headline is a bare teaser. Navigation, adverts and boxes such as “Most read”
    are left out. Raises GatherError naming the source where no list can be told from the page.
    """
    tree = page_tree(decoded(content, charset=charset))
    items = _items(tree, url, source) if tree is not None else ()
    if not items:
        raise GatherError(
            f"{source}: the page holds no list of stories; check the address, "
            "or make it a `page:` source"
        )
    return items


def _items(tree: HtmlElement, url: str, source: str) -> tuple[Item, ...]:
    base = page_base(tree, url)
    language = language_tag(tree.get("lang") or "")
    drop_unseen(tree)
    _drop_sides(tree)
    cards = find_cards(tree, base=base, url=url)[:MOST_ENTRIES]
    if not language:
        words = " ".join(shown(card.element.text_content()) for card in cards[:50])
        language = guessed_language(words)
    items = (_item(card, base, source, language) for card in cards)
    return tuple({item.title or item.text: item for item in items if item is not None}.values())


def _drop_sides(tree: HtmlElement) -> None:
    """Remove the frame, and each box whose heading says that it stands beside the list."""
    for element in list(tree.iter("*")):
        if is_frame(element):
            drop(element)
    for heading in list(tree.iter("h2", "h3", "h4", "h5", "div", "p", "b", "strong", "span")):
        text = shown(heading.text_content()) if len(heading) <= 1 else ""
        box = heading.getparent()
        if 0 < len(text) <= 60 and _SIDE.fullmatch(text) and box is not None:
            drop(heading if box.tag in ("body", "main", "article") else box)


def _item(card: Card, base: str, source: str, language: str | None) -> Item | None:
    stamp = _stamp(card)
    parts = _with_definition(card, passages(card.element, base=base))
    title = _title(card, base)
    dek = _dek(parts, title, card)
    if not title and not dek:
        return None
    link = canonical_url(card.address)
    published, dated = _published(stamp, parts, title, link)
    return Item(
        id=item_id(source=source, url=link, title=title, text="" if title else dek),
        kind=ItemKind.TEASER,
        source=source,
        title=title,
        dek=dek if title else "",
        text="" if title else dek,
        url=link,
        author=_author(parts),
        published=published,
        dated=dated,
        language=language,
    )


def _with_definition(card: Card, parts: Sequence[Passage]) -> tuple[Passage, ...]:
    """In a definition list the teaser stands beside its headline, not in one element with it."""
    following = card.element.getnext()
    if card.element.tag == "dt" and following is not None and following.tag == "dd":
        return (*parts, *passages(following))
    return tuple(parts)


def _title(card: Card, base: str) -> str:
    """The words of the link; of a link around a whole card, those of its headline."""
    if not card.headed:
        return ""
    inside = passages(card.link, base=base)
    if len(inside) < 2:
        return one_line(shown(card.link.text_content()))
    for one in inside:
        if one.element.tag in _HEADINGS or _TITLED.search(one.element.get("class") or ""):
            return one_line(one.text)
    # A word above the headline names a topic.
    return next((one_line(one.text) for one in inside if len(one.text.split()) > 2), "")


def _dek(parts: Sequence[Passage], title: str, card: Card) -> str:
    for one in parts:
        if one.element.tag in _HEADINGS or _leads_elsewhere(one, card):
            continue
        text = _without_button(one, card)
        if title and title in text:  # the teaser may stand below the headline in one paragraph
            text = next((line for line in one.lines if title not in line), "")
        if len(text) >= _SHORTEST_DEK and not is_about(text):
            return text
    return ""


def _leads_elsewhere(passage: Passage, card: Card) -> bool:
    """Whether a passage is nothing but a link to a topic or an author."""
    return any(
        link.text == passage.text and address_key(link.url or "") != address_key(card.address)
        for link in passage.links
    )


def _without_button(passage: Passage, card: Card) -> str:
    """A teaser without the “Read more” at its end, which leads where the headline does."""
    text = passage.text
    for link in reversed(passage.links):
        same = link.url is not None and address_key(link.url) == address_key(card.address)
        if same and text.endswith(link.text):
            text = trimmed(text.removesuffix(link.text))
    return text


def _stamp(card: Card) -> tuple[datetime | None, Dated | None]:
    """The moment the card's `time` element tells, which is taken out of its text."""
    found: tuple[datetime | None, Dated | None] = None, None
    for time in list(card.element.iter("time")):
        if found[0] is None and (moment := feed_moment(time.get("datetime"))):
            found = moment, Dated.STATED
        elif found[0] is None and (day := written_date(shown(time.text_content()))):
            found = day, Dated.WRITTEN
        drop(time)
    return found


def _published(
    stamp: tuple[datetime | None, Dated | None], parts: Sequence[Passage], title: str, link: str
) -> tuple[datetime | None, Dated | None]:
    if stamp[0]:
        return stamp
    for one in parts:
        for line in one.lines:
            around = line.replace(title, "").strip(" -–—:|") if title else line
            for part in _BAR.split(around):
                if DATE.fullmatch(part) and (day := written_date(part)):
                    return day, Dated.WRITTEN
    if day := address_day(link):
        return day, Dated.ADDRESS
    return None, None


def _author(parts: Sequence[Passage]) -> str | None:
    names = (signed_by(line) for one in parts for line in one.lines)
    return next((name[:200] for name in names if name), None)
