"""How often somebody did something lately, under names that give nobody away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, delete

from newsletter.store import schema
from newsletter.store.dialects import insert_into

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

SPAN = timedelta(hours=1)
"""What is counted together: an hour from the first use, and then anew."""


def use(connection: Connection, name: str, *, at: datetime) -> int:
    """Count one use under a name; returns how many there were in this hour, this one included."""
    table = schema.allowance
    old = table.c.since <= at - SPAN
    counted = (
        insert_into(connection, table)
        .values(name=name, since=at, used=1)
        .on_conflict_do_update(
            index_elements=[table.c.name],
            set_={
                "used": case((old, 1), else_=table.c.used + 1),
                "since": case((old, at), else_=table.c.since),
            },
        )
        .returning(table.c.used)
    )
    return int(connection.execute(counted).scalar_one())


def forget(connection: Connection, *, now: datetime, most: int) -> int:
    """Remove up to `most` that count no more; returns how many those were."""
    table = schema.allowance
    old = table.select().with_only_columns(table.c.name).where(table.c.since <= now - SPAN)
    gone = connection.execute(delete(table).where(table.c.name.in_(old.limit(most))))
    return int(gone.rowcount)
