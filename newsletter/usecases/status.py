"""Where campaigns stand, counted delivery by delivery, and how they came there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.issues import folder
from newsletter.store import accounting, campaigns, history, progress, subjects, waves
from newsletter.store.engine import reading
from newsletter.usecases.events import told_of
from newsletter.usecases.timekeeping import noted_doubt
from newsletter.usecases.timetable import timetable
from newsletter.usecases.waits import dead, rules_of, waiting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Accounting, Campaign
    from newsletter.domain.trial import TrialStatus
    from newsletter.store.accounting import DoubtfulBatch
    from newsletter.store.history import Entry
    from newsletter.store.progress import BatchLine
    from newsletter.store.waves import WaveCount
    from newsletter.usecases.waits import Waiting


@dataclass(frozen=True, slots=True)
class Window:
    """How long after suppressions were looked up the first byte of a request left, in milliseconds:
    who unsubscribes in between is still mailed.
    """

    median_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """Where a campaign stands: its sums, how far its mails came, what is in doubt, the `window` of
    its requests, what it waits for, `concerns` over what the provider reports, in sentences; and
    its `waves` and the `trial` of its subjects, where it has any.
    """

    campaign: Campaign
    accounting: Accounting
    arrivals: dict[str, int]
    doubtful: tuple[DoubtfulBatch, ...]
    window: Window | None
    waiting: Waiting | None
    concerns: tuple[str, ...]
    waves: tuple[WaveCount, ...]
    trial: TrialStatus | None


def statuses(workspace: Workspace, slug: str | None) -> tuple[CampaignStatus, ...]:
    """Every campaign, or those of one issue, newest first."""
    if slug is not None:
        folder.find(workspace.issues, slug)
    gone = dead(workspace)
    with reading(workspace.engine) as connection:
        return tuple(
            _status(workspace, connection, campaign, gone)
            for campaign in campaigns.every(connection, slug)
        )


def campaign_status(workspace: Workspace, campaign_id: int) -> CampaignStatus:
    """Where one campaign stands."""
    gone = dead(workspace)
    with reading(workspace.engine) as connection:
        return _status(workspace, connection, campaigns.get(connection, campaign_id), gone)


def alarms(workspace: Workspace) -> tuple[str, ...]:
    """Why the schedule stands still, in sentences; () where it does not (F42, F44)."""
    doubt = noted_doubt(workspace)
    found = (f"The clock of `newsletter serve` is doubted: {doubt}.",) if doubt else ()
    lines = timetable(workspace, 1) if workspace.settings.schedule else ()
    late = [line for line in lines if line.overdue]
    if not late:
        return found
    what = ", ".join(f"{line.occurrence.slot} of {line.issue}" for line in late)
    return (*found, f"Overdue, and begun by nobody: {what}; look whether `newsletter serve` runs.")


def log(
    workspace: Workspace, slug: str, *, routine: bool
) -> tuple[tuple[Campaign, tuple[Entry, ...]], ...]:
    """The moves of an issue's campaigns, the oldest first; see store.history.entries."""
    folder.find(workspace.issues, slug)
    with reading(workspace.engine) as connection:
        return tuple(
            (campaign, tuple(history.entries(connection, campaign.id, routine=routine)))
            for campaign in reversed(campaigns.every(connection, slug))
        )


def _status(
    workspace: Workspace, connection: Connection, campaign: Campaign, gone: Collection[int | None]
) -> CampaignStatus:
    lines = progress.lines(connection, campaign.id)
    return CampaignStatus(
        campaign=campaign,
        accounting=accounting.account(connection, campaign.id),
        arrivals=accounting.arrivals(connection, campaign.id),
        doubtful=accounting.doubtful(connection, campaign.id),
        window=window(lines),
        waiting=waiting(
            campaign,
            lines,
            progress.gates(connection, campaign.id, gone),
            rules_of(workspace),
            workspace.clock.now(),
        ),
        concerns=told_of(workspace, connection, campaign),
        waves=waves.counts(connection, campaign.id),
        trial=subjects.look_now(connection, campaign.id),
    )


def window(lines: Iterable[BatchLine]) -> Window | None:
    """The window of those requests of which it is known; None where of none."""
    known = sorted(
        (one.begun_at - one.created_at).total_seconds() * 1000
        for one in lines
        if one.begun_at and one.created_at
    )
    if not known:
        return None
    return Window(round(known[len(known) // 2], 1), round(known[len(known) * 99 // 100], 1))
