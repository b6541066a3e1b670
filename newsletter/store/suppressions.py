"""Suppressions: made and lifted by people, listed and counted. See provider_lists, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.domain.suppression import Reason
from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.campaign import Step

STREAM_ROWS = 2_000


class Suppressed(NamedTuple):
    """A suppression; `address` is known only while somebody has it."""

    digest: str
    reason: str
    at: datetime
    told_at: datetime | None
    address: str | None


def reason_of(connection: Connection, digest: str) -> str:
    """Why the address of this digest must not be mailed; '' where it may."""
    table = schema.suppression
    query = select(table.c.reason).where(table.c.digest == digest)
    return connection.execute(query).scalar_one_or_none() or ""


def put(connection: Connection, digest: str, reason: Reason, step: Step) -> bool:
    """Suppress for this reason, whatever the reason was before, and log who did it.

    False where it stood so already. The moment of an older suppression stays.
    """
    before = reason_of(connection, digest)
    if before == reason:
        return False
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(schema.suppression).values(digest=digest, reason=reason, at=step.at)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["digest"], set_={"reason": reason})
    )
    _log(connection, digest, step, before=before, after=reason)
    return True


def lift(connection: Connection, digest: str, step: Step) -> bool:
    """Let the address be mailed again, and log who did it; False where nothing kept it."""
    before = reason_of(connection, digest)
    if not before:
        return False
    connection.execute(delete(schema.suppression).where(schema.suppression.c.digest == digest))
    _log(connection, digest, step, before=before, after="")
    return True


def readmit(connection: Connection, digest: str, *, at: datetime) -> bool:
    """Somebody who had unsubscribed from everything signs up: the later of both counts.

    False where no suppression for that reason stood. What the provider was told is kept with the
    subscriber, who must be there by now, so that it is told otherwise.
    """
    table, person = schema.suppression, schema.subscriber
    told_at = connection.execute(
        delete(table)
        .where(table.c.digest == digest, table.c.reason == Reason.UNSUBSCRIBED, table.c.at < at)
        .returning(table.c.told_at)
    ).one_or_none()
    if told_at is None:
        return False
    connection.execute(update(person).where(person.c.digest == digest).values(told_at=told_at[0]))
    return True


def counts(connection: Connection) -> dict[str, int]:
    """Suppressions by reason, the most frequent first."""
    table = schema.suppression
    rows = connection.execute(
        select(table.c.reason, func.count())
        .group_by(table.c.reason)
        .order_by(func.count().desc(), table.c.reason)
    )
    return {row[0]: row[1] for row in rows}


def stream(connection: Connection, reason: str | None = None) -> Iterator[Suppressed]:
    """All suppressions, or those of one reason, the newest first, a few thousand in memory."""
    table, person = schema.suppression, schema.subscriber
    query = (
        select(table.c.digest, table.c.reason, table.c.at, table.c.told_at, person.c.address)
        .outerjoin_from(table, person, person.c.digest == table.c.digest)
        .order_by(table.c.at.desc(), table.c.digest)
        .execution_options(yield_per=STREAM_ROWS)
    )
    if reason is not None:
        query = query.where(table.c.reason == reason)
    return (Suppressed(*row) for row in connection.execute(query))


def _log(connection: Connection, digest: str, step: Step, *, before: str, after: str) -> None:
    connection.execute(
        insert(schema.suppression_log).values(
            digest=digest,
            at=step.at,
            actor=step.actor,
            before=before,
            after=after,
            reason=step.reason,
        )
    )
