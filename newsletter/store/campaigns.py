"""Campaigns in the database: finding them, reading them back, their moves, and the log of moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, select, update

from newsletter.domain.campaign import CAMPAIGN_MOVES, Campaign, CampaignState, Envelope
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.errors import DeliveryError
from newsletter.store import schema

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping


def find(
    connection: Connection, issue: str, list_key: str, segment: str, occurrence: str = ""
) -> Campaign | None:
    """The campaign of an issue and audience, or None."""
    table = schema.campaign
    query = select(table).where(
        table.c.issue == issue,
        table.c.list_key == list_key,
        table.c.segment == segment,
        table.c.occurrence == occurrence,
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _campaign(row)


def get(connection: Connection, campaign_id: int) -> Campaign:
    """The campaign with this id."""
    query = select(schema.campaign).where(schema.campaign.c.id == campaign_id)
    return _campaign(connection.execute(query).mappings().one())


def hold(connection: Connection, campaign_id: int) -> Campaign:
    """The campaign with this id, which nobody else changes until the transaction ends.

    Take the locks of batches first: everybody takes them in this order.
    """
    query = select(schema.campaign).where(schema.campaign.c.id == campaign_id)
    # Not the plain FOR UPDATE: the log's rows of other threads refer to the campaign meanwhile.
    held = query.with_for_update(key_share=True)
    return _campaign(connection.execute(held).mappings().one())


def every(connection: Connection, issue: str | None = None) -> tuple[Campaign, ...]:
    """All campaigns, the newest first; of one issue when it is named."""
    query = select(schema.campaign).order_by(schema.campaign.c.id.desc())
    if issue is not None:
        query = query.where(schema.campaign.c.issue == issue)
    return tuple(_campaign(row) for row in connection.execute(query).mappings())


def due(connection: Connection, now: datetime) -> tuple[Campaign, ...]:
    """Frozen campaigns whose hour has come, and those a crash left in the middle of sending."""
    table = schema.campaign
    query = select(table).where(
        (table.c.state == CampaignState.SENDING)
        | and_(table.c.state == CampaignState.FROZEN, table.c.send_at <= now)
    )
    return tuple(_campaign(row) for row in connection.execute(query).mappings())


def renditions(connection: Connection, campaign_id: int) -> dict[str, Rendition]:
    """The frozen bytes of a campaign, by version."""
    rows = connection.execute(
        select(schema.rendition).where(schema.rendition.c.campaign_id == campaign_id)
    ).mappings()
    return {
        row["version"]: Rendition(
            version=row["version"],
            subject=row["subject"],
            preheader=row["preheader"],
            html=row["html"],
            text=row["text"],
            tokens=tuple(
                Token(placeholder, field, Part(part), fallback)
                for placeholder, field, part, fallback in row["tokens"]
            ),
        )
        for row in rows
    }


def move(
    connection: Connection,
    campaign: Campaign,
    after: CampaignState,
    *,
    at: datetime,
    actor: str,
    reason: str = "",
) -> None:
    """Change a campaign's state if it still is what the caller saw; DeliveryError otherwise."""
    if after not in CAMPAIGN_MOVES[campaign.state]:
        raise DeliveryError(f"a campaign that is {campaign.state} cannot become {after}")
    table = schema.campaign
    changed = connection.execute(
        update(table)
        .where(table.c.id == campaign.id, table.c.state == campaign.state)
        .values(state=after, reason=reason)
    )
    if changed.rowcount != 1:
        raise DeliveryError("another process has just changed this campaign; look at its status")
    log(
        connection,
        campaign.id,
        at=at,
        actor=actor,
        before=campaign.state,
        after=after,
        reason=reason,
    )


def log(
    connection: Connection,
    campaign_id: int,
    *,
    at: datetime,
    actor: str,
    before: str,
    after: str,
    reason: str = "",
    batch_id: int | None = None,
    attempt_id: str | None = None,
) -> None:
    """Append one transition to the log that is never changed."""
    row = {
        "at": at,
        "actor": actor,
        "campaign_id": campaign_id,
        "batch_id": batch_id,
        "attempt_id": attempt_id,
        "before": before,
        "after": after,
        "reason": reason,
    }
    connection.execute(insert(schema.transition), row)


def _campaign(row: RowMapping) -> Campaign:
    envelope = row["envelope"]
    return Campaign(
        id=row["id"],
        issue=row["issue"],
        list_key=row["list_key"],
        segment=row["segment"],
        state=CampaignState(row["state"]),
        envelope=Envelope(
            sender=Mailbox(**envelope["sender"]),
            reply_to=envelope["reply_to"],
            list_id=envelope["list_id"],
            base_url=envelope["base_url"],
        ),
        digest=row["digest"],
        frozen_at=row["frozen_at"],
        send_at=row["send_at"],
        reason=row["reason"],
    )
