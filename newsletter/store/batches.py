"""Batches and attempts: claimed and recorded as compare-and-set, logged, one at a time.

A claim re-checks suppressions and commits an attempt; only after that commit returned may a byte
leave. Recording an outcome and claiming the next batch share one transaction: one commit a batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, func, insert, or_, select, update

from newsletter.domain.campaign import (
    BATCH_MOVES,
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
_MOVE = (
    update(schema.batch)
    .where(schema.batch.c.id == bindparam("batch"), schema.batch.c.state == bindparam("before"))
    .values(
        state=bindparam("after"),
        attempt_id=bindparam("attempt"),
        not_before=bindparam("until"),
    )
)
_MOVE_OF_ATTEMPT = _MOVE.where(schema.batch.c.attempt_id == bindparam("attempt"))
_CLOSE = (
    update(schema.attempt)
    .where(schema.attempt.c.id == bindparam("attempt"))
    .values(
        outcome=bindparam("how"),
        status=bindparam("code"),
        reference=bindparam("receipt"),
        reason=bindparam("why"),
        closed_at=bindparam("at"),
    )
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
    closed = {
        "attempt": claimed.attempt,
        "how": outcome,
        "code": status,
        "receipt": reference,
        "why": reason,
        "at": at,
    }
    connection.execute(_CLOSE, closed)
    if refused:
        connection.execute(
            update(schema.delivery)
            .where(schema.delivery.c.id.in_(refused), schema.delivery.c.ending.is_(None))
            .values(ending=DeliveryState.REJECTED, reason=reason)
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
        .join(schema.campaign)
        .where(
            schema.campaign.c.state == CampaignState.SENDING,
            table.c.campaign_id == campaign.id,
            table.c.state == BatchState.READY,
            table.c.not_before.is_not(None),
        )
        .order_by(table.c.not_before)
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
    changed = connection.execute(
        _MOVE if before is BatchState.READY else _MOVE_OF_ATTEMPT,
        {
            "batch": batch_id,
            "before": before,
            "after": after,
            "attempt": attempt,
            "until": not_before,
        },
    )
    if changed.rowcount != 1:
        raise DeliveryError("another process has just taken this batch; look at the status")
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
