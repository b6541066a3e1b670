"""Pausing a campaign from within a send."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState
from newsletter.store import campaigns

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newsletter.domain.campaign import Campaign, Step


def pause(connection: Connection, campaign: Campaign, step: Step, reason: str) -> bool:
    """Pause, unless another thread or a person has just stopped the campaign; True where it did."""
    current = campaigns.hold(connection, campaign.id)
    if current.state is not CampaignState.SENDING:
        return False
    campaigns.move(connection, current, CampaignState.PAUSED, replace(step, reason=reason))
    return True
