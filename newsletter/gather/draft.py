"""A first draft of an issue: stories as briefs, placed into sections within their bounds. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.domain.issue import Brief
from newsletter.domain.item import Item, ItemKind
from newsletter.domain.prose import first_sentences
from newsletter.gather.excerpt import excerpt
from newsletter.gather.literal import literal
from newsletter.gather.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.config import SectionRule
    from newsletter.domain.story import Ran, Story
    from newsletter.gather.sections import Place


@dataclass(frozen=True, slots=True)
class Offer:
    """A story that is offered, where it ran before, and the sections that ask for it, in order."""

    story: Story
    ran: Ran | None = None
    sections: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The id of the item that leads it."""
        return self.story.lead.id

    @property
    def placeable(self) -> bool:
        """What ran before and holds nothing new is only a candidate."""
        return self.ran is None or self.ran.follow_up


@dataclass(frozen=True, slots=True)
class Draft:
    """Offers by the key of their section, those that found no room, and the sections with fewer
    briefs than their `min`, with how many they have.
    """

    placed: Mapping[str, tuple[Offer, ...]]
    candidates: tuple[Offer, ...]
    short: Mapping[str, int] = field(default_factory=dict)


def brief_of(item: Item) -> Brief:
    """The item as a brief: its own words, cut and never written anew.

    The headline is the title, or a teaser's whole text; the text is Markdown that shows the item's
    words literally.
    """
    headline = item.title or (item.text if item.kind is ItemKind.TEASER else "")
    headline = headline or first_sentences(item.text, at_most=0)
    return Brief(
        headline=one_line(headline),
        text=literal(excerpt(item)),
        link=item.url,
        source=item.source,
        item=item.id,
    )


def draft(
    offers: Sequence[Offer],
    places: Sequence[Place],
    *,
    filled: Mapping[str, int],
    shorten: bool = False,
) -> Draft:
    """The offers, best first, placed given how many briefs each section holds already.

    An offer goes to the first section that takes it and has room, else to the candidates; then
    sections with more than their `min` give their last to those below it. A bare line without a
    text opens no issue of several sections. With `shorten`, a section that stays below its `min` is
    left out.
    """
    rules = [place.rule for place in places]
    counts = Counter(filled)
    chosen: dict[str, str] = {}  # the id of what leads an offer → the key of its section
    for offer in offers:
        key = next((rule.key for rule in _open_to(offer, places) if _has_room(rule, counts)), None)
        if key is not None and offer.placeable:
            chosen[offer.id] = key
            counts[key] += 1
    least = {rule.key: rule.min for rule in rules}
    for rule in rules:
        _fill_up(
            rule.key, least, counts, chosen, [one for one in offers if _fits(one, rule, places)]
        )
    short = {key: counts[key] for key, bound in least.items() if counts[key] < bound}
    if shorten:
        chosen = {name: key for name, key in chosen.items() if key not in short}
    return Draft(
        {
            rule.key: tuple(offer for offer in offers if chosen.get(offer.id) == rule.key)
            for rule in rules
        },
        tuple(offer for offer in offers if offer.id not in chosen),
        short,
    )


def _fill_up(
    key: str,
    least: Mapping[str, int],
    counts: Counter[str],
    chosen: dict[str, str],
    fitting: Sequence[Offer],
) -> None:
    """Move what fits into a section below its `min`, the last first, and empty no other."""
    for offer in reversed(fitting):
        giver = chosen.get(offer.id, key)
        if counts[key] < least[key] and giver != key and counts[giver] > max(least[giver], 1):
            chosen[offer.id] = key
            counts[giver] -= 1
            counts[key] += 1


def _has_room(rule: SectionRule, counts: Counter[str]) -> bool:
    return rule.max is None or counts[rule.key] < rule.max


def _fits(offer: Offer, rule: SectionRule, places: Sequence[Place]) -> bool:
    return any(one is rule for one in _open_to(offer, places))


def _open_to(offer: Offer, places: Sequence[Place]) -> Iterable[SectionRule]:
    """The sections that may take it: those that ask for it, or else those that ask nothing."""
    lead = places[0] if len(places) > 1 else None
    item = offer.story.lead
    whole = bool(item.title and (item.dek or item.text))
    for place in places:
        asked = place.rule.key in offer.sections if offer.sections else not place.asks
        if asked and (place is not lead or whole):
            yield place.rule
