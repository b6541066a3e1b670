"""The timetable: what the schedule brings in the coming weeks, and what came of the past ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.domain.occurrence import OPEN, Occurrence, OccurrenceState, Slot
from newsletter.domain.rhythm import days_between, occurrences_of
from newsletter.store import occurrences
from newsletter.store.engine import reading
from newsletter.usecases.rhythm import NOT_PLANNED, scheduled, slug_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from newsletter.app import Workspace
    from newsletter.config import Schedule
    from newsletter.domain.occurrence import Record

OVERDUE = timedelta(minutes=5)
"""What is due for so long and taken by nobody tells that no timer ticks (F44)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timetable: an occurrence, its issue, and what will happen or what did.

    `state` is None for what is not written down yet. `moved_from` is the hour it was planned for
    first, `overdue` whether it should have been begun.
    """

    occurrence: Occurrence
    issue: str
    state: OccurrenceState | None
    what: str
    moved_from: datetime | None = None
    overdue: bool = False


def timetable(workspace: Workspace, weeks: int) -> tuple[Line, ...]:
    """So many weeks back and ahead, by the hour; nothing is written."""
    now, span = workspace.clock.now(), timedelta(weeks=weeks)
    with reading(workspace.engine) as connection:
        known = occurrences.since(connection, (now - span).date())
    coming = {
        one.key: one
        for name in workspace.settings.schedule
        for one in scheduled(workspace, name, now, now + span)
    }
    there = {record.occurrence.key for record in known}
    lines = [_kept(workspace, _moved(record, coming), now) for record in known]
    lines += [_new(workspace, one, now) for key, one in coming.items() if key not in there]
    for name, schedule in workspace.settings.schedule.items():
        lines += _skipped(workspace, name, schedule, now, span)
    return tuple(sorted(lines, key=lambda line: line.occurrence))


def overdue(records: Iterable[Record], now: datetime) -> tuple[Record, ...]:
    """What should have been begun and nobody has: the timer is dead, or never was."""
    return tuple(
        record
        for record in records
        if record.state is OccurrenceState.DUE
        and not record.reason
        and record.occurrence.at < now - OVERDUE
    )


def _skipped(
    workspace: Workspace, name: str, schedule: Schedule, now: datetime, span: timedelta
) -> Iterator[Line]:
    """The sends that `skip` takes out."""
    zone, rhythm = workspace.settings.publication.zone, schedule.rhythm
    first, last = ((now + away).astimezone(zone).date() for away in (-span, span))
    for day in days_between(rhythm, first, last):
        if rhythm.skips(day):
            send = occurrences_of(rhythm, day, zone, name)[-1]
            yield Line(send, "", OccurrenceState.SKIPPED, "taken out by skip")


def _moved(record: Record, coming: Mapping[tuple[str, date, Slot], Occurrence]) -> Record:
    """At the hour it has by now, where that is another than was written down."""
    wanted = coming.get(record.occurrence.key, record.occurrence)
    if record.state is not OccurrenceState.DUE or wanted == record.occurrence:
        return record
    return replace(record, occurrence=wanted, moved_from=record.moved_from or record.occurrence.at)


def _kept(workspace: Workspace, record: Record, now: datetime) -> Line:
    what = record.reason
    if not what and record.state in OPEN:
        what = _intention(workspace, record.occurrence)
    late = bool(overdue([record], now))
    return Line(record.occurrence, record.issue, record.state, what, record.moved_from, late)


def _new(workspace: Workspace, one: Occurrence, now: datetime) -> Line:
    what = _intention(workspace, one)
    return Line(one, slug_of(workspace, one), None, what, overdue=one.at < now - OVERDUE)


def _intention(workspace: Workspace, occurrence: Occurrence) -> str:
    """What will happen, for people."""
    schedule = workspace.settings.schedule.get(occurrence.schedule)
    if schedule is None:
        return NOT_PLANNED
    editors = len(workspace.settings.editors)
    told = f"mail {editors} editors" if editors != 1 else "mail the editor"
    audience = " / ".join(filter(None, (schedule.list_key, schedule.segment))) or "its list"
    return {
        Slot.GATHER: "read the sources, draft the issue" + f", {told} the proof" * bool(editors),
        Slot.REMIND: f"{told}, unless it is approved"
        if editors
        else "nobody to remind: no editors",
        Slot.SEND: f"send to {audience}, if it is approved",
    }[occurrence.slot]
