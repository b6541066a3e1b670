"""Appends verified events once and folds them; the provider may repeat and shuffle as it likes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.domain.campaign import CampaignState, Step
from newsletter.domain.event import (
    KEPT,
    SOFT_BOUNCES,
    Event,
    EventKind,
    Standing,
    bounced_softly,
    ends_subscription,
    standing,
    suppression_reason,
)
from newsletter.events import counting
from newsletter.store import accounting, audience, batches, campaigns, consent
from newsletter.store import events as store
from newsletter.store.engine import writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from newsletter.ports import Clock
    from newsletter.store.events import Mail

ACTOR = "events"

LATE_BOUNCE = timedelta(days=7)
"""How long after a mail a bounce may come back; servers try for five days (RFC 5321, 4.5.4.1)."""

BOUNCING_SINCE = timedelta(days=365)
"""How far back issues are looked at that an address bounced."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What events changed. `foreign` events name no delivery of ours, or another's; `suppressed`
    counts the suppressions and ended subscriptions.
    """

    new: int = 0
    repeated: int = 0
    foreign: int = 0
    suppressed: int = 0

    def __add__(self, other: Ingested) -> Ingested:
        """Both together."""
        return Ingested(
            self.new + other.new,
            self.repeated + other.repeated,
            self.foreign + other.foreign,
            self.suppressed + other.suppressed,
        )


def ingest(
    engine: Engine,
    events: Sequence[Event],
    *,
    clock: Clock,
    soft_bounces: int = SOFT_BOUNCES,
    kept: timedelta = KEPT,
) -> Ingested:
    """Take events in, in one transaction: append, fold, count, suppress, prove unknown batches.

    An event counts only where its address is the one its delivery was made for (A100). After
    `soft_bounces` issues in a row that an address bounced, it is suppressed. Opens and clicks are
    only counted, and not kept, where their reader did not consent to more, or where what the reader
    did before may be forgotten: events are `kept` for so long.
    """
    with writing(engine) as connection:
        taken = take_in(connection, events, at=clock.now(), soft_bounces=soft_bounces, kept=kept)
        failpoints.reach("event:appended")
    failpoints.reach("event:committed")
    return taken


def take_in(
    connection: Connection,
    events: Sequence[Event],
    *,
    at: datetime,
    soft_bounces: int,
    kept: timedelta = KEPT,
) -> Ingested:
    """As `ingest`, in the caller's transaction."""
    store.take_turns(connection)
    events = [_addressed(connection, event) for event in events]
    mails = store.hold(connection, {event.delivery for event in events if event.delivery})
    ours = [event for event in events if _belongs(event, mails)]
    new = store.unseen(connection, ours)
    _keep(connection, new, mails, at=at, kept=kept)
    suppressed = sum(_act(connection, event, mails, soft_bounces) for event in _in_order(new))
    _prove(connection, ours, Step(at, ACTOR))
    return Ingested(len(new), len(ours) - len(new), len(events) - len(ours), suppressed)


def _keep(
    connection: Connection,
    new: Sequence[Event],
    mails: Mapping[int, Mail],
    *,
    at: datetime,
    kept: timedelta,
) -> None:
    """Append new events, fold them into their deliveries, and count them."""
    personal, anonymous = counting.apart(new, mails, at - kept)
    crowds = counting.crowds_of(connection, personal, mails)
    stored = counting.stored_of(connection, mails, personal, crowds)
    personal = [counting.marked(event, crowds) for event in personal]
    proven = _proven(personal, mails)
    count = counting.Count.of(connection, mails, stored, crowds)
    count.personal(personal, proven)
    count.anonymous(anonymous)
    appended = [*personal, *map(counting.blanked, anonymous)]
    store.append(connection, appended, crowds.numbers, count.verdicts, received_at=at)
    store.raise_standings(connection, mails, proven, count.moments)
    count.write({event.key for event in personal})


def _addressed(connection: Connection, event: Event) -> Event:
    """A bounce that came late comes without our ids: it is of the newest mail to its address."""
    if event.delivery is not None or event.kind is not EventKind.BOUNCED or not event.address:
        return event
    since = event.at - LATE_BOUNCE
    address = event.address.casefold()
    found = store.mailed_lately(connection, address, since=since, until=event.at)
    return event if found is None else replace(event, delivery=found)


def _belongs(event: Event, mails: Mapping[int, Mail]) -> bool:
    mail = mails.get(event.delivery or 0)
    return mail is not None and mail.address == event.address.casefold()


def _proven(events: Sequence[Event], mails: Mapping[int, Mail]) -> dict[int, Standing]:
    """What deliveries stand at with these events."""
    told: dict[int, list[Event]] = {}
    for event in events:
        told.setdefault(event.delivery or 0, []).append(event)
    return {number: standing(of, mails[number].standing) for number, of in told.items()}


def _in_order(events: Sequence[Event]) -> list[Event]:
    """Everybody takes the locks of people in one order, or two folds would wait for each other."""
    return sorted(events, key=lambda event: (event.delivery, event.at))


def _act(
    connection: Connection, event: Event, mails: Mapping[int, Mail], soft_bounces: int
) -> bool:
    """Suppress the address or end the subscription where an event demands it.

    Hard bounces and complaints suppress the address everywhere; an unsubscribe ends one list.
    """
    mail = mails[event.delivery or 0]
    reason = suppression_reason(event)
    if reason is not None:
        return audience.suppress(connection, mail.digest, reason=reason, at=event.at)
    if ends_subscription(event):
        return consent.leave(connection, mail.subscription, at=event.at, delivery=event.delivery)
    if event.kind is EventKind.RESUBSCRIBED:
        consent.come_back(connection, mail.subscription, at=event.at, delivery=event.delivery)
    if bounced_softly(event):
        since = event.at - BOUNCING_SINCE
        if store.bounced_in_a_row(connection, mail.address, since=since) >= soft_bounces:
            return audience.suppress(connection, mail.digest, reason="soft bounces", at=event.at)
    return False


def _prove(connection: Connection, events: Sequence[Event], step: Step) -> None:
    """Settle what was in doubt under the attempts that these events name, repeated ones too."""
    attempts = {event.attempt for event in events if event.attempt}
    for campaign_id in store.campaigns_in_doubt(connection, attempts):
        if batches.prove(connection, step, campaign_id):
            _close(connection, campaign_id, step)


def _close(connection: Connection, campaign_id: int, step: Step) -> None:
    """A campaign whose last doubt an event has settled is done."""
    campaign = campaigns.hold(connection, campaign_id)
    settled = accounting.account(connection, campaign_id).settled
    if settled and campaign.state is CampaignState.UNSETTLED:
        campaigns.move(connection, campaign, CampaignState.DONE, step)
