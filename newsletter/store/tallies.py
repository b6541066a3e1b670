"""How much stands where, for whoever watches from outside: numbers and no names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from newsletter.domain.occurrence import OccurrenceState, Slot
from newsletter.store import schema

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Column, Connection


def campaigns(connection: Connection) -> dict[str, int]:
    """State → campaigns."""
    return _by(connection, schema.campaign.c.state)


def batches(connection: Connection) -> dict[str, int]:
    """State → batches, of all campaigns."""
    return _by(connection, schema.batch.c.state)


def notices(connection: Connection) -> dict[str, int]:
    """State → notices."""
    return _by(connection, schema.notice.c.state)


def confirmations_due(connection: Connection, now: datetime) -> int:
    """How many confirmations wait to be mailed."""
    query = select(func.count()).where(schema.signup.c.due_at <= now)
    return int(connection.execute(query).scalar_one())


def gathers_failing(connection: Connection) -> int:
    """How many gathers of the schedule have failed and are tried again."""
    table = schema.occurrence
    query = select(func.count()).where(
        table.c.slot == Slot.GATHER,
        table.c.state == OccurrenceState.TAKEN,
        table.c.reason != "",
    )
    return int(connection.execute(query).scalar_one())


def recent(connection: Connection, after: datetime) -> list[tuple[int, str]]:
    """Number and state of each campaign that was frozen since then."""
    table = schema.campaign
    query = select(table.c.id, table.c.state).where(table.c.frozen_at > after)
    return [(number, state) for number, state in connection.execute(query)]


def _by(connection: Connection, column: Column[str]) -> dict[str, int]:
    query = select(column, func.count()).group_by(column)
    return {str(state): number for state, number in connection.execute(query)}
