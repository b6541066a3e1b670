"""Mailings the provider keeps until their moment: let go in time, called back, or too late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select, update

from newsletter.domain.campaign import BatchState, CampaignState, Outcome
from newsletter.store import moves, schema

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from newsletter.domain.campaign import Step


@dataclass(frozen=True, slots=True)
class Kept:
    """A batch that was submitted to leave at `send_at` and can be thrown away under `recall`.

    `recalled` is true once the provider has confirmed that.
    """

    batch: int
    campaign: int
    campaign_state: CampaignState
    state: BatchState
    attempt: str
    recall: str
    recipients: int
    created_at: datetime
    send_at: datetime
    recalled: bool


def kept(
    connection: Connection,
    *states: BatchState,
    campaign_id: int | None = None,
    lock: bool = True,
) -> tuple[Kept, ...]:
    """Batches in these states that can be called back, those that leave last first."""
    batch, attempt, campaign = schema.batch, schema.attempt, schema.campaign
    query = (
        _of_attempts(
            batch.c.id.label("batch"),
            campaign.c.id.label("campaign"),
            campaign.c.state.label("campaign_state"),
            batch.c.state,
            attempt.c.id.label("attempt"),
            attempt.c.recall,
            attempt.c.recipients,
            attempt.c.created_at,
            attempt.c.send_at,
            attempt.c.outcome,
        )
        .join(campaign, campaign.c.id == batch.c.campaign_id)
        .where(batch.c.state.in_(states), attempt.c.send_at.is_not(None))
        .order_by(attempt.c.send_at.desc(), batch.c.id)
    )
    if lock:
        query = query.with_for_update(of=batch)
    if campaign_id is not None:
        query = query.where(batch.c.campaign_id == campaign_id)
    return tuple(
        Kept(
            batch=row.batch,
            campaign=row.campaign,
            campaign_state=CampaignState(row.campaign_state),
            state=BatchState(row.state),
            attempt=row.attempt,
            recall=row.recall,
            recipients=row.recipients,
            created_at=row.created_at,
            send_at=row.send_at,
            recalled=row.outcome == Outcome.RECALLED,
        )
        for row in connection.execute(query)
    )


def let_go(connection: Connection, step: Step, campaign_id: int | None = None) -> tuple[int, ...]:
    """Scheduled batches whose moment has come are submitted; returns the campaigns concerned."""
    passed = replace(step, reason="the undo window has passed")
    due = [
        one
        for one in kept(connection, BatchState.SCHEDULED, campaign_id=campaign_id)
        if one.send_at <= step.at
    ]
    for one in due:
        move(connection, one, BatchState.SUBMITTED, passed)
    return tuple(sorted({one.campaign for one in due}))


def next_leaving(connection: Connection, campaign_id: int) -> datetime | None:
    """When the next scheduled batch of a campaign leaves."""
    batch, attempt = schema.batch, schema.attempt
    query = _of_attempts(func.min(attempt.c.send_at)).where(
        batch.c.campaign_id == campaign_id, batch.c.state == BatchState.SCHEDULED
    )
    moment: datetime | None = connection.execute(query).scalar_one()
    return moment


def last_id(connection: Connection, campaign_id: int, since: datetime) -> str:
    """The id under which the latest batch of a campaign was submitted since then; '' without."""
    batch, attempt = schema.batch, schema.attempt
    query = (
        select(attempt.c.recall)
        .join_from(attempt, batch, batch.c.id == attempt.c.batch_id)
        .where(batch.c.campaign_id == campaign_id, attempt.c.created_at > since)
        .order_by(attempt.c.created_at.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none() or ""


def being_recalled(connection: Connection, now: datetime) -> frozenset[str]:
    """The ids the provider was asked to discard and keeps in mind: those that leave later."""
    batch, attempt = schema.batch, schema.attempt
    query = (
        select(attempt.c.recall)
        .join_from(attempt, batch, batch.c.id == attempt.c.batch_id)
        .where(
            attempt.c.send_at > now,
            or_(
                attempt.c.outcome == Outcome.RECALLED,
                (batch.c.state == BatchState.CANCELLING) & (batch.c.attempt_id == attempt.c.id),
            ),
        )
        .distinct()
    )
    return frozenset(connection.execute(query).scalars())


def unshared(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Those of the ids under which one attempt alone was made."""
    table = schema.attempt
    query = (
        select(table.c.recall)
        .where(table.c.recall.in_(ids), table.c.recall != "")
        .group_by(table.c.recall)
        .having(func.count() == 1)
    )
    return frozenset(connection.execute(query).scalars()) if ids else frozenset()


def people(connection: Connection, campaign_id: int) -> tuple[tuple[BatchState, bool, int], ...]:
    """State, whether the provider has discarded its present attempt, and people of that, of every
    batch that was tried.
    """
    batch, attempt = schema.batch, schema.attempt
    query = _of_attempts(batch.c.state, attempt.c.outcome, attempt.c.recipients)
    rows = connection.execute(query.where(batch.c.campaign_id == campaign_id))
    return tuple((BatchState(row[0]), row[1] == Outcome.RECALLED, row[2]) for row in rows)


def confirm(connection: Connection, one: Kept, step: Step) -> None:
    """Write down that the provider will discard what came under this attempt."""
    connection.execute(
        update(schema.attempt)
        .where(schema.attempt.c.id == one.attempt)
        .values(outcome=Outcome.RECALLED, closed_at=step.at)
    )


def move(connection: Connection, one: Kept, after: BatchState, step: Step) -> None:
    """Change the state of a kept batch, if it still is what the caller saw."""
    moves.move(
        connection, one.campaign, one.batch, one.state, after, step=step, attempt=one.attempt
    )


def _of_attempts(*columns: ColumnElement[Any]) -> Select[Any]:
    """Batches joined with their present attempt."""
    batch, attempt = schema.batch, schema.attempt
    return select(*columns).join_from(batch, attempt, attempt.c.id == batch.c.attempt_id)
