"""Items that tell of the same event become one story, and it is said why. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from newsletter.domain.story import Bond, Decisions, Evidence, Story
from newsletter.gather.bonds import bonds_between
from newsletter.gather.traits import traits_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.domain.item import Item
    from newsletter.domain.story import Pair

_LINKED = 0.5
"""Two groups become one story only where this share of the pairs between them is bonded: one item
that touches on two events must not join all that is told of them."""


def stories_of(
    items: Iterable[Item],
    *,
    decisions: Decisions | None = None,
    weights: Mapping[str, float] | None = None,
) -> tuple[Story, ...]:
    """Every item in exactly one story; which stories there are does not depend on the order.

    The item of the heaviest source leads (`weights` by item, 1 where none is given), then the first
    to appear, then the fullest. What `decisions` keep apart is never joined; what they join is,
    whatever the evidence. No two items may have one id.
    """
    known = {item.id: item for item in sorted(items, key=lambda item: item.id)}
    decided = decisions or Decisions()
    bonds = [*_decided(decided, known), *bonds_between(traits_of(tuple(known.values())))]
    groups = _Groups(known, decided.apart)
    groups.join_all(bonds)
    inside: dict[int, list[Bond]] = defaultdict(list)
    for bond in bonds:
        if groups.of[bond.first] is groups.of[bond.second]:
            inside[id(groups.of[bond.first])].append(bond)
    return tuple(
        _story(sorted(group), inside[id(group)], known, weights or {}) for group in groups.all()
    )


def _decided(decisions: Decisions, known: Mapping[str, Item]) -> list[Bond]:
    pairs = sorted(sorted(pair) for pair in decisions.together)
    return [
        Bond(first, second, Evidence.DECISION)
        for first, second in pairs
        if first in known and second in known
    ]


class _Groups:
    """Items by the group they are in so far."""

    def __init__(self, names: Iterable[str], apart: frozenset[Pair]) -> None:
        self.of = {name: {name} for name in names}
        self._bonded: dict[str, set[str]] = defaultdict(set)
        self._apart: dict[str, set[str]] = defaultdict(set)
        for pair in apart:
            for name in pair:
                self._apart[name] |= pair - {name}

    def join_all(self, bonds: Iterable[Bond]) -> None:
        """Decisions first, then the strongest; each may meet with too little of a link."""
        ordered = sorted(bonds, key=_decided_and_strong_first)
        for bond in ordered:
            self._bonded[bond.first].add(bond.second)
            self._bonded[bond.second].add(bond.first)
        for bond in ordered:
            self._join(bond)

    def all(self) -> list[set[str]]:
        """Every group once, in an order of its own."""
        return sorted({id(group): group for group in self.of.values()}.values(), key=min)

    def _join(self, bond: Bond) -> None:
        small, large = sorted((self.of[bond.first], self.of[bond.second]), key=len)
        if small is large or any(self._apart[name] & large for name in small):
            return
        linked = sum(len(self._bonded[name] & large) for name in small)
        if bond.strength >= 1 or linked >= _LINKED * len(small) * len(large):
            large |= small
            for name in small:
                self.of[name] = large


def _decided_and_strong_first(bond: Bond) -> tuple[bool, float, str, str]:
    return bond.evidence is not Evidence.DECISION, -bond.strength, bond.first, bond.second


def _story(
    group: Iterable[str],
    bonds: Iterable[Bond],
    known: Mapping[str, Item],
    weights: Mapping[str, float],
) -> Story:
    def rank(item: Item) -> tuple[float, float, int, str]:
        first = item.published.timestamp() if item.published else float("inf")
        return -weights.get(item.id, 1.0), first, -len(item.text), item.id

    lead, *also = sorted((known[name] for name in group), key=rank)
    return Story(lead, tuple(also), tuple(bonds))
