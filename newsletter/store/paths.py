"""The requests that carried one delivery, and whether a person is in a segment now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, select

from newsletter.domain.campaign import BatchState
from newsletter.domain.mailing import Tracking
from newsletter.store import schema
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.segment import Rule


class Carriage(NamedTuple):
    """The batch of a delivery, the subject its readers saw, and what is noted of them."""

    sequence: int
    version: str
    state: BatchState
    subject: str
    tracking: Tracking


class Attempt(NamedTuple):
    """One try to submit a batch; `reference` is the provider's own id of the request."""

    id: str
    at: datetime
    closed_at: datetime | None
    outcome: str | None
    status: int | None
    reference: str | None
    reason: str


def carriage(connection: Connection, batch_id: int) -> Carriage:
    """The batch with this id."""
    batch, rendition = schema.batch, schema.rendition
    row = connection.execute(
        select(*batch.c["sequence", "version", "state", "tracking"], rendition.c.subject)
        .outerjoin_from(
            batch,
            rendition,
            (rendition.c.campaign_id == batch.c.campaign_id)
            & (rendition.c.version == batch.c.version),
        )
        .where(batch.c.id == batch_id)
    ).one()
    return Carriage(row[0], row[1], BatchState(row[2]), row[4] or "", Tracking(row[3]))


def attempts(connection: Connection, batch_id: int) -> tuple[Attempt, ...]:
    """Every try to submit a batch, oldest first."""
    table = schema.attempt
    query = (
        select(
            table.c.id,
            table.c.created_at,
            table.c.closed_at,
            table.c.outcome,
            table.c.status,
            table.c.reference,
            table.c.reason,
        )
        .where(table.c.batch_id == batch_id)
        .order_by(table.c.created_at, table.c.id)
    )
    return tuple(Attempt(*row) for row in connection.execute(query))


def fits(connection: Connection, subscriber: int, rule: Rule, now: datetime) -> bool:
    """Whether a rule, asked at `now`, describes a person."""
    person = schema.subscriber
    found = select(exists().where(person.c.id == subscriber, condition(rule, now)))
    return bool(connection.execute(found).scalar_one())
