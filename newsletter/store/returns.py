"""What came back of a campaign, in sums that cost no more the larger it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from newsletter.domain.campaign import BatchState, DeliveryState
from newsletter.domain.event import RANK, EventKind
from newsletter.store import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Returned:
    """Mails submitted so far, and of those how many bounced, were complained about, or were
    rejected or dropped by the provider.
    """

    submitted: int
    bounces: int
    complaints: int
    errors: int


def returned(connection: Connection, campaign_id: int) -> Returned:
    """Count what came back: the batches, and the few deliveries that went wrong, by their index."""
    batch, attempt, delivery = schema.batch, schema.attempt, schema.delivery
    submitted = connection.execute(
        select(func.coalesce(func.sum(attempt.c.recipients), 0))
        .join_from(batch, attempt, attempt.c.id == batch.c.attempt_id)
        .where(batch.c.campaign_id == campaign_id, batch.c.state == BatchState.SUBMITTED)
    ).scalar_one()
    rejected = delivery.c.ending == DeliveryState.REJECTED
    counts = connection.execute(
        select(
            func.count(delivery.c.bounced_at),
            func.count(delivery.c.complained_at),
            func.count().filter(rejected | (delivery.c.arrival == RANK[EventKind.DROPPED])),
            func.count().filter(rejected),
        ).where(delivery.c.campaign_id == campaign_id, schema.TROUBLED)
    ).one()
    return Returned(submitted + counts[3], counts[0], counts[1], counts[2])


def rejected(connection: Connection, campaign_id: int) -> int:
    """Deliveries the provider or we ourselves could never submit."""
    table = schema.delivery
    return connection.execute(
        select(func.count()).where(
            table.c.campaign_id == campaign_id,
            table.c.ending == DeliveryState.REJECTED,
            schema.TROUBLED,
        )
    ).scalar_one()


def deliveries(connection: Connection, campaign_id: int) -> int:
    """How many people a campaign is for."""
    table = schema.delivery
    counted = select(func.count()).where(table.c.campaign_id == campaign_id)
    return connection.execute(counted).scalar_one()


def any_accepted(connection: Connection, campaign_id: int) -> bool:
    """Whether the provider has taken anything of this campaign."""
    table = schema.batch
    taken = select(table.c.id).where(
        table.c.campaign_id == campaign_id,
        table.c.state.in_([BatchState.SUBMITTED, BatchState.SCHEDULED]),
    )
    return connection.execute(taken.limit(1)).first() is not None


def tripped(connection: Connection, campaign_id: int) -> dict[str, float]:
    """Threshold → the share at which it paused this campaign last."""
    table = schema.campaign
    found = connection.execute(select(table.c.tripped).where(table.c.id == campaign_id))
    return dict(found.scalar_one() or {})


def remember(connection: Connection, campaign_id: int, threshold: str, share: float) -> None:
    """Keep the share at which a threshold pauses the campaign."""
    table = schema.campaign
    known = tripped(connection, campaign_id) | {threshold: share}
    connection.execute(update(table).where(table.c.id == campaign_id).values(tripped=known))
