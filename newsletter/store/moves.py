"""Moves of batches, each compare-and-set by the table of the domain and logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from newsletter.domain.campaign import BATCH_MOVES, BatchState
from newsletter.errors import DeliveryError
from newsletter.store import schema
from newsletter.store.campaigns import log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.campaign import DeliveryState, Step

# Built once: building a statement costs five times as much as running it, and these run per batch.
_MOVE = (
    update(schema.batch)
    .where(schema.batch.c.id == bindparam("batch"), schema.batch.c.state == bindparam("before"))
    .values(
        state=bindparam("after"),
        attempt_id=bindparam("attempt"),
        not_before=bindparam("until"),
        owner=bindparam("holder"),
    )
)
_MOVE_OF_ATTEMPT = _MOVE.where(schema.batch.c.attempt_id == bindparam("attempt"))


def move(
    connection: Connection,
    campaign_id: int,
    batch_id: int,
    before: BatchState,
    after: BatchState,
    *,
    step: Step,
    attempt: str | None = None,
    not_before: datetime | None = None,
    owner: int | None = None,
) -> int:
    """Change a batch's state if it still is `before`, and of this attempt; else DeliveryError.

    `owner` is the sender that takes it, None where it is let go. Returns the number of the move in
    the log.
    """
    entry = move_if(
        connection,
        campaign_id,
        batch_id,
        before,
        after,
        step=step,
        attempt=attempt,
        not_before=not_before,
        owner=owner,
    )
    if entry is None:
        raise DeliveryError("another process has just taken this batch; look at the status")
    return entry


def move_if(
    connection: Connection,
    campaign_id: int,
    batch_id: int,
    before: BatchState,
    after: BatchState,
    *,
    step: Step,
    attempt: str | None = None,
    not_before: datetime | None = None,
    owner: int | None = None,
) -> int | None:
    """As `move`, but None where the batch does not stand there any more."""
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
            "holder": owner,
        },
    )
    if changed.rowcount != 1:
        return None
    return log(
        connection,
        campaign_id,
        step,
        before=before,
        after=after,
        batch_id=batch_id,
        attempt_id=attempt,
    )


def hold_open(connection: Connection, campaign_id: int) -> None:
    """Let no batch that is ready or under way change until the transaction ends.

    Who changes a campaign and its batches does this first: batches are locked before their campaign
    (`campaigns.hold`), or a sender that writes an answer down waits for us while we wait for it.
    """
    table = schema.batch
    open_states = (BatchState.READY, BatchState.SUBMITTING)
    connection.execute(
        select(table.c.id)
        .where(table.c.campaign_id == campaign_id, table.c.state.in_(open_states))
        .order_by(table.c.id)
        .with_for_update()
    ).all()


def cancel_ready(connection: Connection, campaign_id: int, step: Step) -> int:
    """Cancel every ready batch of a campaign, in one statement; returns how many."""
    table = schema.batch
    cancelled = (
        update(table)
        .where(table.c.campaign_id == campaign_id, table.c.state == BatchState.READY)
        .values(state=BatchState.CANCELLED, not_before=None)
        .returning(table.c.id)
    )
    ids = connection.execute(cancelled).scalars().all()
    for batch_id in sorted(ids):
        ready, after = BatchState.READY, BatchState.CANCELLED
        log(connection, campaign_id, step, before=ready, after=after, batch_id=batch_id)
    return len(ids)


def end_deliveries(
    connection: Connection, deliveries: Sequence[int], ending: DeliveryState, step: Step
) -> None:
    """Give these deliveries an ending of their own, unless they have one; `step` says why."""
    if deliveries:
        table = schema.delivery
        connection.execute(
            update(table)
            .where(table.c.id.in_(deliveries), table.c.ending.is_(None))
            .values(ending=ending, reason=step.reason, ended_at=step.at)
        )
