"""The canary slice of a campaign: its first batches, and when the others may follow them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.store import schema
from newsletter.store.campaigns import log

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.campaign import Step


@dataclass(frozen=True, slots=True)
class Slice:
    """Where the slice stands: requests of it under way, the last moment the provider keeps one
    for, and when the others may follow, once that is known.
    """

    under_way: int
    leaves_at: datetime | None
    opens_at: datetime | None


def look(connection: Connection, campaign_id: int) -> Slice:
    """The slice of a campaign that has one."""
    campaign, batch, attempt = schema.campaign, schema.batch, schema.attempt
    row = connection.execute(
        select(
            func.count().filter(batch.c.state == BatchState.SUBMITTING),
            func.max(attempt.c.send_at),
            func.max(campaign.c.opens_at),
        )
        .join_from(batch, campaign)
        .outerjoin(attempt, attempt.c.id == batch.c.attempt_id)
        .where(batch.c.campaign_id == campaign_id, batch.c.sequence <= campaign.c.open_through)
    ).one()
    return Slice(row[0], row[1], row[2])


def open_at(connection: Connection, campaign_id: int, moment: datetime, step: Step) -> None:
    """Fix when the others may follow, unless somebody has just done so."""
    table = schema.campaign
    fixed = connection.execute(
        update(table)
        .where(table.c.id == campaign_id, table.c.opens_at.is_(None))
        .values(opens_at=moment)
    )
    _log(connection, campaign_id, step, fixed.rowcount, CampaignState.SENDING)


def open_all(
    connection: Connection,
    campaign_id: int,
    step: Step,
    *,
    state: CampaignState = CampaignState.SENDING,
) -> None:
    """Let the others follow, unless somebody has just done so; the campaign is in this state."""
    table = schema.campaign
    opened = connection.execute(
        update(table)
        .where(table.c.id == campaign_id, table.c.open_through.is_not(None))
        .values(open_through=None, opens_at=None)
    )
    _log(connection, campaign_id, step, opened.rowcount, state)


def _log(
    connection: Connection, campaign_id: int, step: Step, changed: int, state: CampaignState
) -> None:
    if changed:
        log(connection, campaign_id, step, before=state, after=state)
