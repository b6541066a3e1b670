"""Calling mail back from the provider: a campaign by a person, a batch in doubt by the fuse.

A batch is `cancelling` from before the provider is asked until it has confirmed, and only what was
confirmed in time counts as discarded. Asking is repeatable, so a crash changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.config.sending import RECALL_MARGIN
from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.errors import ProviderError
from newsletter.store import campaigns, control, moves, recalls
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from newsletter.domain.campaign import Campaign, Step
    from newsletter.ports import Clock, Recalling
    from newsletter.store.recalls import Kept

MOST_OPEN = 8
"""Ids being discarded at once; SendGrid allows ten, and a person may need two."""

LATE_BYTES = timedelta(minutes=16)
"""After an attempt began, how long its bytes may still arrive: a request's 60 seconds, then 15
minutes for what a kernel holds (F23). Nobody is mailed again before.
"""

TRIES = 3
"""How often the provider is asked while a person waits."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """How many people a recall concerns. `called_back` will get nothing; of `asked` the provider
    has not confirmed it yet; for the others it was `too_late`, or their requests are `under_way`.
    """

    called_back: int
    asked: int
    too_late: int
    under_way: int


@dataclass(frozen=True, slots=True)
class Pressed:
    """Batches the provider has not confirmed yet, and batches that are ready again."""

    open: int
    again: int


def recall(
    engine: Engine, provider: Recalling, clock: Clock, campaign: Campaign, step: Step
) -> Recalled:
    """Cancel a campaign and call back what the provider still keeps of it.

    Once more for what was under way, or beyond the number of ids a provider discards at once.
    """
    with writing(engine) as connection:
        moves.hold_open(connection, campaign.id)
        _ask_back(connection, campaign.id, step)
        current = campaigns.hold(connection, campaign.id)
        if current.state is not CampaignState.CANCELLED:
            control.cancel(connection, current, step)
    for _ in range(TRIES):
        if not press(engine, provider, clock, step, campaign.id).open:
            break
        clock.sleep(1)
    return _summary(engine, campaign.id)


def _ask_back(connection: Connection, campaign_id: int, step: Step) -> None:
    """Begin to call back all that one call discards.

    Batches may share an id, so those that leave within the margin go with the others: what becomes
    of them is for events to tell.
    """
    states = (BatchState.SCHEDULED, BatchState.UNKNOWN)
    begun = recalls.being_recalled(connection, step.at)
    ids: list[str] = []
    kept = recalls.kept(connection, *states, campaign_id=campaign_id)
    for one in kept:  # those that leave last first
        if one.recall not in ids and _in_time(one, step.at):
            ids.append(one.recall)
    free = set([one for one in ids if one not in begun][: max(MOST_OPEN - len(begun), 0)])
    wanted = free | (begun & set(ids))
    asked = [one for one in kept if one.recall in wanted and one.send_at > step.at]
    for one in asked:
        recalls.move(connection, one, BatchState.CANCELLING, step)


def light(connection: Connection, step: Step, campaign_id: int | None = None) -> None:
    """The fuse: batches in doubt that leave late enough begin to be called back.

    Where too many are being called back already, the batch is held for a person. An id that other
    attempts share is left alone, for discarding it would discard theirs.
    """
    doubted = recalls.kept(connection, BatchState.UNKNOWN, campaign_id=campaign_id)
    alone = recalls.unshared(connection, {one.recall for one in doubted})
    open_ = len(recalls.being_recalled(connection, step.at))
    for one in doubted:
        if one.recall not in alone or not _in_time(one, step.at):
            continue
        if open_ < MOST_OPEN:
            fuse = replace(step, reason="in doubt: it is called back, to be sent again")
            recalls.move(connection, one, BatchState.CANCELLING, fuse)
            open_ += 1
        else:
            full = replace(step, reason=f"{MOST_OPEN} requests are being called back already")
            recalls.move(connection, one, BatchState.HELD, full)


def press(
    engine: Engine, provider: Recalling, clock: Clock, step: Step, campaign_id: int | None = None
) -> Pressed:
    """Ask the provider again about whatever is being called back, and follow its answers."""
    with reading(engine) as connection:
        asked = recalls.kept(connection, BatchState.CANCELLING, campaign_id=campaign_id, lock=False)
    confirmed = {
        recall
        for recall in sorted({one.recall for one in asked if not one.recalled})
        if _discarded(provider, recall)
    }
    open_, again = 0, 0
    with writing(engine) as connection:
        now = replace(step, at=clock.now())
        for one in recalls.kept(connection, BatchState.CANCELLING, campaign_id=campaign_id):
            after = _follow(connection, one, now, confirmed=one.recall in confirmed)
            open_ += after is None and not one.recalled
            again += after is BatchState.READY
    return Pressed(open_, again)


def _discarded(provider: Recalling, recall: str) -> bool:
    """Whether the provider confirms; one that does not answer is asked again another time (F67)."""
    try:
        provider.discard(recall)
        return provider.discarded(recall)
    except ProviderError:
        return False


def _follow(connection: Connection, one: Kept, step: Step, *, confirmed: bool) -> BatchState | None:
    """Where a batch that is being called back goes now; None where it waits on."""
    if not one.recalled and not _in_time(one, step.at):
        late = "too late to be sure that the provider discarded it"
        recalls.move(connection, one, BatchState.HELD, replace(step, reason=late))
        return BatchState.HELD
    if confirmed and not one.recalled:
        recalls.confirm(connection, one, step)
    if not (confirmed or one.recalled):
        return None
    sure = replace(step, reason="the provider confirms that it discarded it")
    if one.campaign_state is CampaignState.CANCELLED:
        recalls.move(connection, one, BatchState.CANCELLED, sure)
        return BatchState.CANCELLED
    if step.at < one.created_at + LATE_BYTES:
        return None
    recalls.move(connection, one, BatchState.READY, sure)
    campaign = campaigns.hold(connection, one.campaign)
    if campaign.state is CampaignState.UNSETTLED:
        campaigns.move(connection, campaign, CampaignState.SENDING, sure)
    return BatchState.READY


def _in_time(one: Kept, now: datetime) -> bool:
    """Whether the provider can still be relied upon to discard it."""
    return now <= one.send_at - RECALL_MARGIN


def _summary(engine: Engine, campaign_id: int) -> Recalled:
    with reading(engine) as connection:
        stands = recalls.people(connection, campaign_id)
    sums: defaultdict[str, int] = defaultdict(int)
    for state, discarded, people in stands:
        if discarded and state is BatchState.CANCELLED:
            sums["called_back"] += people
        elif state is BatchState.CANCELLING:
            sums["asked"] += people
        elif state is BatchState.SUBMITTING:
            sums["under_way"] += people
        elif state is not BatchState.CANCELLED:
            sums["too_late"] += people
    return Recalled(sums["called_back"], sums["asked"], sums["too_late"], sums["under_way"])
