"""Batches and attempts: every move compare-and-set and logged; what dead processes left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, select, update

from newsletter.domain.campaign import BATCH_MOVES, BatchState, DeliveryState, Outcome
from newsletter.errors import DeliveryError
from newsletter.store import schema
from newsletter.store.campaigns import log

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.campaign import Campaign, Claim

# Built once: building a statement costs five times as much as running it, and these run per batch.
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
    move(
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
        move(
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
        move(
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


def move(
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
    """Change a batch's state if it still is `before`, and of this attempt; else DeliveryError."""
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
