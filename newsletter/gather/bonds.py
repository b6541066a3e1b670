"""Which items tell of the same event, pair by pair, and what says so. Pure.

Two items that are much alike may be two reports of one series, so what differs between them is
looked at as closely as what they share: the figures, and the months their headlines name.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from rapidfuzz import fuzz

from newsletter.domain.story import Bond, Evidence
from newsletter.gather.common_words import TRADE
from newsletter.gather.shingles import alike, likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from newsletter.gather.traits import Traits

WINDOW = 4.0
"""Days between two reports that only tell the same facts."""
LONGER = 10.0
"""Days between two reports with much the same text or headline."""
_TEXT, _SHORTER = 0.45, 0.75
_HEADLINE, _FEWEST_WORDS = 92, 4
_COMMON = 40
_UNSEEN = 300
"""So many reports without any given word are imagined, lest few items make their words common."""


def bonds_between(everything: Sequence[Traits]) -> tuple[Bond, ...]:
    """A bond for each pair that is one story, with the strongest evidence there is for it."""
    named = {one.id: one for one in everything}
    proof = Proof(everything)
    found = {(bond.first, bond.second): bond for bond in _addresses(everything)}
    for first, second in sorted({*_texts(named), *_pairs(everything)} - found.keys()):
        bond = proof.bond(named[first], named[second])
        if bond is not None:
            found[first, second] = bond
    return tuple(found.values())


class Proof:
    """How much each word, name and figure proves among these items: the rarer, the more."""

    def __init__(self, everything: Iterable[Traits]) -> None:
        items = list(everything)
        counts = Counter(feature for one in items for feature in one.features)
        total = len(items) + _UNSEEN
        self._rarity = {feature: math.log(total / count) for feature, count in counts.items()}
        self._sums: dict[str, float] = {}

    def bond(
        self, first: Traits, second: Traits, *, window: float = WINDOW, longer: float = LONGER
    ) -> Bond | None:
        """What bonds two items, if anything does."""
        gap = _gap(first, second)
        if gap > longer or _another_of_a_series(first, second):
            return None
        likest, shorter = likeness(first.runs, second.runs)
        if likest >= _TEXT or shorter >= _SHORTER:
            return Bond(first.id, second.id, Evidence.TEXT, 0.9 + 0.1 * likest)
        if first.mixed or second.mixed:
            return None
        shared = self._shared(first, second)
        if _same_headline(first, second):
            return Bond(first.id, second.id, Evidence.HEADLINE, 0.9, shared)
        near = self.likeness(first, second)
        if gap <= window and self._enough(first, second, near):
            return Bond(first.id, second.id, Evidence.FACTS, min(0.89, near), shared)
        return None

    def likeness(self, first: Traits, second: Traits) -> float:
        """0 where nothing is shared, 1 where everything is, each thing by what it proves."""
        common = self._sum(first.features & second.features, first, second)
        return common / math.sqrt(self._whole(first) * self._whole(second) or 1.0)

    def _whole(self, one: Traits) -> float:
        if one.id not in self._sums:
            self._sums[one.id] = self._sum(one.features, one)
        return self._sums[one.id]

    def _enough(self, first: Traits, second: Traits, near: float) -> bool:
        """Whether facts that are alike to this degree tell of one event.

        The more figures agree, the less of the rest has to; where none can, nearly all must.
        """
        figures = first.figures & second.figures
        names = first.names & second.names - TRADE
        rival = bool(first.figures - figures) and bool(second.figures - figures)
        if len(figures) >= 2:
            return near >= 0.15
        if figures and rival:
            return bool(names) and near >= 0.4
        if figures:
            return near >= (0.15 if names else 0.3)
        if rival:
            return False
        if first.dates & second.dates:
            return near >= (0.2 if names else 0.3)
        return near >= 0.5 or (near >= 0.3 and self._told(first, second) >= 0.62)

    def _told(self, first: Traits, second: Traits) -> float:
        """How much of each one's headline the other one tells, too; the lesser of both."""

        def part(headed: Traits, other: Traits) -> float:
            common = self._sum(headed.heading & other.features, headed, other)
            return common / (self._sum(headed.heading, headed) or 1.0)

        return min(part(first, second), part(second, first))

    def _sum(self, features: Iterable[str], *ones: Traits) -> float:
        # Exact, for sets come in another order in every process.
        return math.fsum(self._weight(feature, *ones) for feature in features)

    def _weight(self, feature: str, *ones: Traits) -> float:
        rarity = self._rarity[feature]
        if feature in TRADE:
            return 0.25 * rarity
        if feature in ones[0].figures or feature in ones[0].dates:
            return 1.3 * rarity
        return (1.2 if all(feature in one.names for one in ones) else 0.7) * rarity

    def _shared(self, first: Traits, second: Traits, most: int = 5) -> tuple[str, ...]:
        """What they share that proves most."""
        common = first.features & second.features - TRADE
        return tuple(
            sorted(common, key=lambda word: (-self._weight(word, first, second), word))[:most]
        )


def _same_headline(first: Traits, second: Traits) -> bool:
    if min(first.headline.count(" "), second.headline.count(" ")) < _FEWEST_WORDS - 1:
        return False
    return fuzz.token_set_ratio(first.headline, second.headline) >= _HEADLINE


def _another_of_a_series(first: Traits, second: Traits) -> bool:
    """Whether two are one report of other things or another week: their headlines name other
    months, or differ in nothing but names, or most of their figures differ.
    """
    if first.periods and second.periods and not first.periods & second.periods:
        return True
    shared = first.heading & second.heading
    own, other = first.heading - shared, second.heading - shared
    named = bool(own and other) and own <= first.names and other <= second.names
    if named and len(own | other) <= len(shared):
        return True
    fewer = min(len(first.figures), len(second.figures))
    return fewer >= 1 and len(first.figures & second.figures) < fewer / 3


def _gap(first: Traits, second: Traits) -> float:
    """Days between two items; 0 where one is undated, for nothing then speaks against them."""
    if first.day is None or second.day is None:
        return 0.0
    return abs(first.day - second.day)


def _addresses(everything: Iterable[Traits]) -> Iterator[Bond]:
    same: dict[str, list[str]] = defaultdict(list)
    for one in everything:
        if one.address is not None:
            same[one.address].append(one.id)
    for names in same.values():
        for pair in pairwise(sorted(names)):
            yield Bond(*pair, Evidence.ADDRESS)


def _texts(named: Mapping[str, Traits]) -> Iterator[tuple[str, str]]:
    return iter(alike({name: one.runs for name, one in named.items()}, least=_TEXT))


def _pairs(everything: Sequence[Traits]) -> set[tuple[str, str]]:
    """Pairs worth a look: they share two things that few others have."""
    counts = Counter(feature for one in everything for feature in one.features)
    index: dict[str, list[Traits]] = {
        feature: []
        for feature, count in counts.items()
        if 1 < count <= _COMMON and feature not in TRADE
    }
    for one in everything:
        for feature in one.features & index.keys():
            index[feature].append(one)
    shared = Counter(
        (first.id, second.id) if first.id < second.id else (second.id, first.id)
        for ones in index.values()
        for first, second in combinations(ones, 2)
        if _gap(first, second) <= LONGER
    )
    return {pair for pair, count in shared.items() if count >= 2}
