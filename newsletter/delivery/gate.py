"""Whether the next batch may be claimed now, decided inside the claim's transaction.

In this order: a provider in trouble, thresholds over what came back, the pace, quiet hours, and the
slice that goes first: the canary, or those who try the subjects. All of it is read from the
database, so it holds for every process and after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.delivery import thresholds, trouble
from newsletter.delivery.pace import Limit, charged, limits, openings
from newsletter.delivery.pauses import pause
from newsletter.delivery.trouble import Trouble
from newsletter.domain.campaign import CampaignState
from newsletter.domain.hours import in_quiet, opening
from newsletter.domain.trial import choose, figures
from newsletter.store import (
    batches,
    campaigns,
    canary,
    claims,
    moves,
    pace,
    returns,
    subjects,
    waves,
)
from newsletter.store.claims import Terms

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from newsletter.config.sending import Sending
    from newsletter.delivery.pace import Openings
    from newsletter.delivery.trouble import Counts
    from newsletter.domain.campaign import Campaign, Claim, Step
    from newsletter.domain.trial import TrialStatus
    from newsletter.store.claims import Ready
    from newsletter.store.pace import Meter

SOON = timedelta(seconds=1)
"""How long to wait for what has no moment, such as another process's request."""

LOOK_EVERY = timedelta(seconds=10)
"""How often one sender counts what came back."""

NEXT_WAVE = "the hour of the next readers has not come"

QUIET = "these are quiet hours"

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be claimed before `until`, and why, in words for the operator."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A claimed batch, and what was known of trouble when it was claimed."""

    claim: Claim
    seen: Counts


@dataclass(frozen=True, slots=True)
class Keeping:
    """For how long, and under which id, the provider keeps a mailing; nothing of it without an
    undo window.
    """

    hold_for: timedelta = timedelta()
    recall: str = ""

    def leaves(self, campaign: Campaign, now: datetime) -> datetime:
        """When a batch claimed now would leave."""
        if not self.hold_for:
            return now
        return max(campaign.send_at or now, now + self.hold_for)

    def send_at(self, campaign: Campaign, now: datetime) -> datetime | None:
        """What the provider is told; None without an undo window."""
        return self.leaves(campaign, now) if self.hold_for else None


@dataclass(slots=True)
class Gate:
    """The gate of one sender: its settings, and when it last counted what came back."""

    sending: Sending
    zone: ZoneInfo
    limits: tuple[Limit, ...] = field(init=False)
    _looked_at: datetime = _LONG_AGO
    _zones: dict[int, tuple[str, ...]] = field(default_factory=dict)  # of a campaign's waves

    def __post_init__(self) -> None:
        self.limits = limits(self.sending, self.zone)

    def next(
        self,
        connection: Connection,
        campaign: Campaign,
        step: Step,
        keeping: Keeping,
        *,
        attempt: str,
        owner: int,
    ) -> Taken | Wait | None:
        """The next batch, or until when none may be claimed, or None where none is left."""
        self._look_back(connection, campaign, step)
        meters, leaves = pace.meters(connection), keeping.leaves(campaign, step.at)
        open_ = openings(self.limits, meters, leaves)
        if trouble.counts(meters):  # what the dead left under way must hold nobody up
            batches.abandon(connection, step, campaign.id)
        wait = (
            _trouble(connection, campaign, meters, step.at)
            or _pace(open_, step.at, leaves)
            or _early(keeping, step.at, leaves)
        )
        if wait is not None:
            return wait if claims.waiting(connection, campaign.id) else None
        zones = self._zones_of(connection, campaign)
        terms = Terms(
            closed=open_.closed(leaves),
            quiet=in_quiet(zones, self.sending.quiet, leaves, self.zone),
            room=open_.everybody.room,
            send_at=keeping.send_at(campaign, step.at),
            recall=keeping.recall,
            tracking=self.sending.noted,
        )
        claim = claims.claim(connection, campaign, step, attempt=attempt, owner=owner, terms=terms)
        if claim is None:
            ready = claims.waiting(connection, campaign.id)
            return self._behind_canary(connection, campaign, step, ready) or self._earliest(
                ready, open_, step.at, leaves
            )
        used = charged(self.limits, meters, len(claim.deliveries), claim.domain, leaves)
        pace.keep(connection, used | trouble.probing(meters, step.at))
        return Taken(claim, trouble.counts(meters))

    def _zones_of(self, connection: Connection, campaign: Campaign) -> tuple[str, ...]:
        """The zones whose clocks decide on quiet hours; '' is the publication's."""
        if not self.sending.quiet:
            return ()
        if campaign.id not in self._zones:
            self._zones[campaign.id] = ("", *waves.zones(connection, campaign.id))
        return self._zones[campaign.id]

    def _look_back(self, connection: Connection, campaign: Campaign, step: Step) -> None:
        """Pause where what came back has reached a threshold; looks every few seconds only."""
        if step.at - self._looked_at >= LOOK_EVERY:
            self._looked_at = step.at
            after = self.sending.thresholds.after
            self._pause_if_tripped(connection, campaign, step, after=after)

    def _pause_if_tripped(
        self, connection: Connection, campaign: Campaign, step: Step, *, after: int
    ) -> bool:
        trip = thresholds.tripped(
            returns.returned(connection, campaign.id),
            self.sending.thresholds,
            returns.tripped(connection, campaign.id),
            after=after,
        )
        if trip is None or not pause(connection, campaign, step, trip.reason):
            return False
        returns.remember(connection, campaign.id, trip.threshold, trip.share)
        return True

    def _behind_canary(
        self, connection: Connection, campaign: Campaign, step: Step, ready: tuple[Ready, ...]
    ) -> Wait | None:
        """What those who follow the slice wait for; opens the rest, or pauses, in its time.

        None where nobody follows a slice, or they need not wait any longer. Where the slice tries
        subjects, the best is chosen in the very transaction that opens the rest.
        """
        if not ready or not all(one.behind for one in ready):
            return None
        slice_, trial = canary.look(connection, campaign.id), subjects.look(connection, campaign.id)
        if trial is not None and slice_.opens_at is not None and slice_.opens_at <= step.at:
            moves.hold_open(connection, campaign.id)  # the choice changes them
        if campaigns.hold(connection, campaign.id).state is not CampaignState.SENDING:
            return None
        slice_ = canary.look(connection, campaign.id)
        name = "canary slice" if trial is None else "trial of the subjects"
        if slice_.under_way:
            return Wait(step.at + SOON, f"the {name} goes first")
        if slice_.opens_at is None:
            wait = self.sending.canary.wait if trial is None else trial.after
            opens_at = max(step.at, slice_.leaves_at or step.at) + wait
            why = f"the {name} is out; the others may follow at {opens_at:%Y-%m-%d %H:%M} UTC"
            canary.open_at(connection, campaign.id, opens_at, _because(step, why))
            return Wait(opens_at, f"the {name} went first")
        if step.at < slice_.opens_at:
            return Wait(slice_.opens_at, f"the {name} went first")
        if not self._pause_if_tripped(connection, campaign, step, after=1):
            if trial is not None:
                _choose(connection, campaign, step, trial)
            why = f"what came back of the {name} is good enough"
            canary.open_all(connection, campaign.id, _because(step, why))
        return Wait(step.at, f"the {name} went first")

    def _earliest(
        self, ready: tuple[Ready, ...], open_: Openings, now: datetime, leaves: datetime
    ) -> Wait | None:
        """When the first of the ready batches may go, and what it waits for until then."""
        waits = (self._wait(one, open_, now, leaves) for one in ready if not one.behind)
        return min(waits, key=lambda wait: wait.until, default=None)

    def _wait(self, one: Ready, open_: Openings, now: datetime, leaves: datetime) -> Wait:
        """What batches that are ready wait for, and until when."""
        ahead = leaves - now
        ends = opening(one.zone, self.sending.quiet, leaves, self.zone)
        domain = open_.domains.get(one.domain)
        if one.not_before is not None and one.not_before > now:
            why = "the provider is busy" if one.tried or not one.zone else NEXT_WAVE
            return Wait(one.not_before, why)
        if ends > leaves:
            return Wait(ends - ahead, QUIET)
        if domain is not None and domain.at > leaves:
            return Wait(domain.at - ahead, domain.why)
        if open_.everybody.refills_at is not None:
            return Wait(open_.everybody.refills_at - ahead, open_.everybody.why)
        return Wait(now + SOON, "another sender")  # which has it in its hands


def _trouble(
    connection: Connection, campaign: Campaign, meters: dict[str, Meter], now: datetime
) -> Wait | None:
    """Why the provider must be left alone."""
    quiet = meters.get(Trouble.BUSY)
    if quiet is not None and quiet.free_at > now:
        return Wait(quiet.free_at, "the provider is busy")
    if not trouble.counts(meters):
        return None
    held_back = trouble.held_back(meters, claims.under_way(connection, campaign.id))
    return None if held_back is None else Wait(now + SOON, held_back)


def _pace(open_: Openings, now: datetime, leaves: datetime) -> Wait | None:
    """Why nobody at all can be mailed yet."""
    opening = open_.everybody
    return Wait(opening.at - (leaves - now), opening.why) if opening.at > leaves else None


def _early(keeping: Keeping, now: datetime, leaves: datetime) -> Wait | None:
    """Nothing is submitted sooner before its hour than the undo window is long."""
    if not keeping.hold_for or leaves - now <= keeping.hold_for:
        return None
    return Wait(leaves - keeping.hold_for, "its hour has not come")


def _choose(connection: Connection, campaign: Campaign, step: Step, trial: TrialStatus) -> None:
    shown = subjects.showings(connection, campaign.id, trial)
    choice = choose(shown, trial.measure, least=trial.least)
    told = figures(shown, trial.measure)
    why = f"subject {choice.winner + 1} is chosen; {told}; {choice.why}"
    subjects.choose(connection, campaign.id, choice, shown, _because(step, why))
    failpoints.reach("trial:chosen")


def _because(step: Step, why: str) -> Step:
    return replace(step, reason=why)
