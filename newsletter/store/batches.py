"""Batches and attempts: claimed and recorded as compare-and-set, logged, one at a time.

A claim re-checks suppressions and commits an attempt; only after that commit returned may a byte
leave. Recording an outcome and claiming the next batch share one transaction: one commit a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, insert, or_, select, update

from newsletter.domain.campaign import (
    BATCH_MOVES,
    DELIVERY_OF_BATCH,
    BatchState,
    CampaignState,
    Claim,
    DeliveryState,
    Outcome,
    PlannedDelivery,
)
from newsletter.errors import DeliveryError
from newsletter.store import schema
from newsletter.store.campaigns import log

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from newsletter.domain.campaign import Campaign


def claim(
    connection: Connection, campaign: Campaign, *, attempt: str, at: datetime, actor: str
) -> Claim | None:
    """Take the next batch that is ready and not delayed, or None when there is none.

    Deliveries that may no longer be mailed become `suppressed` here; a batch of which nobody is
    left is cancelled and the next one taken.
    """
    while (picked := _next_ready(connection, campaign.id, at)) is not None:
        batch_id, version = picked
        _suppress(connection, batch_id)
        deliveries = _planned(connection, batch_id)
        if deliveries:
            connection.execute(
                insert(schema.attempt).values(
                    id=attempt, batch_id=batch_id, recipients=len(deliveries), created_at=at
                )
            )
            _move(
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
        _move(
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


def record(
    connection: Connection,
    campaign: Campaign,
    claimed: Claim,
    after: BatchState,
    *,
    outcome: Outcome,
    at: datetime,
    actor: str,
    status: int | None = None,
    reference: str | None = None,
    reason: str = "",
    not_before: datetime | None = None,
    refused: tuple[int, ...] = (),
) -> None:
    """Write down how an attempt ended; `refused` are delivery ids the provider will never take."""
    connection.execute(
        update(schema.attempt)
        .where(schema.attempt.c.id == claimed.attempt)
        .values(outcome=outcome, status=status, reference=reference, reason=reason, closed_at=at)
    )
    if refused:
        connection.execute(
            update(schema.delivery)
            .where(
                schema.delivery.c.id.in_(refused),
                schema.delivery.c.state == DeliveryState.PLANNED,
            )
            .values(state=DeliveryState.REJECTED, reason=reason)
        )
    _move(
        connection,
        campaign.id,
        claimed.batch,
        BatchState.SUBMITTING,
        after,
        at=at,
        actor=actor,
        attempt=claimed.attempt,
        reason=reason,
        not_before=not_before,
    )


def abandon(connection: Connection, campaign: Campaign, *, at: datetime, actor: str) -> int:
    """Batches that a dead process left in `submitting` become `unknown`; returns how many.

    Only the holder of the campaign's lock may call this: then no living process has one.
    """
    table = schema.batch
    rows = connection.execute(
        select(table.c.id, table.c.attempt_id).where(
            table.c.campaign_id == campaign.id, table.c.state == BatchState.SUBMITTING
        )
    ).all()
    for batch_id, attempt_id in rows:
        _move(
            connection,
            campaign.id,
            batch_id,
            BatchState.SUBMITTING,
            BatchState.UNKNOWN,
            at=at,
            actor=actor,
            attempt=attempt_id,
            reason="the process ended before the provider's answer was written down",
        )
    return len(rows)


def prove(connection: Connection, *, at: datetime, actor: str) -> tuple[int, ...]:
    """Unknown batches of which an event names the attempt were accepted: a request is taken whole.

    Returns the campaigns concerned.
    """
    batch, attempt, event = schema.batch, schema.attempt, schema.event
    rows = connection.execute(
        select(batch.c.campaign_id, batch.c.id, batch.c.attempt_id).where(
            batch.c.state == BatchState.UNKNOWN,
            exists().where(event.c.attempt_id == batch.c.attempt_id),
        )
    ).all()
    for campaign_id, batch_id, attempt_id in rows:
        connection.execute(
            update(attempt)
            .where(attempt.c.id == attempt_id)
            .values(outcome=Outcome.ACCEPTED, closed_at=at)
        )
        _move(
            connection,
            campaign_id,
            batch_id,
            BatchState.UNKNOWN,
            BatchState.SUBMITTED,
            at=at,
            actor=actor,
            attempt=attempt_id,
            reason="an event carries this attempt's id",
        )
    return tuple({row[0] for row in rows})


def next_moment(connection: Connection, campaign: Campaign) -> datetime | None:
    """When the earliest delayed batch may be tried again, or None when none waits."""
    table = schema.batch
    return connection.execute(
        select(table.c.not_before)
        .where(
            _is_sending(campaign.id),
            table.c.campaign_id == campaign.id,
            table.c.state == BatchState.READY,
            table.c.not_before.is_not(None),
        )
        .order_by(table.c.not_before)
        .limit(1)
    ).scalar_one_or_none()


def _next_ready(connection: Connection, campaign_id: int, now: datetime) -> tuple[int, str] | None:
    table = schema.batch
    row = connection.execute(
        select(table.c.id, table.c.version)
        .where(
            _is_sending(campaign_id),
            table.c.campaign_id == campaign_id,
            table.c.state == BatchState.READY,
            or_(table.c.not_before.is_(None), table.c.not_before <= now),
        )
        .order_by(table.c.sequence)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite holds the whole file instead
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _is_sending(campaign_id: int) -> ColumnElement[bool]:
    """Nothing is claimed for a campaign that somebody paused or cancelled meanwhile."""
    table = schema.campaign
    return exists().where(table.c.id == campaign_id, table.c.state == CampaignState.SENDING)


def _suppress(connection: Connection, batch_id: int) -> None:
    delivery, entry, suppression = schema.delivery, schema.subscription, schema.suppression
    still_subscribed = exists().where(
        entry.c.id == delivery.c.subscription_id, entry.c.status == "subscribed"
    )
    suppressed = exists().where(suppression.c.digest == delivery.c.digest)
    connection.execute(
        update(delivery)
        .where(
            delivery.c.batch_id == batch_id,
            delivery.c.state == DeliveryState.PLANNED,
            or_(suppressed, ~still_subscribed),
        )
        .values(state=DeliveryState.SUPPRESSED, reason="unsubscribed or suppressed after freeze")
    )


def _planned(connection: Connection, batch_id: int) -> tuple[PlannedDelivery, ...]:
    table = schema.delivery
    rows = connection.execute(
        select(table.c.id, table.c.subscription_id, table.c.address, table.c.fields)
        .where(table.c.batch_id == batch_id, table.c.state == DeliveryState.PLANNED)
        .order_by(table.c.id)
    )
    return tuple(
        PlannedDelivery(delivery_id, subscription, address, fields or {})
        for delivery_id, subscription, address, fields in rows
    )


def _move(
    connection: Connection,
    campaign_id: int,
    batch_id: int,
    before: BatchState,
    after: BatchState,
    *,
    at: datetime,
    actor: str,
    attempt: str | None = None,
    reason: str = "",
    not_before: datetime | None = None,
) -> None:
    if after not in BATCH_MOVES[before]:
        raise DeliveryError(f"a batch that is {before} cannot become {after}")
    table = schema.batch
    same_attempt = [] if before is BatchState.READY else [table.c.attempt_id == attempt]
    changed = connection.execute(
        update(table)
        .where(table.c.id == batch_id, table.c.state == before, *same_attempt)
        .values(state=after, attempt_id=attempt, not_before=not_before)
    )
    if changed.rowcount != 1:
        raise DeliveryError("another process has just taken this batch; look at the status")
    _follow(connection, batch_id, before, after)
    log(
        connection,
        campaign_id,
        at=at,
        actor=actor,
        before=before,
        after=after,
        reason=reason,
        batch_id=batch_id,
        attempt_id=attempt,
    )


def _follow(connection: Connection, batch_id: int, before: BatchState, after: BatchState) -> None:
    """Deliveries that have not ended by themselves go where their batch goes."""
    was, becomes = DELIVERY_OF_BATCH[before], DELIVERY_OF_BATCH[after]
    if was is not becomes:
        table = schema.delivery
        connection.execute(
            update(table)
            .where(table.c.batch_id == batch_id, table.c.state == was)
            .values(state=becomes)
        )
