"""Appends verified events once and folds them; the provider may repeat and shuffle as it likes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState
from newsletter.store import accounting, batches, campaigns
from newsletter.store import events as store
from newsletter.store.engine import writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from newsletter.domain.event import Event
    from newsletter.ports import Clock

ACTOR = "events"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one post of events changed. `foreign` events name no delivery of ours, or another's."""

    new: int
    repeated: int
    foreign: int
    suppressed: int


def ingest(engine: Engine, events: Sequence[Event], *, clock: Clock) -> Ingested:
    """Take events in, in one transaction: append, fold, suppress, and prove unknown batches.

    An event counts only where its address is the one its delivery was made for (A100).
    """
    now = clock.now()
    with writing(engine) as connection:
        ours = _ours(connection, events)
        new = store.append(connection, ours, received_at=now)
        store.fold(connection, new)
        suppressed = store.act(connection, new)
        for campaign_id in batches.prove(connection, at=now, actor=ACTOR):
            _close(connection, campaign_id, clock)
    return Ingested(
        new=len(new),
        repeated=len(ours) - len(new),
        foreign=len(events) - len(ours),
        suppressed=suppressed,
    )


def _ours(connection: Connection, events: Sequence[Event]) -> tuple[Event, ...]:
    ids = {event.delivery for event in events if event.delivery is not None}
    known = store.known_deliveries(connection, tuple(ids))
    return tuple(
        event
        for event in events
        if event.delivery is not None and known.get(event.delivery) == event.address.casefold()
    )


def _close(connection: Connection, campaign_id: int, clock: Clock) -> None:
    """A campaign whose last doubt an event has settled is done."""
    campaign = campaigns.hold(connection, campaign_id)
    settled = accounting.account(connection, campaign_id).settled
    if settled and campaign.state is CampaignState.UNSETTLED:
        campaigns.move(connection, campaign, CampaignState.DONE, at=clock.now(), actor=ACTOR)
