"""Why nothing leaves of a campaign that is under way, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.delivery.pace import limits, openings
from newsletter.delivery.trouble import Trouble
from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.store import progress
from newsletter.store.engine import reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.app import Workspace
    from newsletter.delivery.pace import Limit
    from newsletter.domain.campaign import Campaign
    from newsletter.store.progress import BatchLine, Gates


NOBODY = "no process is sending it"

CUT_OFF = (
    "the process that sent it has died in the middle; `newsletter resolve` tells what is in doubt, "
    "`newsletter send` goes on"
)

INSTANT = timedelta(seconds=2)
"""A wait so short, as a pace makes between any two batches, is not worth a word."""

SILENCE = timedelta(seconds=10)
"""For so long nothing may happen before we say that nobody is sending."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why nothing leaves at present, and since and until when, where that is known."""

    why: str
    since: datetime | None
    until: datetime | None


def waiting(
    campaign: Campaign,
    lines: Sequence[BatchLine],
    gates: Gates,
    rules: tuple[Limit, ...],
    now: datetime,
) -> Waiting | None:
    """What a campaign waits for, or None: while a request is under way it waits for nothing."""
    if not gates.attended:
        return Waiting(CUT_OFF, gates.moved_at, None)
    if campaign.state is CampaignState.FROZEN and campaign.send_at is not None:
        return Waiting("its hour has not come", campaign.frozen_at, campaign.send_at)
    if campaign.state is not CampaignState.SENDING:
        return None
    in_state = {state: [line for line in lines if line.state is state] for state in BatchState}
    if in_state[BatchState.SUBMITTING]:
        return None
    if in_state[BatchState.READY]:
        return _before_claim(in_state[BatchState.READY], gates, rules, now)
    kept = [line.send_at for line in in_state[BatchState.SCHEDULED] if line.send_at]
    return Waiting("the undo window is open", _first_try(lines), max(kept)) if kept else None


def dead(workspace: Workspace) -> frozenset[int | None]:
    """Dead senders; see store.progress."""
    with reading(workspace.engine) as connection:
        return progress.dead(connection)


def limits_of(workspace: Workspace) -> tuple[Limit, ...]:
    """The limits that hold in a workspace."""
    return limits(workspace.settings.sending, workspace.settings.publication.zone)


def _before_claim(
    ready: Sequence[BatchLine],
    gates: Gates,
    rules: tuple[Limit, ...],
    now: datetime,
) -> Waiting | None:
    """Why no ready batch is taken up."""
    since = gates.moved_at
    if gates.open_through is not None and ready[0].sequence > gates.open_through:
        return Waiting("the canary slice went first", since, gates.opens_at)
    busy = gates.meters.get(Trouble.BUSY)
    if busy is not None and busy.free_at > now:
        return Waiting("the provider takes no request for now", since, busy.free_at)
    paced = openings(rules, gates.meters, now).everybody
    if paced.at - now > INSTANT:
        return Waiting(paced.why, since, paced.at)
    delays = [line.not_before for line in ready if line.not_before is not None]
    if len(delays) == len(ready) and min(delays) > now:
        return Waiting("the provider takes no request for now", since, min(delays))
    silent = now - (since or now)
    return Waiting(NOBODY, since, None) if silent >= SILENCE else None


def _first_try(lines: Sequence[BatchLine]) -> datetime | None:
    return min((line.created_at for line in lines if line.created_at is not None), default=None)
