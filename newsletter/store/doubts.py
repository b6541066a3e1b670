"""Batches in doubt, with what may settle them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Boolean, exists, func, select, type_coerce

from newsletter.domain.campaign import BatchState
from newsletter.store import schema

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Doubt:
    """A batch of which nobody knows whether the provider took it, and whether events of other
    requests came since it was tried.
    """

    batch: int
    campaign: int
    attempt: str
    since: datetime
    send_at: datetime | None
    others_heard: bool


def unknown(connection: Connection, *, before: datetime) -> tuple[Doubt, ...]:
    """Unknown batches that were tried, and whose undo window passed, before then; oldest first."""
    batch, attempt, event = schema.batch, schema.attempt, schema.event
    others = exists().where(
        event.c.received_at >= attempt.c.created_at, event.c.attempt_id != attempt.c.id
    )
    rows = connection.execute(
        select(
            batch.c.id,
            batch.c.campaign_id,
            attempt.c.id,
            attempt.c.created_at,
            attempt.c.send_at,
            type_coerce(others, Boolean()),
        )
        .join_from(batch, attempt, attempt.c.id == batch.c.attempt_id)
        .where(
            batch.c.state == BatchState.UNKNOWN,
            func.coalesce(attempt.c.send_at, attempt.c.created_at) < before,
        )
        .order_by(attempt.c.created_at, batch.c.id)
    )
    return tuple(Doubt(*row) for row in rows)
