"""Sends a campaign, batch by batch: claim, submit, record; killed anywhere, it can be run again.

    1. claim        commit: batch `submitting`, attempt id, suppressions re-checked
    2. submit       the one network call, outside any transaction
    3. record       commit, together with the claim of the next batch

A kill before 1 loses nothing; after 1 and before 3 the batch becomes `unknown` at the next run and
is settled by an event carrying its attempt id, or by a person; it is never sent again by itself.
"""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from newsletter import failpoints
from newsletter.config.sending import Sending
from newsletter.delivery.clerk import Clerk
from newsletter.delivery.compose import compose_mailing, compose_message
from newsletter.delivery.gate import Gate, Wait
from newsletter.delivery.settle import attend
from newsletter.delivery.undo import Undo
from newsletter.domain.campaign import CampaignState
from newsletter.errors import DeliveryError, ProviderError
from newsletter.ports import Recalling
from newsletter.store import batches, campaigns, pace
from newsletter.store.engine import writing
from newsletter.store.senders import sending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from newsletter.delivery.clerk import Following
    from newsletter.delivery.gate import Taken
    from newsletter.delivery.outcomes import Answer
    from newsletter.domain.campaign import Campaign
    from newsletter.domain.mailing import Message
    from newsletter.ports import Clock, EmailProvider, Randomness

LOOK_AGAIN = timedelta(seconds=15)
"""A sender that waits asks the database so often whether it still should."""

COLLECT_EVERY = 50_000
"""Objects made between two garbage collections of a send: about ten batches."""

KEEP = 4 << 20
"""Bytes of memory that are kept for the next batch: about twice what one takes."""

_UTC = ZoneInfo("UTC")

_TRIED = (CampaignState.DONE, CampaignState.UNSETTLED)


@dataclass(slots=True)
class Dispatch:
    """One run over one campaign. `key` signs unsubscribe links; `progress` hears mails done.

    `concurrency` is how many requests run at once, and so how many batches a kill can leave in
    doubt. `state` is the folder of this machine's mark of a PostgreSQL database (store.guard).
    `progress` is called from the threads that make requests. Once `stopping` is set, nothing more
    is claimed. `settings` tell pace, canary, thresholds and undo window, in days of `zone`. Where
    nothing can be done for longer than `patience`, the run ends and leaves the campaign as it is.
    """

    engine: Engine
    provider: EmailProvider
    clock: Clock
    randomness: Randomness
    key: bytes
    progress: Callable[[int], None]
    concurrency: int = 1
    state: Path | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    settings: Sending = field(default_factory=Sending)
    zone: ZoneInfo = _UTC
    patience: timedelta | None = None
    _failed: threading.Event = field(default_factory=threading.Event)  # `stopping` is the caller's
    _messages: dict[str, Message] = field(default_factory=dict)

    def run(self, campaign: Campaign) -> Campaign:
        """Send until nothing is left, or a reason to pause or stop appears; returns the campaign.

        With an undo window it stays until that has passed. Interrupted or stopped, it lets the
        requests under way end, writes them down, and goes. Other processes may send the same
        campaign meanwhile. Raises DeliveryError where this machine must not send from this database
        (store.guard), or where the provider cannot keep what the settings want kept.
        """
        undo = self._undo()
        with _quick_memory(), sending(self.engine, self.state, self.clock) as sender:
            self._failed.clear()
            gate = Gate(self.settings, self.zone)
            clerk = Clerk(
                campaign,
                self.engine,
                self.clock,
                self.randomness,
                gate,
                sender,
                undo,
                lambda: self._ending,
            )
            if not self._start(clerk):
                return clerk.campaign
            failpoints.reach("recovery:committed")
            self._work_off(clerk)
            while (wait := self._attend(clerk)) is not None and self._wait(wait):
                self._work_off(clerk)
            return self._finish(clerk)

    def _undo(self) -> Undo | None:
        hold_for = self.settings.hold_for
        if hold_for is None:
            return None
        if not isinstance(self.provider, Recalling):
            raise DeliveryError(
                f"sending.hold_for is set, but {self.provider.name} cannot recall mail; "
                "take the setting out, or send through SendGrid"
            )
        return Undo(self.engine, self.provider, hold_for, self.settings.fuse)

    @property
    def _ending(self) -> bool:
        """Whether nothing more may be begun: somebody wishes so, or another thread has failed."""
        return self.stopping.is_set() or self._failed.is_set()

    def _start(self, clerk: Clerk) -> bool:
        """Take the campaign up; False where another sender has brought it to its end meanwhile."""
        with writing(self.engine) as connection:
            step = clerk.now()
            batches.abandon(connection, step, clerk.campaign.id)
            failpoints.reach("recovery:taken")
            batches.prove(connection, step, clerk.campaign.id)
            seen, campaign = clerk.campaign, campaigns.hold(connection, clerk.campaign.id)
            if campaign.state is not seen.state and campaign.state in _TRIED:
                clerk.campaign = campaign
                return False
            if campaign.state is not CampaignState.SENDING:
                # Not what a person paused, cancelled or moved to another hour since it was seen.
                if (campaign.state, campaign.send_at) != (seen.state, seen.send_at):
                    raise DeliveryError(
                        "another process has just changed this campaign; look at its status"
                    )
                campaigns.move(connection, campaign, CampaignState.SENDING, step)
            for version, rendition in campaigns.renditions(connection, campaign.id).items():
                self._messages[version] = compose_message(
                    str(campaign.id), campaign.envelope, rendition
                )
            pace.begin(connection, [limit.name for limit in clerk.gate.limits], at=step.at)
            clerk.campaign = campaigns.get(connection, campaign.id)
            return True

    def _work_off(self, clerk: Clerk) -> None:
        """Submit what is ready, in threads."""
        with ThreadPoolExecutor(self.concurrency, thread_name_prefix="sender") as pool:
            try:
                workers = [pool.submit(self._work, clerk) for _ in range(self.concurrency)]
                for worker in workers:
                    worker.result()
            except BaseException:
                self._failed.set()
                raise

    def _work(self, clerk: Clerk) -> None:
        """What each thread does: claim, submit, record, until nothing is left or all must stop."""
        try:
            following = clerk.next()
            while following is not None:
                if not isinstance(following, Wait):
                    following = self._step(clerk, following)
                elif self._wait(following):
                    following = clerk.next()
                else:
                    return
        except BaseException:
            self._failed.set()
            raise

    def _wait(self, wait: Wait) -> bool:
        """Sleep until then, but not for long without a look; False where the run ends instead.

        In short sleeps, so that who wants to stop need not wait for a distant moment.
        """
        began = self.clock.now()
        if self.patience is not None and wait.until - began > self.patience:
            return False
        until = min(wait.until, began + LOOK_AGAIN)
        while not self._ending and (left := (until - self.clock.now()).total_seconds()) > 0:
            self.clock.sleep(min(left, 1.0))
        return not self._ending

    def _step(self, clerk: Clerk, taken: Taken) -> Following:
        """Submit one batch, record it, and claim the next in the same commit."""
        failpoints.reach("claim:committed")
        answer = self._submit(clerk.campaign, taken)
        failpoints.reach("record:ready")
        ended, following = clerk.record(taken, answer)
        failpoints.reach("record:committed")
        if ended:
            self.progress(ended)
        return following

    def _submit(self, campaign: Campaign, taken: Taken) -> Answer:
        claim = taken.claim
        message, base_url = self._messages[claim.version], campaign.envelope.base_url
        try:
            mailing = compose_mailing(message, claim, base_url=base_url, key=self.key)
            failpoints.reach("post:ready")
            return self.provider.submit(mailing)
        except ProviderError as error:
            return error

    def _attend(self, clerk: Clerk) -> Wait | None:
        """See to what the provider keeps; what is to be waited for, or None."""
        if self._ending or not isinstance(self.provider, Recalling):
            return None
        return attend(
            self.engine,
            self.provider,
            self.clock,
            clerk.campaign.id,
            clerk.now(),
            fuse=self.settings.fuse,
        )

    def _finish(self, clerk: Clerk) -> Campaign:
        with writing(self.engine) as connection:
            step = clerk.now()
            # What another sender left that died meanwhile; a living one ends the campaign itself.
            batches.abandon(connection, step, clerk.campaign.id)
            # Events may have come before the answer they prove was found to be lost.
            batches.prove(connection, step, clerk.campaign.id)
            return campaigns.conclude(connection, clerk.campaign.id, step)


@contextmanager
def _quick_memory() -> Iterator[None]:
    """Let the garbage collector look less often, and not at what is there already: a batch makes
    thousands of tuples, and would be looked through eight times while it is made.

    And let the memory of a batch be used again: glibc gives back what is free at the end of a
    thread's heap, and the next batch would fault in 300 pages anew. It keeps more after a larger
    piece than ever before was freed (M_MMAP_THRESHOLD in
    https://man7.org/linux/man-pages/man3/mallopt.3.html).
    """
    bytearray(KEEP)
    usual = gc.get_threshold()
    gc.set_threshold(COLLECT_EVERY, *usual[1:])
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
