"""What a schedule brings: occurrences, each a day and a slot of it, and how each may end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class Slot(StrEnum):
    """What is to be done for an issue, in this order."""

    GATHER = "gather"
    REMIND = "remind"
    SEND = "send"


class OccurrenceState(StrEnum):
    """Where one occurrence stands."""

    DUE = "due"  # its hour has not come, or what it waits for has not
    TAKEN = "taken"  # a process is at it
    DONE = "done"
    MISSED = "missed"  # its time has passed: a person decides
    SKIPPED = "skipped"  # decided against


OCCURRENCE_MOVES: Mapping[OccurrenceState, frozenset[OccurrenceState]] = {
    OccurrenceState.DUE: frozenset(
        {
            OccurrenceState.TAKEN,
            OccurrenceState.DONE,
            OccurrenceState.MISSED,
            OccurrenceState.SKIPPED,
        }
    ),
    OccurrenceState.TAKEN: frozenset(
        {
            OccurrenceState.DUE,  # the process was told to stop
            OccurrenceState.DONE,
            OccurrenceState.MISSED,
            OccurrenceState.SKIPPED,
        }
    ),
    OccurrenceState.DONE: frozenset(),
    OccurrenceState.MISSED: frozenset(),
    OccurrenceState.SKIPPED: frozenset(),
}

OPEN = (OccurrenceState.DUE, OccurrenceState.TAKEN)


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """A slot of the issue that a schedule sends on `day`, a local date; `at` in UTC.

    Schedule, day and slot tell it from every other: the hour may move, and on one day of the year
    there are two of it.
    """

    at: datetime
    schedule: str
    day: date
    slot: Slot

    @property
    def key(self) -> tuple[str, date, Slot]:
        """What is unique."""
        return self.schedule, self.day, self.slot


@dataclass(frozen=True, slots=True)
class Record:
    """An occurrence as it was written down. Nobody else may take it before `taken_until`.

    `moved_from` is the hour it was planned for before the settings, or the rules of its time zone,
    changed; `campaign` what a send became.
    """

    occurrence: Occurrence
    issue: str
    state: OccurrenceState
    taken_until: datetime | None
    moved_from: datetime | None
    ended_at: datetime | None
    reason: str
    campaign: int | None
