"""What is remembered of limits and of a provider in trouble, for every process that sends.

Read and written inside the claim's transaction: PostgreSQL locks the rows that are there, SQLite
the whole file. Without limits and trouble the table is empty, and nobody waits for anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection


class Meter(NamedTuple):
    """What is remembered under one name: a moment that must come first, and a count."""

    free_at: datetime
    used: int = 0


_METERS = select(schema.pace).order_by(schema.pace.c.name).with_for_update()


def meters(connection: Connection) -> dict[str, Meter]:
    """Every meter by name; nobody else changes those that are there until the commit."""
    rows = connection.execute(_METERS)
    return {name: Meter(free_at, used) for name, free_at, used in rows}


def begin(connection: Connection, names: Iterable[str], *, at: datetime) -> None:
    """Make the meters that are missing, for two senders cannot both lock a row that is not there.

    In the order of their names, as `meters` locks them.
    """
    rows = [{"name": name, "free_at": at, "used": 0} for name in sorted(names)]
    if rows:
        statement = _insert(connection).on_conflict_do_nothing()
        connection.execute(statement, rows)


def keep(connection: Connection, changed: Mapping[str, Meter]) -> None:
    """Write meters down as they are now."""
    if not changed:
        return
    insert = _insert(connection)
    statement = insert.on_conflict_do_update(
        index_elements=["name"],
        set_={"free_at": insert.excluded.free_at, "used": insert.excluded.used},
    )
    connection.execute(
        statement,
        [
            {"name": name, "free_at": meter.free_at, "used": meter.used}
            for name, meter in sorted(changed.items())
        ],
    )


def forget(connection: Connection, names: Iterable[str]) -> None:
    """Remove meters."""
    gone = tuple(names)
    if gone:
        connection.execute(delete(schema.pace).where(schema.pace.c.name.in_(gone)))


def _insert(connection: Connection) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(schema.pace)
    return postgresql.insert(schema.pace)
