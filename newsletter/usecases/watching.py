"""A campaign as it goes on, look by look: read from the database alone, by whichever process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import (
    DELIVERY_OF_BATCH,
    BatchState,
    CampaignState,
    DeliveryState,
    Outcome,
)
from newsletter.issues import folder
from newsletter.store import campaigns, progress
from newsletter.store.engine import reading
from newsletter.usecases.waits import dead, rules_of, waiting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.store.progress import BatchLine
    from newsletter.usecases.waits import Waiting

WINDOW = timedelta(seconds=30)
"""How far back the rate looks."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a campaign: people by state, people a second, seconds to go at that rate.

    `errors` counts requests the provider did not take.
    """

    campaign: Campaign
    at: datetime
    deliveries: int
    states: Mapping[DeliveryState, int]
    errors: int
    rate: float
    seconds_left: float | None
    waiting: Waiting | None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens unless a person wishes so."""
        return not is_under_way(self.campaign)


def is_under_way(campaign: Campaign) -> bool:
    """Whether a campaign goes on by itself: while it is sending, or frozen for an hour to come."""
    scheduled = campaign.state is CampaignState.FROZEN and campaign.send_at is not None
    return scheduled or campaign.state is CampaignState.SENDING


@dataclass(slots=True)
class Watcher:
    """Looks at one campaign again and again. Only the first look counts every delivery."""

    workspace: Workspace
    campaign: Campaign
    _moved: dict[int, tuple[BatchState, str | None]] = field(default_factory=dict)
    _people: dict[int, Counter[DeliveryState | None]] = field(default_factory=dict)

    def look(self) -> Progress:
        """How far the campaign is now."""
        campaign_id, now = self.campaign.id, self.workspace.clock.now()
        gone = dead(self.workspace)
        with reading(self.workspace.engine) as connection:
            campaign = campaigns.get(connection, campaign_id)
            lines = progress.lines(connection, campaign_id)
            stands = {line.id: (line.state, line.attempt) for line in lines}
            moved = [batch for batch, state in stands.items() if self._moved.get(batch) != state]
            self._people |= progress.people(connection, campaign_id, moved) if moved else {}
            gates = progress.gates(connection, campaign_id, gone)
            errors = progress.errors(connection, campaign_id)
        self._moved = stands
        states = self._states(lines)
        rate = self._rate(lines, now)
        planned = states[DeliveryState.PLANNED]
        return Progress(
            campaign=campaign,
            at=now,
            deliveries=states.total(),
            states=states,
            errors=errors,
            rate=rate,
            seconds_left=planned / rate if rate and planned else None,
            waiting=waiting(campaign, lines, gates, rules_of(self.workspace), now),
        )

    def _states(self, lines: Sequence[BatchLine]) -> Counter[DeliveryState]:
        states: Counter[DeliveryState] = Counter()
        for line in lines:
            for ending, count in self._people.get(line.id, Counter()).items():
                states[ending or DELIVERY_OF_BATCH[line.state]] += count
        return states

    def _rate(self, lines: Sequence[BatchLine], now: datetime) -> float:
        """People a second over the last half minute, from the first request of that time on."""
        fresh = [
            (line.id, line.created_at)
            for line in lines
            if line.outcome == Outcome.ACCEPTED
            and line.created_at is not None
            and line.closed_at is not None
            and line.closed_at > now - WINDOW
        ]
        seconds = (now - min(moment for _, moment in fresh)).total_seconds() if fresh else 0.0
        accepted = sum(self._people[batch][None] for batch, _ in fresh)
        return accepted / seconds if seconds else 0.0


def watch(workspace: Workspace, slug: str | None) -> tuple[Watcher, ...]:
    """Watchers of an issue's campaigns, or of all, that are under way; or of the newest."""
    if slug is not None:
        folder.find(workspace.issues, slug)
    with reading(workspace.engine) as connection:
        every = campaigns.every(connection, slug)
    going = tuple(one for one in every if is_under_way(one))
    return tuple(Watcher(workspace, one) for one in going or every[:1])
