"""The log of moves, read back: who changed what of a campaign, when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from newsletter.domain.campaign import BatchState
from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

ROUTINE = (
    (BatchState.READY, BatchState.SUBMITTING),
    (BatchState.READY, BatchState.CANCELLED),
    (BatchState.SUBMITTING, BatchState.SCHEDULED),
    (BatchState.SUBMITTING, BatchState.SUBMITTED),
    (BatchState.SCHEDULED, BatchState.SUBMITTED),
)
"""The moves of batches that meet no trouble: they are as many as there are batches."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One move; `batch` is the place of a batch in its campaign, None where all of it moved."""

    at: datetime
    actor: str
    batch: int | None
    before: str
    after: str
    reason: str


def entries(connection: Connection, campaign_id: int, *, routine: bool) -> Iterator[Entry]:
    """The moves of a campaign, oldest first; those of batches without trouble only if `routine`."""
    log, batch = schema.transition, schema.batch
    query = (
        select(log.c.at, log.c.actor, batch.c.sequence, log.c.before, log.c.after, log.c.reason)
        .outerjoin_from(log, batch, batch.c.id == log.c.batch_id)
        .where(log.c.campaign_id == campaign_id)
        .order_by(log.c.id)
    )
    found = (Entry(*row) for row in connection.execute(query))
    return (one for one in found if routine or one.batch is None or not _is_routine(one))


def _is_routine(entry: Entry) -> bool:
    """An accepted request with a reason is none: somebody of it was refused."""
    troubled = entry.before == BatchState.SUBMITTING and entry.reason
    return (entry.before, entry.after) in ROUTINE and not troubled
