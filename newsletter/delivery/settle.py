"""Settles what is open without a sender: undo windows that passed, what the dead left under way,
batches in doubt.

A batch in doubt is settled by evidence: an event that carries its attempt's id, or the provider's
word where it can be asked. After a day without any it is held for a person. Silence proves nothing,
so nothing is ever sent again for it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.delivery import recall
from newsletter.delivery.gate import Wait
from newsletter.domain.campaign import BatchState, Step
from newsletter.errors import ProviderError
from newsletter.ports import Lookup, Recalling
from newsletter.store import batches, campaigns, doubts, moves, recalls
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from newsletter.ports import Clock, EmailProvider
    from newsletter.store.doubts import Doubt

ACTOR = "settlement"

PATIENCE = timedelta(hours=25)
"""SendGrid repeats an event for 24 hours at most; after that none is to be expected.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook
"""

ASK_AFTER = timedelta(minutes=10)
"""How long a provider may take until what it accepted can be looked up."""

PRESS_EVERY = timedelta(seconds=15)


def settle(
    engine: Engine, provider: EmailProvider, clock: Clock, *, fuse: bool, webhook: bool
) -> None:
    """Do what can be done now for every campaign; repeatable, by any number of processes.

    `webhook` tells whether events can come in at all.
    """
    step = Step(clock.now(), ACTOR)
    with writing(engine) as connection:
        concerned = {
            *recalls.let_go(connection, step),
            *batches.abandon(connection, step),
            *batches.prove(connection, step),
        }
        if fuse:
            recall.light(connection, step)
    if isinstance(provider, Recalling):
        recall.press(engine, provider, clock, step)
    if isinstance(provider, Lookup):
        concerned |= _look_up(engine, provider, step)
    with writing(engine) as connection:
        for doubt in doubts.unknown(connection, before=step.at - PATIENCE):
            note = _note(doubt, webhook=webhook)
            moves.move(
                connection,
                doubt.campaign,
                doubt.batch,
                BatchState.UNKNOWN,
                BatchState.HELD,
                step=replace(step, reason=note),
                attempt=doubt.attempt,
            )
    conclude(engine, concerned, step)


def conclude(engine: Engine, concerned: Iterable[int], step: Step) -> None:
    """End those of the campaigns of which everything was tried."""
    for campaign_id in sorted(concerned):
        with writing(engine) as connection:
            campaigns.conclude(connection, campaign_id, step)


def attend(
    engine: Engine,
    provider: EmailProvider,
    clock: Clock,
    campaign_id: int,
    step: Step,
    *,
    fuse: bool,
) -> Wait | None:
    """See to what the provider keeps of one campaign; what its sender is to wait for, or None."""
    with writing(engine) as connection:
        recalls.let_go(connection, step, campaign_id)
        if fuse:
            recall.light(connection, step, campaign_id)
    if isinstance(provider, Recalling):
        pressed = recall.press(engine, provider, clock, step, campaign_id)
        if pressed.again:
            return Wait(step.at, "a request that was called back goes out again")
    with reading(engine) as connection:
        being_recalled = recalls.kept(
            connection, BatchState.CANCELLING, campaign_id=campaign_id, lock=False
        )
        leaves_at = recalls.next_leaving(connection, campaign_id)
    if being_recalled:
        return Wait(step.at + PRESS_EVERY, "a request in doubt is being called back")
    return None if leaves_at is None else Wait(leaves_at, "the undo window is open")


def _look_up(engine: Engine, provider: Lookup, step: Step) -> set[int]:
    """Ask the provider about one batch in doubt, another each time: lookups are few a minute."""
    with reading(engine) as connection:
        waiting = doubts.unknown(connection, before=step.at - ASK_AFTER)
    if not waiting:
        return set()
    turn = int(step.at.timestamp() // PRESS_EVERY.total_seconds()) % len(waiting)
    doubt = waiting[turn]
    try:
        took = provider.took(doubt.attempt, since=doubt.since)
    except ProviderError:
        return set()
    if not took:
        return set()
    with writing(engine) as connection:
        found = replace(step, reason="the provider finds it among what it took")
        doubted = batches.Doubted(
            doubt.campaign, doubt.batch, doubt.attempt, BatchState.UNKNOWN, doubt.send_at
        )
        batches.accept(connection, doubted, found)
    return {doubt.campaign}


def _note(doubt: Doubt, *, webhook: bool) -> str:
    """What was looked for, for the person who decides."""
    looked = f"no event of it came in {PATIENCE.total_seconds() / 3600:.0f} hours"
    if not webhook:
        return f"{looked}, but none could: no webhook is set up"
    if doubt.others_heard:
        return f"{looked}, while events of other requests did: it was probably not taken"
    return f"{looked}, nor of any other request: the webhook may have been down"
