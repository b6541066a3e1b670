"""What is due, by the database's word: campaigns whose hour has come, and those a crash cut off."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.errors import NewsletterError
from newsletter.store import campaigns
from newsletter.store.engine import reading, writing
from newsletter.usecases.sending import dispatch

if TYPE_CHECKING:
    from newsletter.app import Workspace

log = logging.getLogger(__name__)


def send_due(workspace: Workspace, stopping: threading.Event | None = None) -> tuple[Campaign, ...]:
    """Start or continue every campaign that is due; one that is too late becomes `missed`.

    Called twice or never, nothing breaks: a campaign's lock and its states decide.
    """
    with reading(workspace.engine) as connection:
        waiting = campaigns.due(connection, workspace.clock.now())
    ended = [_attend(workspace, campaign, stopping or threading.Event()) for campaign in waiting]
    return tuple(campaign for campaign in ended if campaign is not None)


def _attend(workspace: Workspace, campaign: Campaign, stopping: threading.Event) -> Campaign | None:
    try:
        if _too_late(workspace, campaign):
            return _miss(workspace, campaign)
        ended = dispatch(workspace, campaign, stopping=stopping)
    except NewsletterError as error:
        log.warning("campaign %s: %s", campaign.id, error)
        return None
    log.info("campaign %s (%s) is %s", ended.id, ended.issue, ended.state)
    return ended


def _too_late(workspace: Workspace, campaign: Campaign) -> bool:
    grace = timedelta(seconds=workspace.settings.sending.grace)
    return (
        campaign.state is CampaignState.FROZEN
        and campaign.send_at is not None
        and workspace.clock.now() > campaign.send_at + grace
    )


def _miss(workspace: Workspace, campaign: Campaign) -> Campaign:
    with writing(workspace.engine) as connection:
        campaigns.move(
            connection,
            campaign,
            CampaignState.MISSED,
            at=workspace.clock.now(),
            actor="schedule",
            reason=f"due, but later than sending.grace allows; `newsletter send {campaign.issue}` "
            "sends it now",
        )
        return campaigns.get(connection, campaign.id)
