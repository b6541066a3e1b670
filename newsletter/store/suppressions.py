"""Suppressions: made and lifted by people, listed and counted. See provider_lists, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, select, update

from newsletter.domain.address import blank
from newsletter.domain.campaign import Step
from newsletter.domain.suppression import OWN_WISH, Reason
from newsletter.store import schema
from newsletter.store.dialects import insert_into

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

STREAM_ROWS = 2_000

READER = "the reader"
"""Who lifts a suppression by confirming a sign-up, as the log has it."""


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


def insert_worse(connection: Connection) -> Any:
    """An insert of suppressions that leaves alone what is there, but for an unsubscribe from
    everything: its person may lift that by signing up, and a bounce or a complaint takes its place.
    """
    table = schema.suppression
    new = insert_into(connection, table)
    return new.on_conflict_do_update(
        index_elements=[table.c.digest],
        set_={"reason": new.excluded.reason, "at": new.excluded.at},
        where=and_(
            table.c.reason == Reason.UNSUBSCRIBED, new.excluded.reason != Reason.UNSUBSCRIBED
        ),
    )


def put(connection: Connection, digest: str, reason: Reason, step: Step) -> bool:
    """Suppress for this reason, whatever the reason was before, and log who did it.

    False where it stood so already. The moment of an older suppression stays.
    """
    before = reason_of(connection, digest)
    if before == reason:
        return False
    table = schema.suppression
    statement = insert_into(connection, table).values(digest=digest, reason=reason, at=step.at)
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


def may_return(connection: Connection, digest: str) -> bool:
    """Whether a confirmed sign-up lets the address be mailed: it is not suppressed, or only by a
    wish of its person, and nothing worse was known when they were erased.
    """
    reason = reason_of(connection, digest)
    if reason != Reason.ERASED:
        return reason in ("", *OWN_WISH)
    return not (_had_worse(connection, digest) or _complained(connection, digest))


def readmit(connection: Connection, digest: str, *, at: datetime) -> bool:
    """Somebody who had unsubscribed from everything, or was erased, confirms a sign-up: the later
    of both counts.

    False where no such suppression stood. What the provider was told is kept with the subscriber,
    who must be there by now, so that it is told otherwise.
    """
    if not may_return(connection, digest):
        return False
    table, person = schema.suppression, schema.subscriber
    lifted = connection.execute(
        delete(table)
        .where(table.c.digest == digest, table.c.at < at)
        .returning(table.c.reason, table.c.told_at)
    ).one_or_none()
    if lifted is None:
        return False
    _log(connection, digest, Step(at, READER, "confirmed a sign-up"), before=lifted[0], after="")
    connection.execute(update(person).where(person.c.digest == digest).values(told_at=lifted[1]))
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


def _had_worse(connection: Connection, digest: str) -> bool:
    """Whether the last erasure took the place of a suppression that its person cannot lift."""
    table = schema.suppression_log
    erased = (
        select(table.c.before)
        .where(table.c.digest == digest, table.c.after == Reason.ERASED)
        .order_by(table.c.id.desc())
        .limit(1)
    )
    before = connection.execute(erased).scalar_one_or_none() or ""
    return before not in ("", *OWN_WISH)


def _complained(connection: Connection, digest: str) -> bool:
    """Whether a mail to somebody erased was reported as spam; such a report may come later.

    By way of the campaigns, for the addresses are indexed within each.
    """
    mail = schema.delivery
    reported = select(mail.c.id).where(
        mail.c.campaign_id.in_(select(schema.campaign.c.id)),
        mail.c.canonical == blank(digest),
        mail.c.complained_at.is_not(None),
    )
    return connection.execute(reported.limit(1)).first() is not None


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
