"""Why nothing leaves of a campaign that is under way, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.delivery.gate import NEXT_WAVE, QUIET
from newsletter.delivery.pace import limits, openings
from newsletter.delivery.trouble import Trouble
from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.domain.hours import NOTHING_QUIET, opening
from newsletter.store import progress
from newsletter.store.engine import reading

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from newsletter.app import Workspace
    from newsletter.delivery.pace import Limit
    from newsletter.domain.campaign import Campaign
    from newsletter.domain.hours import Quiet
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


@dataclass(frozen=True, slots=True)
class Rules:
    """What config.yaml says of when mail may leave, in hours of its `zone`."""

    limits: tuple[Limit, ...]
    zone: ZoneInfo
    quiet: Quiet = NOTHING_QUIET


def waiting(
    campaign: Campaign,
    lines: Sequence[BatchLine],
    gates: Gates,
    rules: Rules,
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


def rules_of(workspace: Workspace) -> Rules:
    """The rules that hold in a workspace."""
    sending, zone = workspace.settings.sending, workspace.settings.publication.zone
    return Rules(limits(sending, zone), zone, sending.quiet)


def _before_claim(
    ready: Sequence[BatchLine],
    gates: Gates,
    rules: Rules,
    now: datetime,
) -> Waiting | None:
    """Why no ready batch is taken up."""
    since = gates.moved_at
    if gates.open_through is not None:
        ready = [line for line in ready if line.sequence <= gates.open_through]
    if not ready:
        first = "trial of the subjects" if gates.trial else "canary slice"
        return Waiting(f"the {first} went first", since, gates.opens_at)
    busy = gates.meters.get(Trouble.BUSY)
    if busy is not None and busy.free_at > now:
        return Waiting("the provider takes no request for now", since, busy.free_at)
    paced = openings(rules.limits, gates.meters, now).everybody
    if paced.at - now > INSTANT:
        return Waiting(paced.why, since, paced.at)
    why, until = min((_holds_back(line, rules, now) for line in ready), key=lambda one: one[1])
    if until > now:
        return Waiting(why, since, until)
    silent = now - (since or now)
    return Waiting(NOBODY, since, None) if silent >= SILENCE else None


def _holds_back(line: BatchLine, rules: Rules, now: datetime) -> tuple[str, datetime]:
    """What a ready batch waits for, and until when, which is now where it is nothing."""
    if line.not_before is not None and line.not_before > now:
        wave = line.zone and line.attempt is None
        return NEXT_WAVE if wave else "the provider takes no request for now", line.not_before
    return QUIET, opening(line.zone, rules.quiet, now, rules.zone)


def _first_try(lines: Sequence[BatchLine]) -> datetime | None:
    return min((line.created_at for line in lines if line.created_at is not None), default=None)
