"""Whether this process can do its work, and the figures by which others watch it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState
from newsletter.errors import NewsletterError
from newsletter.store import accounting, occurrences, tallies
from newsletter.store.engine import reading
from newsletter.usecases.events import backlog
from newsletter.usecases.rhythm import BEHIND
from newsletter.usecases.timetable import overdue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.usecases.pulse import Pulse

BEHIND_AFTER = 300
"""Seconds after which a post of events that still waits is a reason to look."""

COUNTED = timedelta(days=30)
"""How old a campaign may be whose deliveries are counted."""

ENDED = frozenset({CampaignState.DONE, CampaignState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Figures:
    """What is watched: counts by state, and waits in seconds. No names, no addresses."""

    campaigns: Mapping[str, int]
    deliveries: Mapping[str, int]
    batches: Mapping[str, int]
    notices: Mapping[str, int]
    confirmations_due: int
    gathers_failing: int
    occurrences_overdue: int
    events_waiting: int
    events_lag: float


def not_ready(workspace: Workspace, pulse: Pulse | None) -> tuple[str, ...]:
    """The parts that do not work: `database`, `provider`, `events`, `timer`, `clock`; none where
    all do.

    Without a pulse, as with `serve --no-sending`, nobody asks for the timer, its
    clock and the provider.
    """
    looks: dict[str, Callable[[], bool]] = {
        "database": lambda: _answers(workspace),
        "events": lambda: events_lag(workspace) < BEHIND_AFTER,
    }
    if pulse is not None:
        looks["provider"] = lambda: bool(workspace.provider.name)
        looks["timer"] = lambda: pulse.is_alive
        looks["clock"] = lambda: not pulse.doubt()
    return tuple(name for name, look in looks.items() if not _works(look))


def events_lag(workspace: Workspace) -> float:
    """Seconds that the oldest post of events has waited to be folded."""
    oldest = backlog(workspace).oldest
    return 0.0 if oldest is None else max((workspace.clock.now() - oldest).total_seconds(), 0.0)


class Census:
    """Counts anew at each look, but for the deliveries of campaigns that have ended."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._ended: dict[int, Mapping[str, int]] = {}

    def figures(self) -> Figures:
        """The figures as they are now. StoreError where the database cannot be asked."""
        workspace, now = self._workspace, self._workspace.clock.now()
        with reading(workspace.engine) as connection:
            late = overdue(occurrences.since(connection, (now - BEHIND).date()), now)
            return Figures(
                campaigns=tallies.campaigns(connection),
                deliveries=self._deliveries(connection),
                batches=tallies.batches(connection),
                notices=tallies.notices(connection),
                confirmations_due=tallies.confirmations_due(connection, now),
                gathers_failing=tallies.gathers_failing(connection),
                occurrences_overdue=len(late),
                events_waiting=backlog(workspace).posts,
                events_lag=events_lag(workspace),
            )

    def _deliveries(self, connection: Connection) -> dict[str, int]:
        """State → deliveries, of the campaigns of the last month."""
        total: Counter[str] = Counter()
        for number, state in tallies.recent(connection, self._workspace.clock.now() - COUNTED):
            counts = self._ended.get(number)
            if counts is None:
                states = accounting.account(connection, number).states
                counts = {one.value: count for one, count in states.items()}
                if state in ENDED:
                    self._ended[number] = counts
            total.update(counts)
        return dict(total)


def _answers(workspace: Workspace) -> bool:
    with reading(workspace.engine):
        return True


def _works(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except NewsletterError:
        return False
