"""Whether the next batch may be claimed now, decided inside the claim's transaction.

In this order: a provider in trouble, thresholds over what came back, the pace, and the canary
slice. All of it is read from the database, so it holds for every process and after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.delivery import thresholds, trouble
from newsletter.delivery.pace import Limit, charged, limits, openings
from newsletter.delivery.pauses import pause
from newsletter.delivery.trouble import Trouble
from newsletter.domain.campaign import CampaignState
from newsletter.store import batches, campaigns, canary, claims, pace, returns
from newsletter.store.claims import Terms

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from newsletter.config.sending import Sending
    from newsletter.delivery.pace import Openings
    from newsletter.delivery.trouble import Counts
    from newsletter.domain.campaign import Campaign, Claim, Step
    from newsletter.store.claims import Ready
    from newsletter.store.pace import Meter

SOON = timedelta(seconds=1)
"""How long to wait for what has no moment, such as another process's request."""

LOOK_EVERY = timedelta(seconds=10)
"""How often one sender counts what came back."""

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
        terms = Terms(
            closed=open_.closed(leaves),
            room=open_.everybody.room,
            send_at=keeping.send_at(campaign, step.at),
            recall=keeping.recall,
        )
        claim = claims.claim(connection, campaign, step, attempt=attempt, owner=owner, terms=terms)
        if claim is None:
            ready = claims.waiting(connection, campaign.id)
            return self._behind_canary(connection, campaign, step, ready) or _earliest(
                ready, open_, step.at, leaves
            )
        used = charged(self.limits, meters, len(claim.deliveries), claim.domain, leaves)
        pace.keep(connection, used | trouble.probing(meters, step.at))
        return Taken(claim, trouble.counts(meters))

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
        """What those who follow the canary slice wait for; opens the rest, or pauses, in its time.

        None where nobody follows a slice, or they need not wait any longer.
        """
        if not ready or not all(one.behind for one in ready):
            return None
        if campaigns.hold(connection, campaign.id).state is not CampaignState.SENDING:
            return None
        slice_ = canary.look(connection, campaign.id)
        if slice_.under_way:
            return Wait(step.at + SOON, "the canary slice goes first")
        if slice_.opens_at is None:
            opens_at = max(step.at, slice_.leaves_at or step.at) + self.sending.canary.wait
            why = f"the canary slice is out; the others may follow at {opens_at:%Y-%m-%d %H:%M} UTC"
            canary.open_at(connection, campaign.id, opens_at, _because(step, why))
            return Wait(opens_at, "the canary slice went first")
        if step.at < slice_.opens_at:
            return Wait(slice_.opens_at, "the canary slice went first")
        if not self._pause_if_tripped(connection, campaign, step, after=1):
            why = "what came back of the canary slice is good enough"
            canary.open_all(connection, campaign.id, _because(step, why))
        return Wait(step.at, "the canary slice went first")


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


def _earliest(
    ready: tuple[Ready, ...], open_: Openings, now: datetime, leaves: datetime
) -> Wait | None:
    """When the first of the ready batches may go, and what it waits for until then."""
    waits = []
    for one in ready:
        if one.behind:
            continue
        opening = open_.domains.get(one.domain)
        if one.not_before is not None and one.not_before > now:
            waits.append(Wait(one.not_before, "the provider is busy"))
        elif opening is not None and opening.at > leaves:
            waits.append(Wait(opening.at - (leaves - now), opening.why))
        elif open_.everybody.refills_at is not None:
            until = open_.everybody.refills_at - (leaves - now)
            waits.append(Wait(until, open_.everybody.why))
        else:  # another process has it in its hands
            waits.append(Wait(now + SOON, "another sender"))
    return min(waits, key=lambda wait: wait.until, default=None)


def _because(step: Step, why: str) -> Step:
    return replace(step, reason=why)
