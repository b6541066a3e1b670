"""The schedule of config.yaml held against the database: what is planned, and what came of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.domain.occurrence import OPEN, Occurrence, OccurrenceState, Record, Slot
from newsletter.domain.rhythm import days_between, occurrences_between, occurrences_of
from newsletter.store import bookmarks, occurrences
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.config import Schedule

log = logging.getLogger(__name__)

AHEAD = timedelta(days=8)
"""So far ahead occurrences are written down: a week, and a day for the clocks."""

BEHIND = timedelta(days=60)
"""Whatever fell into an absence longer than this is not even called missed."""

OVERDUE = timedelta(minutes=5)
"""What is due for so long and taken by nobody tells that no timer ticks (F44)."""

NOT_PLANNED = "it is not in the schedule any more"


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


def plan(workspace: Workspace) -> None:
    """Write down what is to come within eight days, and what an absence has passed over.

    An hour that has moved, with the settings or with the rules of its time zone, is moved here; what
    is not in the schedule any more is taken out.
    """
    now, schedules = workspace.clock.now(), workspace.settings.schedule
    with reading(workspace.engine) as connection:
        known = occurrences.since(connection, (now - BEHIND).date())
        begun = {name: bookmarks.find(connection, _mark(name)) for name in schedules}
    since = {name: max(mark.at if mark else now, now - BEHIND) for name, mark in begun.items()}
    wanted = {
        one.key: one
        for name, start in since.items()
        for one in _occurrences(workspace, name, start, now + AHEAD)
    }
    records = {record.occurrence.key: record for record in known}
    new = [one for key, one in wanted.items() if key not in records]
    changed = [
        record
        for key, record in records.items()
        if record.state is OccurrenceState.DUE and wanted.get(key) != record.occurrence
    ]
    unmarked = [name for name, mark in begun.items() if mark is None]
    if new or changed or unmarked:
        with writing(workspace.engine) as connection:
            for name in unmarked:
                bookmarks.put(connection, _mark(name), "", at=now)
            occurrences.plan(connection, ((one, slug_of(workspace, one)) for one in new))
            for record in changed:
                _change(connection, record, wanted.get(record.occurrence.key), now)


def _change(connection: Connection, record: Record, wanted: Occurrence | None, now: datetime) -> None:
    """What follows where a planned occurrence is elsewhere in the schedule now, or nowhere."""
    planned = record.occurrence
    if wanted is not None:
        occurrences.put_off(connection, record, wanted.at)
        log.info("%s of %s moves from %s to %s", planned.slot, record.issue, planned.at, wanted.at)
    elif planned.at > now:
        occurrences.forget(connection, planned)
    else:
        skipped = OccurrenceState.SKIPPED
        occurrences.move(connection, planned, skipped, at=now, reason=NOT_PLANNED)


def slug_of(workspace: Workspace, occurrence: Occurrence) -> str:
    """The issue of an occurrence: its day, and the schedule's name where there are several."""
    day = occurrence.day.isoformat()
    if len(workspace.settings.schedule) == 1:
        return day
    return f"{day}-{occurrence.schedule.replace('_', '-')}"


def timetable(workspace: Workspace, weeks: int) -> tuple[Line, ...]:
    """So many weeks back and ahead, by the hour; nothing is written."""
    now, span = workspace.clock.now(), timedelta(weeks=weeks)
    with reading(workspace.engine) as connection:
        known = occurrences.since(connection, (now - span).date())
    lines = [_line_of(workspace, record, now) for record in known]
    there = {record.occurrence.key for record in known}
    for name, schedule in workspace.settings.schedule.items():
        for one in _occurrences(workspace, name, now, now + span):
            if one.key not in there:
                what = _intention(workspace, one)
                lines.append(Line(one, slug_of(workspace, one), None, what))
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


def _occurrences(
    workspace: Workspace, name: str, start: datetime, end: datetime
) -> tuple[Occurrence, ...]:
    zone = workspace.settings.publication.zone
    rhythm = workspace.settings.schedule[name].rhythm
    return occurrences_between(rhythm, zone, start, end, schedule=name)


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


def _line_of(workspace: Workspace, record: Record, now: datetime) -> Line:
    what = record.reason or (_intention(workspace, record.occurrence) if record.state in OPEN else "")
    late = bool(overdue([record], now))
    return Line(record.occurrence, record.issue, record.state, what, record.moved_from, late)


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
        Slot.REMIND: f"{told}, unless it is approved" if editors else "nobody to remind: no editors",
        Slot.SEND: f"send to {audience}, if it is approved",
    }[occurrence.slot]


def _mark(name: str) -> str:
    return f"schedule {name}"
