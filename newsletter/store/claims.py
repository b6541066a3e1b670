"""Claims: the next batch that may be submitted, taken by one process, once.

A claim re-checks suppressions and commits an attempt; only after that commit returned may a byte
leave. Recording an outcome and claiming the next batch share one transaction: one commit a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, func, insert, literal, or_, select, update

from newsletter.domain.campaign import (
    BatchState,
    CampaignState,
    Claim,
    DeliveryState,
    PlannedDelivery,
)
from newsletter.store import schema
from newsletter.store.batches import move

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.campaign import Campaign

# Built once: building a statement costs five times as much as running it, and these run per batch.
_NEXT_READY = (
    select(schema.batch.c.id, schema.batch.c.version)
    .join(schema.campaign)
    .where(
        # Nothing is claimed for a campaign that somebody paused or cancelled meanwhile.
        schema.campaign.c.state == CampaignState.SENDING,
        schema.batch.c.campaign_id == bindparam("campaign"),
        schema.batch.c.state == BatchState.READY,
        or_(schema.batch.c.not_before.is_(None), schema.batch.c.not_before <= bindparam("now")),
    )
    .order_by(schema.batch.c.sequence)
    .limit(1)
    .with_for_update(skip_locked=True, of=schema.batch)  # SQLite holds the whole file instead
)
_PEOPLE = (
    select(
        schema.delivery.c.id,
        schema.delivery.c.subscription_id,
        schema.delivery.c.address,
        schema.delivery.c.fields,
        or_(
            schema.suppression.c.digest.is_not(None),
            func.coalesce(schema.subscription.c.status, "") != "subscribed",
        ).label("gone"),
    )
    .outerjoin_from(
        schema.delivery,
        schema.suppression,
        schema.suppression.c.digest == schema.delivery.c.digest,
    )
    .outerjoin(schema.subscription, schema.subscription.c.id == schema.delivery.c.subscription_id)
    .where(schema.delivery.c.batch_id == bindparam("batch"), schema.delivery.c.ending.is_(None))
    .order_by(schema.delivery.c.id)
)


def claim(
    connection: Connection, campaign: Campaign, *, attempt: str, at: datetime, actor: str
) -> Claim | None:
    """Take the next batch that is ready and not delayed, or None when there is none.

    Deliveries that may no longer be mailed become `suppressed` here; a batch of which nobody is
    left is cancelled and the next one taken.
    """
    while (picked := _next_ready(connection, campaign.id, at)) is not None:
        batch_id, version = picked
        deliveries = _mailable(connection, batch_id)
        if deliveries:
            opened = {
                "id": attempt,
                "batch_id": batch_id,
                "recipients": len(deliveries),
                "created_at": at,
            }
            connection.execute(insert(schema.attempt), opened)
            move(
                connection,
                campaign.id,
                batch_id,
                BatchState.READY,
                BatchState.SUBMITTING,
                at=at,
                actor=actor,
                attempt=attempt,
            )
            return Claim(batch_id, attempt, version, deliveries)
        move(
            connection,
            campaign.id,
            batch_id,
            BatchState.READY,
            BatchState.CANCELLED,
            at=at,
            actor=actor,
            reason="nobody of this batch may be mailed any more",
        )
    return None


def next_moment(
    connection: Connection, campaign: Campaign, *, not_before: datetime
) -> datetime | None:
    """When the next ready batch may be tried, never earlier than `not_before`; None without one."""
    table = schema.batch
    earliest = literal(not_before, schema.Moment())
    moment = case((table.c.not_before > earliest, table.c.not_before), else_=earliest)
    return connection.execute(
        select(moment)
        .join_from(table, schema.campaign)
        .where(
            schema.campaign.c.state == CampaignState.SENDING,
            table.c.campaign_id == campaign.id,
            table.c.state == BatchState.READY,
        )
        .order_by(moment)
        .limit(1)
    ).scalar_one_or_none()


def _next_ready(connection: Connection, campaign_id: int, now: datetime) -> tuple[int, str] | None:
    row = connection.execute(_NEXT_READY, {"campaign": campaign_id, "now": now}).one_or_none()
    return None if row is None else (row[0], row[1])


def _mailable(connection: Connection, batch_id: int) -> tuple[PlannedDelivery, ...]:
    """Who of a batch may still be mailed; the others become `suppressed` here and now."""
    rows = connection.execute(_PEOPLE, {"batch": batch_id}).all()
    gone = [row[0] for row in rows if row[4]]
    if gone:
        connection.execute(
            update(schema.delivery)
            .where(schema.delivery.c.id.in_(gone))
            .values(
                ending=DeliveryState.SUPPRESSED,
                reason="unsubscribed or suppressed after the freeze",
            )
        )
    return tuple([PlannedDelivery._make(row[:4]) for row in rows if not row[4]])
