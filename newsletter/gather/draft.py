"""A first draft of an issue: stories as briefs, placed into sections within their bounds. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.domain.issue import Brief
from newsletter.domain.item import Item, ItemKind
from newsletter.gather.excerpt import excerpt
from newsletter.gather.literal import literal
from newsletter.gather.text import first_sentences, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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

    Each section first gets up to its `min`, then up to its `max`; an offer goes to the first
    section that takes it and has room, else to the candidates. A bare line without a text opens no
    issue of several sections. With `shorten`, a section that stays below its `min` is left out.
    """
    rules = [place.rule for place in places]
    counts = Counter(filled)
    chosen: dict[str, str] = {}  # the id of what leads an offer → the key of its section
    for bounds in ({rule.key: rule.min for rule in rules}, {rule.key: rule.max for rule in rules}):
        for offer in offers:
            if offer.placeable and offer.id not in chosen:
                _place(offer, places, bounds, counts, chosen)
    short = {rule.key: counts[rule.key] for rule in rules if counts[rule.key] < rule.min}
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


def _place(
    offer: Offer,
    places: Sequence[Place],
    bounds: Mapping[str, int | None],
    counts: Counter[str],
    chosen: dict[str, str],
) -> None:
    for key in _open_to(offer, places):
        bound = bounds[key]
        if bound is None or counts[key] < bound:
            counts[key] += 1
            chosen[offer.id] = key
            return


def _open_to(offer: Offer, places: Sequence[Place]) -> Iterable[str]:
    """The sections that may take it: those that ask for it, or else those that ask nothing."""
    lead = places[0].rule.key if len(places) > 1 else ""
    item = offer.story.lead
    whole = bool(item.title and (item.dek or item.text))
    for place in places:
        key = place.rule.key
        asked = key in offer.sections if offer.sections else not place.asks
        if asked and (key != lead or whole):
            yield key
