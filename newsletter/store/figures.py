"""What a report counts that no tally keeps: where deliveries stand, who was left out, who left."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from sqlalchemy import distinct, func, select

from newsletter.domain.campaign import DELIVERY_OF_BATCH, BatchState, DeliveryState
from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.store.sums import Part


@dataclass(frozen=True, slots=True)
class Sent:
    """Deliveries of one version of a campaign, and how many of them the provider took."""

    deliveries: int
    submitted: int


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link of a campaign, as store.links keeps it."""

    campaign: int
    place: int
    url: str
    section: str
    brief: str
    headline: str


def sent(connection: Connection, campaigns: Collection[int]) -> dict[Part, Sent]:
    """Deliveries by campaign and version, counted batch by batch."""
    batch, delivery = schema.batch, schema.delivery
    per_batch = (
        select(delivery.c.batch_id, func.count().label("all"))
        .add_columns((func.count() - func.count(delivery.c.ending)).label("plain"))
        .where(delivery.c.campaign_id.in_(campaigns))
        .group_by(delivery.c.batch_id)
        .subquery()
    )
    rows = connection.execute(
        select(
            batch.c.campaign_id,
            batch.c.version,
            batch.c.state,
            func.sum(per_batch.c.all),
            func.sum(per_batch.c.plain),
        )
        .join(per_batch, per_batch.c.batch_id == batch.c.id)
        .group_by(batch.c.campaign_id, batch.c.version, batch.c.state)
    )
    deliveries: Counter[Part] = Counter()
    submitted: Counter[Part] = Counter()
    for campaign, version, state, every, plain in rows:
        deliveries[campaign, version] += int(every)
        if DELIVERY_OF_BATCH[BatchState(state)] is DeliveryState.SUBMITTED:
            submitted[campaign, version] += int(plain)
    return {part: Sent(count, submitted[part]) for part, count in deliveries.items()}


def noted(connection: Connection, campaigns: Collection[int]) -> Tracking:
    """What was noted of any of their readers."""
    table = schema.batch
    query = select(table.c.tracking).where(table.c.campaign_id.in_(campaigns)).distinct()
    return reduce(or_, map(Tracking, connection.execute(query).scalars()), UNTRACKED)


def candidates(connection: Connection, campaigns: Collection[int]) -> int:
    """How many people campaigns were for, before anybody was left out."""
    table = schema.campaign
    query = select(func.coalesce(func.sum(table.c.candidates), 0))
    return int(connection.execute(query.where(table.c.id.in_(campaigns))).scalar_one())


def excluded(connection: Connection, campaigns: Collection[int]) -> dict[str, int]:
    """Reason → people who were left out for it, most first."""
    table = schema.exclusion
    query = (
        select(table.c.reason, func.count())
        .where(table.c.campaign_id.in_(campaigns))
        .group_by(table.c.reason)
        .order_by(func.count().desc(), table.c.reason)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def links(connection: Connection, campaigns: Collection[int]) -> tuple[LinkRow, ...]:
    """The links of campaigns, in reading order."""
    table = schema.link
    query = select(*table.c["campaign_id", "place", "url", "section", "brief", "headline"]).where(
        table.c.campaign_id.in_(campaigns)
    )
    rows = connection.execute(query.order_by(table.c.campaign_id, table.c.place))
    return tuple(LinkRow(*row) for row in rows)


def left(
    connection: Connection, campaigns: Collection[int], *, since: datetime
) -> dict[Part, Counter[str]]:
    """By campaign and version, how many people left by a mail of it, by their reason, '' for none.

    `since` is when the oldest of them was frozen: nobody left by its mail before.
    """
    consent, delivery, batch = schema.consent, schema.delivery, schema.batch
    query = (
        select(
            delivery.c.campaign_id,
            batch.c.version,
            func.coalesce(consent.c.reason, ""),
            func.count(distinct(delivery.c.id)),
        )
        .join_from(consent, delivery, delivery.c.id == consent.c.delivery_id)
        .join(batch, batch.c.id == delivery.c.batch_id)
        .where(
            schema.LEFT_BY_MAIL,
            consent.c.at >= since,
            delivery.c.campaign_id.in_(campaigns),
        )
        .group_by(delivery.c.campaign_id, batch.c.version, consent.c.reason)
    )
    found: dict[Part, Counter[str]] = defaultdict(Counter)
    for campaign, version, reason, count in connection.execute(query):
        found[campaign, version][reason] += count
    return found


def ended(connection: Connection, campaigns: Collection[int]) -> dict[int, datetime]:
    """When anything last happened to campaigns."""
    table = schema.transition
    query = (
        select(table.c.campaign_id, func.max(table.c.at))
        .where(table.c.campaign_id.in_(campaigns))
        .group_by(table.c.campaign_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
