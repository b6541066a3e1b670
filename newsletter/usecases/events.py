"""What the provider reports: taken in, folded, looked at; and what it does not report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState
from newsletter.domain.event import SILENCE
from newsletter.events.folder import Folder
from newsletter.events.ingest import take_in
from newsletter.events.reception import Reception
from newsletter.events.spool import Spool
from newsletter.providers.sendgrid.webhook import public_key, read_events
from newsletter.store import campaigns, dead_letters
from newsletter.store.coverage import Coverage, coverage
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.events.ingest import Ingested
    from newsletter.events.spool import Backlog
    from newsletter.store.dead_letters import DeadLetters


LOOKED_BACK = timedelta(days=30)
"""How old a campaign may be that is looked at without being named."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many dead letters were understood this time, and how many are still there."""

    understood: int
    left: int


@dataclass(frozen=True, slots=True)
class Concern:
    """What an operator should know of a campaign's events, in a sentence."""

    campaign: Campaign
    message: str


def reception(workspace: Workspace, webhook_key: str) -> Reception:
    """The door for posts; ConfigError where the key is none (A97)."""
    return Reception(_spool(workspace), public_key(webhook_key))


def folder(workspace: Workspace) -> Folder:
    """Who folds what came through the door."""
    return Folder(
        engine=workspace.engine,
        spool=_spool(workspace),
        clock=workspace.clock,
        soft_bounces=workspace.settings.sending.soft_bounces,
        kept=workspace.settings.privacy.events,
    )


def backlog(workspace: Workspace) -> Backlog:
    """How much waits to be folded."""
    return _spool(workspace).backlog()


def fold_events(workspace: Workspace) -> Ingested:
    """Fold all that waits, here and now; returns what that changed."""
    folding = folder(workspace)
    folding.fold()
    return folding.total


def list_dead_letters(workspace: Workspace) -> tuple[DeadLetters, ...]:
    """What was signed but not understood, by reason."""
    with reading(workspace.engine) as connection:
        return dead_letters.by_reason(connection)


def replay(workspace: Workspace) -> Replayed:
    """Read every dead letter again, as this version of the program understands them.

    One that is now wholly understood is taken in and removed; the others stay.
    """
    understood = left = number = 0
    while (letter := _next(workspace, number)) is not None:
        number = letter.id
        batch = read_events(letter.body)
        if batch.unreadable:
            left += 1
            continue
        understood += 1
        with writing(workspace.engine) as connection:
            take_in(
                connection,
                batch.events,
                at=workspace.clock.now(),
                soft_bounces=workspace.settings.sending.soft_bounces,
                kept=workspace.settings.privacy.events,
            )
            dead_letters.remove(connection, letter.id)
    return Replayed(understood, left)


def concerns(workspace: Workspace, issue: str | None = None) -> tuple[Concern, ...]:
    """Campaigns of one issue, or all of the last month, with what is to be told of their events."""
    now = workspace.clock.now()
    with reading(workspace.engine) as connection:
        return tuple(
            Concern(campaign, sentence)
            for campaign in campaigns.every(connection, issue)
            if issue is not None or campaign.frozen_at > now - LOOKED_BACK
            for sentence in told_of(workspace, connection, campaign)
        )


def told_of(workspace: Workspace, connection: Connection, campaign: Campaign) -> tuple[str, ...]:
    """Sentences where the provider reports too little or too much of a campaign; none where the
    provider is not one that reports.

    Nothing is sent again for it: silence proves nothing, and what is double cannot be undone.
    """
    reports = workspace.settings.sending.provider == "sendgrid"
    if not reports or campaign.state is CampaignState.FROZEN:
        return ()
    before = workspace.clock.now() - SILENCE
    return _sentences(coverage(connection, campaign.id, before=before))


def _sentences(found: Coverage) -> tuple[str, ...]:
    told = []
    if found.due and found.silent == found.due:
        told.append(
            f"no event came for any of {found.due:,} mails submitted more than 24 hours ago; "
            "look whether the event webhook is set and reaches `newsletter serve`"
        )
    elif found.silent:
        told.append(
            f"no event came for {found.silent:,} of {found.due:,} mails submitted more than "
            "24 hours ago; the provider may have lost them, and they are not sent again"
        )
    if found.doubled:
        told.append(
            f"the provider reports two mails for each of {found.doubled:,} deliveries; "
            "each was submitted once, unless a person decided otherwise"
        )
    return tuple(told)


def _next(workspace: Workspace, number: int) -> dead_letters.DeadLetter | None:
    with reading(workspace.engine) as connection:
        return dead_letters.after(connection, number)


def _spool(workspace: Workspace) -> Spool:
    return Spool(workspace.state / "events", workspace.clock, workspace.randomness)
