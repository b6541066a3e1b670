"""What a person does to a campaign: pause, resume, cancel, unlock, and decide what is in doubt.

Every function takes the campaign as the caller saw it and raises DeliveryError where another
process has changed it meanwhile, or where the tables of moves do not allow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.errors import DeliveryError
from newsletter.store import campaigns, moves, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newsletter.domain.campaign import Campaign, Step


def pause(connection: Connection, campaign: Campaign, step: Step) -> Campaign:
    """Let nothing more be claimed; requests under way end. Returns the campaign as it is now."""
    return _move(connection, campaign, CampaignState.PAUSED, step)


def resume(connection: Connection, campaign: Campaign, step: Step) -> Campaign:
    """Let a campaign that is paused, missed or unsettled go on, by whoever sends next."""
    return _move(connection, campaign, CampaignState.SENDING, step)


def unlock(connection: Connection, campaign: Campaign, step: Step) -> Campaign:
    """A person has looked at what a locked campaign may have sent: it is paused from here on."""
    if campaign.state is not CampaignState.LOCKED:
        raise DeliveryError(
            f"the campaign of “{campaign.issue}” is not locked, but {campaign.state}"
        )
    return _move(connection, campaign, CampaignState.PAUSED, step)


def cancel(connection: Connection, campaign: Campaign, step: Step) -> int:
    """Stop a campaign for good; returns how many batches were still to go and are cancelled.

    Requests under way end as they end; what is unknown or held stays to be settled. Who was not
    mailed no longer counts as having the issue.
    """
    moves.hold_open(connection, campaign.id)
    campaigns.move(connection, campaign, CampaignState.CANCELLED, step)
    return moves.cancel_ready(connection, campaign.id, step)


def decide(
    connection: Connection, campaign: Campaign, sequence: int, after: BatchState, step: Step
) -> Campaign:
    """A person's word on a batch in doubt: `submitted`, `ready` to be sent again, or `cancelled`.

    `step` says who and why. The attempt keeps what the machine knows of it. Returns the campaign,
    which ends with its last doubt.
    """
    table = schema.batch
    row = connection.execute(
        select(table.c.id, table.c.state, table.c.attempt_id)
        .where(table.c.campaign_id == campaign.id, table.c.sequence == sequence)
        .with_for_update()
    ).one_or_none()
    if row is None or row[1] not in (BatchState.UNKNOWN, BatchState.HELD):
        state = "not there" if row is None else row[1]
        raise DeliveryError(f"batch {sequence} is not in doubt: it is {state}")
    batch_id, before, attempt = row
    current = campaigns.hold(connection, campaign.id)
    if after is BatchState.READY and current.state is CampaignState.CANCELLED:
        raise DeliveryError("the campaign is cancelled, so nothing of it can be sent again")
    held = BatchState.HELD
    if before == BatchState.UNKNOWN:
        unknown = BatchState.UNKNOWN
        moves.move(connection, campaign.id, batch_id, unknown, held, step=step, attempt=attempt)
    moves.move(connection, campaign.id, batch_id, held, after, step=step, attempt=attempt)
    return campaigns.conclude(connection, campaign.id, step)


def _move(connection: Connection, campaign: Campaign, after: CampaignState, step: Step) -> Campaign:
    campaigns.move(connection, campaign, after, step)
    return campaigns.get(connection, campaign.id)
