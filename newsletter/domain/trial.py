"""Subjects on trial: some readers get each of them first, the others the one that won. Pure."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

FEWEST, MOST = 2, 4
"""So many subjects can be on trial."""

_MARK = "~"

_CERTAIN = 1.96
"""A difference of so many standard errors is chance once in twenty times, where there is none."""


class Measure(StrEnum):
    """What a subject is judged by: people who did it, no machines."""

    CLICKS = "clicks"
    OPENS = "opens"


@dataclass(frozen=True, slots=True)
class Trial:
    """Subjects in the order they are written, the `share` of people who get them, how long after
    that the winner is chosen, and how many `answers` in all are the least to choose by.
    """

    subjects: tuple[str, ...]
    share: float
    after: timedelta
    measure: Measure
    least: int

    def size(self, people: int) -> int:
        """How many get a subject on trial, each the same number; 0 where they could not give the
        answers it takes.
        """
        each = int(people * self.share) // len(self.subjects)
        tried = each * len(self.subjects)
        return tried if tried >= self.least else 0


@dataclass(frozen=True, slots=True)
class Showing:
    """How one subject did: whom it was mailed to, and how many of them answered."""

    mailed: int
    answered: int

    @property
    def rate(self) -> float:
        """Answers by mail."""
        return self.answered / self.mailed if self.mailed else 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The place of the winner, from 0, and why, in words."""

    winner: int
    why: str


@dataclass(frozen=True, slots=True)
class TriedSubject:
    """A subject on trial, and how it had done when the winner was chosen, or does so far; None is
    withheld.
    """

    text: str
    mailed: int
    answered: int | None


@dataclass(frozen=True, slots=True)
class TrialStatus:
    """The trial of a campaign: how it is judged, its subjects, and the place of the one that was
    `chosen`, from 1, with the reason.
    """

    after: timedelta
    measure: Measure
    least: int
    subjects: tuple[TriedSubject, ...]
    chosen: int | None
    chosen_at: datetime | None
    reason: str


def choose(showings: Sequence[Showing], measure: Measure, *, least: int) -> Choice:
    """The subject with the best rate; the first of those that tie, and the first of all where
    there are fewer answers than `least`.
    """
    if sum(one.answered for one in showings) < least:
        return Choice(0, f"fewer {measure} than the {least:,} it takes; the first is taken")
    best = max(range(len(showings)), key=lambda place: (showings[place].rate, -place))
    others = [one for place, one in enumerate(showings) if place != best]
    if any(one.rate == showings[best].rate for one in others):
        return Choice(best, "the best are even; the first of them is taken")
    certain = all(_differ(showings[best], one, comparisons=len(others)) for one in others)
    how = "hardly by chance" if certain else "perhaps by chance"
    return Choice(best, f"the best is taken, ahead {how}")


def figures(showings: Sequence[Showing], measure: Measure) -> str:
    """`clicks: 12 of 100, 31 of 100`."""
    return f"{measure}: " + ", ".join(f"{one.answered:,} of {one.mailed:,}" for one in showings)


def _differ(one: Showing, other: Showing, *, comparisons: int) -> bool:
    """Whether two shares differ by more than chance explains: the two-proportion z-test, as strict
    as the number of comparisons asks (Bonferroni). Tests of a handful of answers say no.
    """
    if min(one.answered, other.answered) < 5:
        return False
    pooled = (one.answered + other.answered) / (one.mailed + other.mailed)
    error = math.sqrt(pooled * (1 - pooled) * (1 / one.mailed + 1 / other.mailed))
    bound = {1: _CERTAIN, 2: 2.24, 3: 2.39}[comparisons]
    return error > 0 and (one.rate - other.rate) / error > bound


def rotation(issue: str, digits: int) -> int:
    """Where to begin reading the digits of a reader's keyed digest, so that each issue draws other
    people.
    """
    return hashlib.sha256(issue.encode()).digest()[0] % digits


def of_subject(version: str, place: int) -> str:
    """The key of what readers of a version get under the subject in this place, from 1."""
    return f"{version}{_MARK}{place}"


def place_of_subject(version: str) -> int:
    """The place of the subject a version's key tells of; 0 for none."""
    return int(version.rpartition(_MARK)[2]) if is_tried(version) else 0


def without_subject(version: str) -> str:
    """The key of the version itself, whichever subject its readers get."""
    return version.rpartition(_MARK)[0] if is_tried(version) else version


def is_tried(version: str) -> bool:
    """Whether a version's key tells of a subject on trial."""
    return _MARK in version
