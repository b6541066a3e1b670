"""Stories: items about the same event, why they are one, and where an event was told before."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from newsletter.domain.item import Item

Pair = frozenset[str]
"""The ids of two items."""


class Evidence(StrEnum):
    """What makes two items one story, the strongest first."""

    DECISION = "the desk joined them"
    ADDRESS = "the same address"
    TEXT = "much the same text"
    HEADLINE = "much the same headline"
    FACTS = "the same names and figures"


@dataclass(frozen=True, slots=True)
class Bond:
    """Why two items, by their ids, are one story.

    `shared` are the words and figures that say so. `strength` is 0 to 1, and 1 is beyond doubt.
    """

    first: str
    second: str
    evidence: Evidence
    strength: float = 1.0
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """Items about the same event: the one that leads, the others, and the bonds between them."""

    lead: Item
    also: tuple[Item, ...] = ()
    bonds: tuple[Bond, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        """All of them, the lead first."""
        return (self.lead, *self.also)

    @property
    def outlets(self) -> int:
        """How many sources tell it."""
        return len({item.source for item in self.items})


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a desk decided about pairs of items; it wins over all evidence."""

    together: frozenset[Pair] = field(default_factory=frozenset)
    apart: frozenset[Pair] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Ran:
    """Where a story ran before: the issue, its day, and the headline it had there.

    `new` are the figures and names that the earlier telling had not: with any, it is a follow-up.
    """

    issue: str
    day: date
    headline: str
    evidence: Evidence
    new: tuple[str, ...] = ()

    @property
    def follow_up(self) -> bool:
        """Whether there is something new to tell."""
        return bool(self.new)
