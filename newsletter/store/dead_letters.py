"""What was signed by the provider but could not be understood, kept as it came."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """So many dead letters of one reason, and when the first and the last of them came."""

    reason: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One body that can be read again; it holds addresses."""

    id: int
    body: bytes


def bury(connection: Connection, letters: Sequence[tuple[str, bytes]], *, at: datetime) -> None:
    """Keep bodies, each with its reason; one that is kept already is not kept again."""
    rows = [
        {
            "received_at": at,
            "digest": hashlib.sha256(body).hexdigest(),
            "reason": reason,
            "body": body,
        }
        for reason, body in letters
    ]
    if rows:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(schema.dead_letter).on_conflict_do_nothing()
        connection.execute(statement, rows)


def by_reason(connection: Connection) -> tuple[DeadLetters, ...]:
    """All there are, the most frequent reason first."""
    table = schema.dead_letter
    rows = connection.execute(
        select(
            table.c.reason,
            func.count().label("count"),
            func.min(table.c.received_at),
            func.max(table.c.received_at),
        )
        .group_by(table.c.reason)
        .order_by(func.count().desc(), table.c.reason)
    )
    return tuple(DeadLetters(*row) for row in rows)


def after(connection: Connection, letter: int) -> DeadLetter | None:
    """The one that follows a number, 0 for the first; None at the end."""
    table = schema.dead_letter
    query = select(table.c.id, table.c.body).where(table.c.id > letter).order_by(table.c.id)
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else DeadLetter(*row)


def remove(connection: Connection, letter: int) -> None:
    """It has been understood after all."""
    connection.execute(delete(schema.dead_letter).where(schema.dead_letter.c.id == letter))
