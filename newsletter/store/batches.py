"""Batches and attempts: every move compare-and-set and logged; what dead processes left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, func, insert, select, update

from newsletter.domain.campaign import BATCH_MOVES, BatchState, DeliveryState, Outcome
from newsletter.errors import DeliveryError
from newsletter.store import schema
from newsletter.store.campaigns import hold, log

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
_PROVEN = (
    select(schema.batch.c.campaign_id, schema.batch.c.id, schema.batch.c.attempt_id)
    .where(
        schema.batch.c.state == BatchState.UNKNOWN,
        # By way of the deliveries, for their indexes lead to the events.
        exists().where(
            schema.delivery.c.batch_id == schema.batch.c.id,
            schema.event.c.delivery_id == schema.delivery.c.id,
            schema.event.c.attempt_id == schema.batch.c.attempt_id,
        ),
    )
    .order_by(schema.batch.c.id)
    .with_for_update(of=schema.batch)  # two posts of events may prove the same batch at once
)
_CLOSE = (
    update(schema.attempt)
    .where(schema.attempt.c.id == bindparam("attempt"), schema.attempt.c.closed_at.is_(None))
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
    halve: bool = False,
) -> None:
    """Write down how an attempt ended; `refused` are delivery ids the provider will never take.

    `halve` makes two batches of one that was too large. Does nothing the second time. An
    acceptance counts also where another sender has given the attempt up meanwhile.
    """
    closed = {
        "attempt": claimed.attempt,
        "how": outcome,
        "code": status,
        "receipt": reference,
        "why": reason,
        "at": at,
    }
    if connection.execute(_CLOSE, closed).rowcount == 0:
        return
    if refused:
        connection.execute(
            update(schema.delivery)
            .where(schema.delivery.c.id.in_(refused), schema.delivery.c.ending.is_(None))
            .values(ending=DeliveryState.REJECTED, reason=reason)
        )
    try:
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
    except DeliveryError:
        if after is not BatchState.SUBMITTED:
            raise
        move(
            connection,
            campaign.id,
            claimed.batch,
            BatchState.UNKNOWN,
            after,
            at=at,
            actor=actor,
            attempt=claimed.attempt,
            reason="the answer came after the attempt had been given up",
        )
    if halve:
        _halve(connection, campaign, claimed)


def _halve(connection: Connection, campaign: Campaign, claimed: Claim) -> None:
    """Move the second half of a batch into one of its own, at the end of the campaign."""
    hold(connection, campaign.id)  # another thread may be looking for the end of it, too
    table = schema.batch
    last = select(func.max(table.c.sequence)).where(table.c.campaign_id == campaign.id)
    inserted = connection.execute(
        insert(table)
        .values(
            campaign_id=campaign.id,
            sequence=connection.execute(last).scalar_one() + 1,
            version=claimed.version,
            state=BatchState.READY,
        )
        .returning(table.c.id)
    )
    half = [person.id for person in claimed.deliveries[len(claimed.deliveries) // 2 :]]
    connection.execute(
        update(schema.delivery)
        .where(schema.delivery.c.id.in_(half))
        .values(batch_id=inserted.scalar_one())
    )


def give_back(
    connection: Connection, campaign: Campaign, attempt: str, *, at: datetime, actor: str
) -> None:
    """A batch whose claim was committed but never heard of is ready again: nothing of it left.

    Only who made up the attempt's id may call this, and only while nobody else knows it.
    """
    table = schema.batch
    batch_id = connection.execute(
        select(table.c.id).where(
            table.c.campaign_id == campaign.id,
            table.c.attempt_id == attempt,
            table.c.state == BatchState.SUBMITTING,
        )
    ).scalar_one_or_none()
    if batch_id is not None:
        move(
            connection,
            campaign.id,
            batch_id,
            BatchState.SUBMITTING,
            BatchState.READY,
            at=at,
            actor=actor,
            attempt=attempt,
            reason="the database did not confirm the claim, and nothing was submitted",
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


def prove(
    connection: Connection, campaign_id: int | None = None, *, at: datetime, actor: str
) -> tuple[int, ...]:
    """Unknown batches of which an event names the attempt were accepted: a request is taken whole.

    Looks at one campaign, or at all; returns those concerned.
    """
    batch, attempt = schema.batch, schema.attempt
    query = _PROVEN
    if campaign_id is not None:
        query = query.where(batch.c.campaign_id == campaign_id)
    rows = connection.execute(query).all()
    for owner, batch_id, attempt_id in rows:
        connection.execute(
            update(attempt)
            .where(attempt.c.id == attempt_id)
            .values(outcome=Outcome.ACCEPTED, closed_at=at)
        )
        move(
            connection,
            owner,
            batch_id,
            BatchState.UNKNOWN,
            BatchState.SUBMITTED,
            at=at,
            actor=actor,
            attempt=attempt_id,
            reason="an event carries this attempt's id",
        )
    return tuple(sorted({row[0] for row in rows}))


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
