"""What has been kept for long enough: found without a lock, and removed some rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Connection


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows whose moment is long ago. With `blanked`, only that column's value goes."""

    key: Column[Any]
    moment: Column[Any]
    blanked: Column[Any] | None = None


EVENTS = Kept(schema.event.c.key, schema.event.c.received_at)
DEAD_LETTERS = Kept(schema.dead_letter.c.id, schema.dead_letter.c.received_at)
NETWORKS = Kept(schema.consent.c.id, schema.consent.c.at, blanked=schema.consent.c.network)


def count(connection: Connection, kept: Kept, before: datetime) -> int:
    """How many rows are from before then."""
    query = select(func.count()).where(_old(kept, before))
    return int(connection.execute(query).scalar_one())


def find(connection: Connection, kept: Kept, before: datetime, most: int) -> Sequence[Any]:
    """The keys of up to `most` rows from before then; where there are few, all rows are read."""
    query = select(kept.key).where(_old(kept, before)).limit(most)
    return connection.execute(query).scalars().all()


def remove(connection: Connection, kept: Kept, keys: Sequence[Any]) -> int:
    """Remove the rows with these keys, or what of them is to be blanked."""
    theirs = kept.key.in_(keys)
    if kept.blanked is None:
        return connection.execute(delete(kept.key.table).where(theirs)).rowcount
    blank = update(kept.key.table).where(theirs).values({kept.blanked: None})
    return connection.execute(blank).rowcount


def _old(kept: Kept, before: datetime) -> ColumnElement[bool]:
    old = kept.moment < before
    return old if kept.blanked is None else old & kept.blanked.is_not(None)
