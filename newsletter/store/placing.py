"""Batches and deliveries of a campaign at its freeze, made by the database in two statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, insert, literal, null, select

from newsletter.domain.campaign import BatchState
from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Subquery

    from newsletter.domain.hours import Waves
    from newsletter.store.groups import Group


def insert_batches(
    connection: Connection, campaign_id: int, groups: Sequence[Group], hours: Waves | None
) -> None:
    """Make every batch of the groups, ready."""
    rows = [
        {
            "campaign_id": campaign_id,
            "sequence": group.first + place,
            "version": group.version,
            "domain": group.domain,
            "tracking": group.tracking,
            "state": BatchState.READY,
            **_terms(group, hours),
        }
        for group in groups
        for place in range(group.batches)
    ]
    if rows:
        connection.execute(insert(schema.batch), rows)


def _terms(group: Group, hours: Waves | None) -> dict[str, object]:
    """Whose clocks a group's batches keep, and when they may be submitted."""
    if hours is None:
        return {"zone": "", "not_before": None}
    wave = hours.waves[group.wave]
    return {"zone": wave.zone, "not_before": wave.at and wave.at - hours.lead}


def insert_deliveries(
    connection: Connection,
    campaign_id: int,
    people: Subquery,
    groups: Sequence[Group],
    size: int,
    *,
    with_fields: bool,
) -> None:
    """Put everybody into a batch of their group, with their attributes where tokens need them."""
    if not groups:
        return
    placed = _placed(people, groups, size)
    fields: ColumnElement[Any] = placed.c.attributes if with_fields else null()
    batch = schema.batch
    connection.execute(
        insert(schema.delivery).from_select(
            [
                "campaign_id",
                "batch_id",
                "subscriber_id",
                "subscription_id",
                "address",
                "canonical",
                "digest",
                "fields",
            ],
            select(
                literal(campaign_id),
                batch.c.id,
                placed.c.subscriber_id,
                placed.c.subscription_id,
                placed.c.address,
                placed.c.canonical,
                placed.c.digest,
                fields,
            )
            .join_from(placed, batch, batch.c.sequence == placed.c.sequence)
            .where(batch.c.campaign_id == campaign_id)
            .order_by(placed.c.sequence),
        )
    )


def _placed(people: Subquery, groups: Sequence[Group], size: int) -> Subquery:
    """Everybody with the sequence of their batch."""
    several = len(groups) > 1
    position = func.row_number().over(
        partition_by=people.c.key if several else None, order_by=people.c.subscriber_id
    )
    first: ColumnElement[int] = literal(0)
    if several:
        first = case({group.key: group.first for group in groups}, value=people.c.key)
    placed = select(people, (first + (position - 1) // size).label("sequence"))
    return placed.subquery()
