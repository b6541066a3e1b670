"""People of a batch who go on in a batch of their own, at the end of their campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select, update

from newsletter.domain.campaign import BatchState
from newsletter.store import schema
from newsletter.store.campaigns import hold

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.mailing import Tracking


def set_apart(
    connection: Connection,
    campaign_id: int,
    batch_id: int,
    deliveries: Collection[int],
    *,
    not_before: datetime | None = None,
    tracking: Tracking | None = None,
) -> int:
    """Move people into a new batch, ready, with the version and terms of theirs; returns its id.

    It may be claimed no sooner than `not_before`, and of its readers `tracking` is noted, or what
    was before.
    """
    table = schema.batch
    kept = select(*table.c["version", "domain", "zone", "tracking"]).where(table.c.id == batch_id)
    made = dict(connection.execute(kept).mappings().one()) | {
        "campaign_id": campaign_id,
        "sequence": _end(connection, campaign_id),
        "state": BatchState.READY,
        "not_before": not_before,
    }
    if tracking is not None:
        made["tracking"] = tracking
    new_id = connection.execute(insert(table).values(made).returning(table.c.id)).scalar_one()
    people = schema.delivery
    connection.execute(update(people).where(people.c.id.in_(deliveries)).values(batch_id=new_id))
    return int(new_id)


def put_last(connection: Connection, campaign_id: int, batch_id: int) -> None:
    """Let a batch be claimed after all the others."""
    table = schema.batch
    connection.execute(
        update(table).where(table.c.id == batch_id).values(sequence=_end(connection, campaign_id))
    )


def _end(connection: Connection, campaign_id: int) -> int:
    """The sequence after the last one; others who look for it wait until the commit."""
    hold(connection, campaign_id)
    table = schema.batch
    last = select(func.max(table.c.sequence)).where(table.c.campaign_id == campaign_id)
    return int(connection.execute(last).scalar_one()) + 1
