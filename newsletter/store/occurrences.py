"""Occurrences of the schedule in the database: written down once, moved by compare-and-set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, or_, select, update

from newsletter.domain.occurrence import (
    OCCURRENCE_MOVES,
    OPEN,
    Occurrence,
    OccurrenceState,
    Record,
    Slot,
)
from newsletter.store import schema
from newsletter.store.dialects import changed, insert_into

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection, Row

_TABLE = schema.occurrence


def since(connection: Connection, day: date) -> tuple[Record, ...]:
    """Every occurrence of that day and later, by its hour."""
    query = select(_TABLE).where(_TABLE.c.day >= day)
    rows = connection.execute(query.order_by(_TABLE.c.due_at, _TABLE.c.schedule, _TABLE.c.slot))
    return tuple(_record(row) for row in rows)


def plan(connection: Connection, occurrences: Iterable[tuple[Occurrence, str]]) -> int:
    """Write down what is to come, each with its issue; returns how many were not there yet."""
    new = 0
    for occurrence, issue in occurrences:
        row = {
            "schedule": occurrence.schedule,
            "day": occurrence.day,
            "slot": occurrence.slot,
            "state": OccurrenceState.DUE,
            "due_at": occurrence.at,
            "issue": issue,
        }
        insert = insert_into(connection, _TABLE).values(row).on_conflict_do_nothing()
        new += changed(connection, insert)
    return new


def forget(connection: Connection, occurrence: Occurrence) -> None:
    """Take out one that was planned and is not wanted any more, unless something came of it."""
    connection.execute(
        delete(_TABLE).where(_is(*occurrence.key), _TABLE.c.state == OccurrenceState.DUE)
    )


def put_off(connection: Connection, record: Record, at: datetime) -> None:
    """Plan one for another hour, which may be an earlier one, and remember the first."""
    before = record.moved_from or record.occurrence.at
    connection.execute(
        update(_TABLE)
        .where(_is(*record.occurrence.key), _TABLE.c.state == OccurrenceState.DUE)
        .values(due_at=at, moved_from=before if before != at else None)
    )


def take(connection: Connection, occurrence: Occurrence, now: datetime, until: datetime) -> bool:
    """Take one that is due, or that a dead process has left; False where another one has it."""
    free = or_(
        _TABLE.c.state == OccurrenceState.DUE,
        and_(_TABLE.c.state == OccurrenceState.TAKEN, _TABLE.c.taken_until <= now),
    )
    taken = update(_TABLE).where(_is(*occurrence.key), free)
    values = {"state": OccurrenceState.TAKEN, "taken_until": until}
    return connection.execute(taken.values(values)).rowcount == 1


def hold(connection: Connection, occurrence: Occurrence, until: datetime) -> None:
    """Keep one that was taken: until then nobody else takes it."""
    connection.execute(
        update(_TABLE)
        .where(_is(*occurrence.key), _TABLE.c.state == OccurrenceState.TAKEN)
        .values(taken_until=until)
    )


def explain(connection: Connection, occurrence: Occurrence, reason: str) -> bool:
    """Say why an open one waits; False where it was said, or it is open no more."""
    said = update(_TABLE).where(
        _is(*occurrence.key), _TABLE.c.state.in_(OPEN), _TABLE.c.reason != reason
    )
    return connection.execute(said.values(reason=reason)).rowcount == 1


def move(
    connection: Connection,
    occurrence: Occurrence,
    after: OccurrenceState,
    *,
    at: datetime,
    reason: str = "",
    campaign: int | None = None,
) -> bool:
    """Move one if the table of moves lets it; False where it has ended by another hand."""
    before = [state for state, allowed in OCCURRENCE_MOVES.items() if after in allowed]
    moved = update(_TABLE).where(_is(*occurrence.key), _TABLE.c.state.in_(before))
    values: dict[str, Any] = {"state": after, "taken_until": None, "reason": reason}
    if after not in OPEN:
        values |= {"ended_at": at, "campaign_id": campaign}
    return connection.execute(moved.values(values)).rowcount == 1


def _is(schedule: str, day: date, slot: Slot) -> ColumnElement[bool]:
    return and_(_TABLE.c.schedule == schedule, _TABLE.c.day == day, _TABLE.c.slot == slot)


def _record(row: Row[Any]) -> Record:
    return Record(
        occurrence=Occurrence(row.due_at, row.schedule, row.day, Slot(row.slot)),
        issue=row.issue,
        state=OccurrenceState(row.state),
        taken_until=row.taken_until,
        moved_from=row.moved_from,
        ended_at=row.ended_at,
        reason=row.reason,
        campaign=row.campaign_id,
    )
