"""Campaigns in the database: finding them, reading them back, their moves, and the log of moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, insert, select, update

from newsletter.domain.campaign import (
    CAMPAIGN_MOVES,
    DELIVERY_OF_BATCH,
    IN_DOUBT,
    BatchState,
    Campaign,
    CampaignState,
    DeliveryState,
    Envelope,
)
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.errors import DeliveryError
from newsletter.store import accounting, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from newsletter.domain.campaign import Step

_ENTRY = insert(schema.transition)  # built once, for two are logged a batch


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


def by_issue(connection: Connection) -> dict[str, tuple[Campaign, ...]]:
    """The campaigns that mail issues, by issue, the oldest first; those that were cancelled and
    corrections are none of them.
    """
    found: dict[str, tuple[Campaign, ...]] = {}
    for campaign in every(connection):
        if campaign.state is not CampaignState.CANCELLED and not campaign.is_correction:
            found[campaign.issue] = (campaign, *found.get(campaign.issue, ()))
    begun = {
        slug: min(one.send_at or one.frozen_at for one in some) for slug, some in found.items()
    }
    return {slug: found[slug] for slug in sorted(found, key=lambda slug: (begun[slug], slug))}


def latest(connection: Connection, issue: str, list_key: str, segment: str) -> Campaign | None:
    """The last campaign begun for an issue and audience: the ones before it were cancelled.

    A correction of the issue is not the issue.
    """
    return next(
        (
            campaign
            for campaign in every(connection, issue)
            if (campaign.list_key, campaign.segment) == (list_key, segment)
            and not campaign.is_correction
        ),
        None,
    )


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


def move(connection: Connection, campaign: Campaign, after: CampaignState, step: Step) -> None:
    """Change a campaign's state if it still is what the caller saw; DeliveryError otherwise.

    It cannot end, `done` or `unsettled`, unless the sums of its deliveries hold.
    """
    if after not in CAMPAIGN_MOVES[campaign.state]:
        raise DeliveryError(f"a campaign that is {campaign.state} cannot become {after}")
    if after in (CampaignState.DONE, CampaignState.UNSETTLED):
        accounting.refuse_imbalance(connection, campaign.id, after)
    table = schema.campaign
    changed = connection.execute(
        update(table)
        .where(table.c.id == campaign.id, table.c.state == campaign.state)
        .values(state=after, reason=step.reason)
    )
    if changed.rowcount != 1:
        raise DeliveryError("another process has just changed this campaign; look at its status")
    log(connection, campaign.id, step, before=campaign.state, after=after)


def conclude(connection: Connection, campaign_id: int, step: Step) -> Campaign:
    """End a campaign of which everything was tried, `done` or `unsettled`; returns it.

    Nothing changes while a batch is still to go or under way, or where a person has stopped it.
    """
    campaign = hold(connection, campaign_id)
    table = schema.batch
    left = {
        DELIVERY_OF_BATCH[BatchState(state)]
        for state in connection.execute(
            select(table.c.state).where(table.c.campaign_id == campaign_id).distinct()
        ).scalars()
    }
    tried = campaign.state in (CampaignState.SENDING, CampaignState.UNSETTLED)
    if not tried or left & {DeliveryState.PLANNED, DeliveryState.SCHEDULED}:
        return campaign
    after = CampaignState.UNSETTLED if left & IN_DOUBT else CampaignState.DONE
    if after is not campaign.state:
        move(connection, campaign, after, step)
    return get(connection, campaign_id)


def reschedule(connection: Connection, campaign: Campaign, send_at: datetime, step: Step) -> None:
    """Give a frozen campaign another hour, if it still is what the caller saw."""
    table = schema.campaign
    changed = connection.execute(
        update(table)
        .where(
            table.c.id == campaign.id,
            table.c.state == CampaignState.FROZEN,
            table.c.send_at.is_not_distinct_from(campaign.send_at),
        )
        .values(send_at=send_at)
    )
    if changed.rowcount != 1:
        raise DeliveryError("another process has just changed this campaign; look at its status")
    hour = send_at.astimezone(UTC)
    before = f"{campaign.send_at:%Y-%m-%d %H:%M}" if campaign.send_at else "no hour"
    moved = replace(step, reason=f"moved from {before} to {hour:%Y-%m-%d %H:%M} UTC")
    frozen = CampaignState.FROZEN
    log(connection, campaign.id, moved, before=frozen, after=frozen)


def log(
    connection: Connection,
    campaign_id: int,
    step: Step,
    *,
    before: str,
    after: str,
    batch_id: int | None = None,
    attempt_id: str | None = None,
) -> int:
    """Append one transition to the log that is never changed; returns its number."""
    row = {
        "at": step.at,
        "actor": step.actor,
        "campaign_id": campaign_id,
        "batch_id": batch_id,
        "attempt_id": attempt_id,
        "before": before,
        "after": after,
        "reason": step.reason,
    }
    key = connection.execute(_ENTRY, row).inserted_primary_key
    return int(key[0]) if key else 0


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
            list_title=envelope.get("list_title", ""),
        ),
        digest=row["digest"],
        frozen_at=row["frozen_at"],
        send_at=row["send_at"],
        reason=row["reason"],
        occurrence=row["occurrence"],
        hour=datetime.fromisoformat(row["hour"]) if row["hour"] else None,
    )
