"""Attempts on batches: what an answer comes to, and what dead processes left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, exists, or_, select, update

from newsletter.domain.campaign import (
    BATCH_MOVES,
    BatchState,
    CampaignState,
    DeliveryState,
    Outcome,
)
from newsletter.domain.event import EventKind
from newsletter.store import schema
from newsletter.store.apart import put_last, set_apart
from newsletter.store.campaigns import hold
from newsletter.store.locks import is_dead
from newsletter.store.moves import cancel_ready, end_deliveries, move, move_if

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.campaign import Apart, Campaign, Claim, Step

# Built once: building a statement costs five times as much as running it.
_STANDS = (
    select(schema.batch.c.state)
    .where(
        schema.batch.c.id == bindparam("batch"), schema.batch.c.attempt_id == bindparam("attempt")
    )
    .with_for_update()
)
_PROVEN = (
    select(
        schema.batch.c.campaign_id,
        schema.batch.c.id,
        schema.batch.c.attempt_id,
        schema.batch.c.state,
        schema.attempt.c.send_at,
    )
    .join(schema.attempt, schema.attempt.c.id == schema.batch.c.attempt_id)
    .where(
        schema.batch.c.state.in_([BatchState.UNKNOWN, BatchState.HELD, BatchState.CANCELLING]),
        # By way of the deliveries, for their indexes lead to the events.
        exists().where(
            schema.delivery.c.batch_id == schema.batch.c.id,
            schema.event.c.delivery_id == schema.delivery.c.id,
            schema.event.c.attempt_id == schema.batch.c.attempt_id,
            # What may have been called back is proven by what happens to mail that left.
            or_(
                schema.batch.c.state == BatchState.UNKNOWN,
                schema.attempt.c.recall == "",
                schema.event.c.kind.not_in([EventKind.PROCESSED, EventKind.DROPPED]),
            ),
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
        begun_at=bindparam("began"),
        reason=bindparam("why"),
        closed_at=bindparam("at"),
    )
)


class Doubted(NamedTuple):
    """A batch in doubt, and when the provider would send what it has of it, if it keeps mail."""

    campaign: int
    batch: int
    attempt: str
    state: BatchState
    send_at: datetime | None


def record(
    connection: Connection,
    campaign: Campaign,
    claimed: Claim,
    after: BatchState,
    step: Step,
    *,
    outcome: Outcome,
    status: int | None = None,
    reference: str | None = None,
    begun_at: datetime | None = None,
    not_before: datetime | None = None,
    refused: tuple[int, ...] = (),
    apart: tuple[Apart, ...] = (),
    last: bool = False,
) -> bool:
    """Write down how an attempt ended; `refused` are delivery ids the provider will never take.

    People set `apart` go on in batches of their own; with `last`, the batch itself goes after all
    the others, too. Does nothing the second time, and returns False. Where another sender has given
    the attempt up meanwhile, an acceptance still counts, while a refusal is kept with the attempt
    for the person who decides.
    """
    closed = {
        "attempt": claimed.attempt,
        "how": outcome,
        "code": status,
        "receipt": reference,
        "began": begun_at,
        "why": step.reason,
        "at": step.at,
    }
    if connection.execute(_CLOSE, closed).rowcount == 0:
        return False
    why = f"{len(refused)} rejected: {step.reason}" if refused else step.reason
    moved = move_if(
        connection,
        campaign.id,
        claimed.batch,
        BatchState.SUBMITTING,
        after,
        step=replace(step, reason=why),
        attempt=claimed.attempt,
        not_before=not_before,
    )
    if moved is None:
        if not (refused or apart):  # else it speaks of some of them only: a person decides
            _record_late(connection, campaign, claimed, after, step)
        return True
    if last:
        put_last(connection, campaign.id, claimed.batch)
    end_deliveries(connection, refused, DeliveryState.REJECTED, step)
    for part in apart:
        _set_apart(connection, campaign.id, claimed, part, step)
    if after is BatchState.READY or apart:
        _follow_cancellation(connection, campaign.id, step)
    return True


def _stands(connection: Connection, claimed: Claim) -> BatchState | None:
    """The state of a claimed batch, held until the commit; None once it has another attempt."""
    state = connection.execute(
        _STANDS, {"batch": claimed.batch, "attempt": claimed.attempt}
    ).scalar_one_or_none()
    return None if state is None else BatchState(state)


def _record_late(
    connection: Connection, campaign: Campaign, claimed: Claim, after: BatchState, step: Step
) -> None:
    """An acceptance of an attempt that was given up settles its batch, if that still waits."""
    attempt, before = claimed.attempt, _stands(connection, claimed)
    accepted = after in (BatchState.SUBMITTED, BatchState.SCHEDULED)
    if accepted and before is not None and after in BATCH_MOVES[before]:
        late = replace(step, reason="the answer came after the attempt had been given up")
        move(connection, campaign.id, claimed.batch, before, after, step=late, attempt=attempt)


def _set_apart(
    connection: Connection, campaign_id: int, claimed: Claim, part: Apart, step: Step
) -> None:
    """Move people into a batch of their own, where `part` says."""
    batch_id = set_apart(
        connection, campaign_id, claimed.batch, part.deliveries, not_before=part.not_before
    )
    if part.state is not BatchState.READY:
        # By the allowed moves, for it was submitted with the others under their attempt.
        parted, attempt = replace(step, reason=part.reason), claimed.attempt
        ready, submitting = BatchState.READY, BatchState.SUBMITTING
        move(connection, campaign_id, batch_id, ready, submitting, step=parted, attempt=attempt)
        move(
            connection, campaign_id, batch_id, submitting, part.state, step=parted, attempt=attempt
        )


def _follow_cancellation(connection: Connection, campaign_id: int, step: Step) -> None:
    """What becomes ready in a campaign that was cancelled meanwhile is cancelled, too."""
    if hold(connection, campaign_id).state is CampaignState.CANCELLED:
        cancel_ready(connection, campaign_id, replace(step, reason="the campaign was cancelled"))


def give_back(connection: Connection, campaign: Campaign, attempt: str, step: Step) -> None:
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
        why = "the database did not confirm the claim, and nothing was submitted"
        submitting, ready = BatchState.SUBMITTING, BatchState.READY
        back = replace(step, reason=why)
        move(connection, campaign.id, batch_id, submitting, ready, step=back, attempt=attempt)
        _follow_cancellation(connection, campaign.id, step)


def abandon(connection: Connection, step: Step, campaign_id: int | None = None) -> tuple[int, ...]:
    """Batches that a dead process left in `submitting` become `unknown`, of one campaign, or of
    all; returns the campaigns concerned.

    Dead is whose lock is free (store.locks): no clock decides, so a process that sleeps for a week
    keeps its batches, and one that was killed has lost them at once.
    """
    table = schema.batch
    query = (
        select(table.c.campaign_id, table.c.id, table.c.attempt_id, table.c.owner)
        .where(table.c.state == BatchState.SUBMITTING)
        .order_by(table.c.id)
        .with_for_update(skip_locked=True)  # whoever has one in hand at this moment lives
    )
    if campaign_id is not None:
        query = query.where(table.c.campaign_id == campaign_id)
    rows = connection.execute(query).all()
    dead = {owner for owner in {row[3] for row in rows} if is_dead(connection, owner)}
    why = "the process ended before the provider's answer was written down"
    given_up = replace(step, reason=why)
    submitting, unknown = BatchState.SUBMITTING, BatchState.UNKNOWN
    left = [row for row in rows if row[3] in dead]
    for campaign, batch_id, attempt, _owner in left:
        move(connection, campaign, batch_id, submitting, unknown, step=given_up, attempt=attempt)
    return tuple(sorted({row[0] for row in left}))


def prove(connection: Connection, step: Step, campaign_id: int | None = None) -> tuple[int, ...]:
    """Batches in doubt of which an event names the attempt were accepted: a request is taken whole.

    Those that are held count, too. Looks at one campaign, or at all; returns those concerned.
    """
    query = _PROVEN
    if campaign_id is not None:
        query = query.where(schema.batch.c.campaign_id == campaign_id)
    rows = connection.execute(query).all()
    proven = replace(step, reason="an event carries this attempt's id")
    for campaign, batch_id, attempt_id, state, send_at in rows:
        doubted = Doubted(campaign, batch_id, attempt_id, BatchState(state), send_at)
        accept(connection, doubted, proven)
    return tuple(sorted({row[0] for row in rows}))


def accept(connection: Connection, doubted: Doubted, step: Step) -> None:
    """A batch in doubt was accepted after all; `step` tells by which evidence."""
    table = schema.attempt
    connection.execute(
        update(table)
        .where(table.c.id == doubted.attempt)
        .values(outcome=Outcome.ACCEPTED, closed_at=step.at)
    )
    before, send_at = doubted.state, doubted.send_at
    kept = before is BatchState.UNKNOWN and send_at is not None and send_at > step.at
    after = BatchState.SCHEDULED if kept else BatchState.SUBMITTED
    attempt = doubted.attempt
    move(connection, doubted.campaign, doubted.batch, before, after, step=step, attempt=attempt)
