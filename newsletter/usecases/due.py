"""What is due, by the database's word: campaigns whose hour has come, and those a crash cut off."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import Campaign, CampaignState, Step
from newsletter.errors import NewsletterError
from newsletter.store import campaigns
from newsletter.store.engine import reading, writing
from newsletter.usecases.hints import call_workers
from newsletter.usecases.sending import dispatch, is_late, submitted_from
from newsletter.usecases.settling import settle_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.app import Workspace

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=30)
"""A campaign that must wait for longer is left alone until the next time, so that others go on."""


def send_due(
    workspace: Workspace,
    stopping: threading.Event | None = None,
    may: Callable[[], bool] = lambda: True,
) -> tuple[Campaign, ...]:
    """Start or continue every campaign that is due; one that is too late becomes `missed`.

    Called twice or never, nothing breaks: the states of campaigns and batches decide. `may` is
    asked once the clock has been read, whether that reading can be believed.
    """
    settle_open(workspace)
    with reading(workspace.engine) as connection:
        waiting = campaigns.due(connection, submitted_from(workspace))
    if not may():
        return ()
    call_workers(workspace, waiting)
    ended = [_attend(workspace, campaign, stopping or threading.Event()) for campaign in waiting]
    return tuple(campaign for campaign in ended if campaign is not None)


def _attend(workspace: Workspace, campaign: Campaign, stopping: threading.Event) -> Campaign | None:
    try:
        if is_late(workspace, campaign):
            return _miss(workspace, campaign)
        ended = dispatch(workspace, campaign, stopping=stopping, patience=PATIENCE)
    except NewsletterError as error:
        log.warning("campaign %s: %s", campaign.id, error)
        return None
    log.info("campaign %s (%s) is %s", ended.id, ended.issue, ended.state)
    return ended


def _miss(workspace: Workspace, campaign: Campaign) -> Campaign:
    with writing(workspace.engine) as connection:
        campaigns.move(
            connection,
            campaign,
            CampaignState.MISSED,
            Step(
                workspace.clock.now(),
                "schedule",
                f"due, but later than sending.grace allows; `newsletter send {campaign.issue}` "
                "sends it now",
            ),
        )
        return campaigns.get(connection, campaign.id)
