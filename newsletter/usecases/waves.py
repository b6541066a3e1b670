"""At which hour, by their own clocks, the readers of a campaign are mailed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from newsletter.domain import hours
from newsletter.domain.hours import Punctuality
from newsletter.store import campaigns, waves

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign, Step
    from newsletter.domain.hours import Waves


def planned_waves(workspace: Workspace, hour: datetime | None) -> Waves | None:
    """The waves of a campaign for an hour of the publication's; None where all readers go by its
    clock. Without an hour all go at once, but each zone keeps its own quiet hours.
    """
    sending, publication = workspace.settings.sending, workspace.settings.publication
    if not sending.reader_time or (hour is None and not sending.quiet):
        return None
    return hours.waves(
        None if hour is None else wall(workspace, hour),
        home=publication.timezone,
        zones=available_timezones(),
        rules=_rules(workspace),
        lead=_lead(workspace),
    )


def headstart(workspace: Workspace, at: datetime) -> timedelta:
    """How long before a moment the first readers' clocks can show its hour: a campaign frozen no
    earlier would be too late for them.
    """
    if not workspace.settings.sending.reader_time:
        return timedelta()
    return at - hours.earliest(wall(workspace, at))


def wall(workspace: Workspace, at: datetime) -> datetime:
    """What the publication's clocks show at a moment, to the minute."""
    local = at.astimezone(workspace.settings.publication.zone)
    return local.replace(tzinfo=None, second=0, microsecond=0)


def reschedule(
    connection: Connection, workspace: Workspace, campaign: Campaign, at: datetime, step: Step
) -> None:
    """Give a frozen campaign another hour, and each of its waves the moment that follows."""
    zones = waves.zones(connection, campaign.id)
    if not zones:
        campaigns.reschedule(connection, campaign, at, step)
        return
    hour = wall(workspace, at) if at > step.at else None
    moments = {
        zone: hours.reached(hour, ZoneInfo(zone), _rules(workspace)) if hour else None
        for zone in zones
    }
    first = min((moment for moment in moments.values() if moment), default=at)
    campaigns.reschedule(connection, campaign, first, step)
    waves.move(connection, campaign.id, moments, hour=hour, lead=_lead(workspace))


def _rules(workspace: Workspace) -> Punctuality:
    sending = workspace.settings.sending
    return Punctuality(workspace.clock.now(), timedelta(seconds=sending.grace), sending.quiet)


def _lead(workspace: Workspace) -> timedelta:
    return workspace.settings.sending.hold_for or timedelta()
