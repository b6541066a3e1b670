"""The schedule of config.yaml, written down as occurrences and kept as config.yaml has it."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.occurrence import OccurrenceState
from newsletter.domain.rhythm import occurrences_between
from newsletter.store import bookmarks, occurrences
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.occurrence import Occurrence, Record

log = logging.getLogger(__name__)

AHEAD = timedelta(days=8)
"""So far ahead occurrences are written down: a week, and a day for the clocks."""

BEHIND = timedelta(days=60)
"""Whatever fell into an absence longer than this is not even called missed."""

NOT_PLANNED = "it is not in the schedule any more"


def plan(workspace: Workspace) -> None:
    """Write down what is to come within eight days, and what an absence has passed over.

    An hour that has moved, with the settings or with the rules of its time zone, is moved here, and
    what is not in the schedule any more is taken out.
    """
    now, schedules = workspace.clock.now(), workspace.settings.schedule
    with reading(workspace.engine) as connection:
        known = occurrences.since(connection, (now - BEHIND).date())
        begun = {name: bookmarks.find(connection, _mark(name)) for name in schedules}
    since = {name: max(mark.at if mark else now, now - BEHIND) for name, mark in begun.items()}
    wanted = {
        one.key: one
        for name, start in since.items()
        for one in scheduled(workspace, name, start, now + AHEAD)
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


def _change(
    connection: Connection, record: Record, wanted: Occurrence | None, now: datetime
) -> None:
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


def scheduled(
    workspace: Workspace, name: str, start: datetime, end: datetime
) -> tuple[Occurrence, ...]:
    """The occurrences of a schedule whose issues are sent after `start` and up to `end`."""
    zone = workspace.settings.publication.zone
    rhythm = workspace.settings.schedule[name].rhythm
    return occurrences_between(rhythm, zone, start, end, schedule=name)


def _mark(name: str) -> str:
    return f"schedule {name}"
