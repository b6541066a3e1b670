"""Where every candidate of a campaign stands: the sums people trust a send by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from newsletter.domain.campaign import (
    DELIVERY_OF_BATCH,
    Accounting,
    BatchState,
    CampaignState,
    DeliveryState,
)
from newsletter.domain.event import ARRIVAL
from newsletter.errors import DeliveryError
from newsletter.store import schema
from newsletter.store.events import MOMENTS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class DoubtfulBatch:
    """A batch of which nobody knows whether the provider took it, or will discard it: who would
    read what, when it was tried, and since when and why it stands where it stands.
    """

    sequence: int
    attempt: str
    recipients: int
    tried_at: datetime
    state: BatchState
    reason: str
    subject: str
    since: datetime


def account(connection: Connection, campaign_id: int) -> Accounting:
    """The two sums of a campaign, counted row by row."""
    exclusion = schema.exclusion
    found = _with_their_batch(connection, campaign_id) + _on_their_own(connection, campaign_id)
    states = {state: found[state] for state in DeliveryState if found[state]}
    excluded = connection.execute(
        select(exclusion.c.reason, func.count())
        .where(exclusion.c.campaign_id == campaign_id)
        .group_by(exclusion.c.reason)
        .order_by(exclusion.c.reason)
    )
    return Accounting(
        candidates=connection.execute(
            select(schema.campaign.c.candidates).where(schema.campaign.c.id == campaign_id)
        ).scalar_one(),
        deliveries=sum(states.values()),
        excluded={row[0]: row[1] for row in excluded},
        states=states,
    )


def _with_their_batch(connection: Connection, campaign_id: int) -> Counter[str]:
    """Deliveries that stand where their batch stands; batch by batch, which is twice as quick."""
    delivery, batch = schema.delivery, schema.batch
    rows = connection.execute(
        select(batch.c.state, func.count() - func.count(delivery.c.ending))
        .join_from(batch, delivery, delivery.c.batch_id == batch.c.id)
        .where(batch.c.campaign_id == campaign_id)
        .group_by(batch.c.state)
    )
    found: Counter[str] = Counter()
    for state, count in rows:
        found[DELIVERY_OF_BATCH[BatchState(state)]] += count
    return found


def _on_their_own(connection: Connection, campaign_id: int) -> Counter[str]:
    """Deliveries that have an ending of their own."""
    table = schema.delivery
    rows = connection.execute(
        select(table.c.ending, func.count())
        .where(table.c.campaign_id == campaign_id, table.c.ending.is_not(None))
        .group_by(table.c.ending)
    )
    return Counter({row[0]: row[1] for row in rows})


def refuse_imbalance(connection: Connection, campaign_id: int, after: CampaignState) -> None:
    """DeliveryError where a campaign must not end like this: its sums do not hold, a delivery is
    still planned, or one is in doubt that `done` would hide.
    """
    sums = account(connection, campaign_id)
    told = ", ".join(f"{count} {state}" for state, count in sums.states.items())
    if not sums.balances:
        raise DeliveryError(
            f"the sums of campaign {campaign_id} do not hold: {sums.candidates} candidates, "
            f"{sum(sums.excluded.values())} excluded, {sums.deliveries} deliveries ({told}); "
            "nothing more is sent of it; keep a copy of the database and report this"
        )
    if DeliveryState.PLANNED in sums.states or (after is CampaignState.DONE and not sums.settled):
        raise DeliveryError(f"campaign {campaign_id} is not {after}: {told}")


def arrivals(connection: Connection, campaign_id: int) -> dict[str, int]:
    """How far submitted deliveries came, by rank, and how many opened, clicked and the like."""
    table, batch = schema.delivery, schema.batch
    by_rank = connection.execute(
        select(table.c.arrival, func.count())
        .join_from(table, batch, table.c.batch_id == batch.c.id)
        .where(
            table.c.campaign_id == campaign_id,
            batch.c.state == BatchState.SUBMITTED,
            table.c.ending.is_(None),
        )
        .group_by(table.c.arrival)
        .order_by(table.c.arrival)
    ).all()
    facts = {
        kind.value: column for kind, column in MOMENTS.items() if kind.value not in ARRIVAL.values()
    }
    counts = connection.execute(
        select(*(func.count(column) for column in facts.values())).where(
            table.c.campaign_id == campaign_id
        )
    ).one()
    return {ARRIVAL[rank]: count for rank, count in by_rank} | dict(zip(facts, counts, strict=True))


def doubtful(connection: Connection, campaign_id: int) -> tuple[DoubtfulBatch, ...]:
    """The batches a person must know of: unknown, held, or being called back."""
    batch, attempt, log = schema.batch, schema.attempt, schema.transition
    delivery, rendition = schema.delivery, schema.rendition
    people = (
        select(func.count())
        .where(delivery.c.batch_id == batch.c.id, delivery.c.ending.is_(None))
        .correlate(batch)
        .scalar_subquery()
    )
    later = log.alias()
    last = (
        select(func.max(later.c.id))
        # By way of the campaign, whose index leads there.
        .where(later.c.campaign_id == batch.c.campaign_id, later.c.batch_id == batch.c.id)
        .correlate(batch)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            batch.c.sequence,
            attempt.c.id,
            people,
            attempt.c.created_at,
            batch.c.state,
            log.c.reason,
            rendition.c.subject,
            log.c.at,
        )
        .join_from(batch, attempt, attempt.c.id == batch.c.attempt_id)
        .join(
            rendition,
            (rendition.c.campaign_id == batch.c.campaign_id)
            & (rendition.c.version == batch.c.version),
        )
        .join(log, log.c.id == last)
        .where(
            batch.c.campaign_id == campaign_id,
            batch.c.state.in_([BatchState.UNKNOWN, BatchState.HELD, BatchState.CANCELLING]),
        )
        .order_by(batch.c.sequence)
    )
    return tuple(
        DoubtfulBatch(
            *row[:4], state=BatchState(row[4]), reason=row[5], subject=row[6], since=row[7]
        )
        for row in rows
    )
