"""Sends a campaign, batch by batch: claim, submit, record; killed anywhere, it can be run again.

    1. claim        commit: batch `submitting`, attempt id, suppressions re-checked
    2. submit       the one network call, outside any transaction
    3. record       commit, together with the claim of the next batch

A kill before 1 loses nothing; after 1 and before 3 the batch becomes `unknown` at the next run and
is settled by an event carrying its attempt id, or by a person; it is never sent again by itself.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from newsletter.delivery.compose import compose_mailing, compose_message
from newsletter.delivery.policy import Decision, decide
from newsletter.domain.campaign import BatchState, CampaignState, DeliveryState, Outcome
from newsletter.errors import ProviderError, StoreError
from newsletter.store import accounting, batches, campaigns, claims
from newsletter.store.engine import reading, writing
from newsletter.store.locks import sender_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from newsletter.domain.campaign import Campaign, Claim
    from newsletter.domain.mailing import Message, Receipt
    from newsletter.ports import Clock, EmailProvider, Randomness

ACTOR = "sender"

DATABASE_WAITS = (1, 2, 4, 8, 15, 30)
"""Seconds between tries to write down an answer while the database is away."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Dispatch:
    """One run over one campaign. `key` signs unsubscribe links; `progress` hears mails done.

    `concurrency` is how many requests run at once, and so how many batches a kill can leave in
    doubt. `progress` is called from the threads that make them. Once `stopping` is set, nothing
    more is claimed.
    """

    engine: Engine
    provider: EmailProvider
    clock: Clock
    randomness: Randomness
    key: bytes
    progress: Callable[[int], None]
    concurrency: int = 1
    stopping: threading.Event = field(default_factory=threading.Event)
    _failures: Counter[Outcome] = field(default_factory=Counter)
    _failing: threading.Lock = field(default_factory=threading.Lock)
    _quiet_until: datetime = _LONG_AGO  # as the provider wished; it holds for every thread
    _failed: threading.Event = field(default_factory=threading.Event)  # `stopping` is the caller's
    _messages: dict[str, Message] = field(default_factory=dict)

    def run(self, campaign: Campaign) -> Campaign:
        """Send until nothing is ready, or a reason to pause or stop appears; returns the campaign.

        Interrupted or stopped, it lets the requests under way end, writes them down, and goes.
        Raises DeliveryError when another process is sending this campaign.
        """
        with sender_lock(self.engine, campaign.id):
            self._failed.clear()
            campaign = self._start(campaign)
            with ThreadPoolExecutor(self.concurrency, thread_name_prefix="sender") as pool:
                try:
                    workers = [pool.submit(self._work, campaign) for _ in range(self.concurrency)]
                    for worker in workers:
                        worker.result()
                except BaseException:
                    self._failed.set()
                    raise
            return self._finish(campaign)

    def _work(self, campaign: Campaign) -> None:
        """What each thread does: claim, submit, record, until nothing is left or all must stop."""
        try:
            claim = self._claim(campaign)
            while claim is not None:
                claim = self._step(campaign, claim) or self._claim(campaign)
        except BaseException:
            self._failed.set()
            raise

    @property
    def _ending(self) -> bool:
        """Whether nothing more may be begun: somebody wishes so, or another thread has failed."""
        return self.stopping.is_set() or self._failed.is_set()

    def _start(self, campaign: Campaign) -> Campaign:
        with writing(self.engine) as connection:
            now = self.clock.now()
            batches.abandon(connection, campaign, at=now, actor=ACTOR)
            batches.prove(connection, campaign.id, at=now, actor=ACTOR)
            campaign = campaigns.hold(connection, campaign.id)
            if campaign.state is not CampaignState.SENDING:
                campaigns.move(connection, campaign, CampaignState.SENDING, at=now, actor=ACTOR)
            for version, rendition in campaigns.renditions(connection, campaign.id).items():
                self._messages[version] = compose_message(campaign, rendition)
            return campaigns.get(connection, campaign.id)

    def _claim(self, campaign: Campaign) -> Claim | None:
        """The next batch, waiting for one that is delayed; None when none is left."""
        while not self._ending:
            claim = self._commit(campaign, lambda _: None)
            if claim is not None:
                return claim
            with reading(self.engine) as connection:
                moment = claims.next_moment(connection, campaign, not_before=self._quiet_until)
            if moment is None:
                return None
            # In short sleeps, so that who wants to stop need not wait for a distant moment.
            waiting = (moment - self.clock.now()).total_seconds()
            self.clock.sleep(min(max(waiting, 0.0), 1.0))
        return None

    def _commit(self, campaign: Campaign, record: Callable[[Connection], None]) -> Claim | None:
        """Write down what an attempt came to and claim the next batch, in one commit.

        While the database is away this is tried again: an answer that is not written down leaves
        people in doubt. Where a commit passed and only its answer was lost, `record` finds its work
        done, and the batch that was claimed unheard is given back.
        """
        waits, attempt = iter(DATABASE_WAITS), ""
        while True:
            unheard, attempt = attempt, self.randomness.token()
            try:
                with writing(self.engine) as connection:
                    if unheard:
                        now = self.clock.now()
                        batches.give_back(connection, campaign, unheard, at=now, actor=ACTOR)
                    record(connection)
                    return self._next(connection, campaign, attempt)
            except StoreError:
                wait = next(waits, None)
                if wait is None or self._ending:
                    raise
                self._rest(wait)

    def _rest(self, seconds: int) -> None:
        """Sleep, but not through the wish to stop."""
        for _ in range(seconds):
            if not self._ending:
                self.clock.sleep(1)

    def _next(self, connection: Connection, campaign: Campaign, attempt: str) -> Claim | None:
        now = self.clock.now()
        if self._ending or now < self._quiet_until:
            return None
        return claims.claim(connection, campaign, attempt=attempt, at=now, actor=ACTOR)

    def _step(self, campaign: Campaign, claim: Claim) -> Claim | None:
        """Submit one batch, record it, and claim the next in the same commit."""
        mailing = compose_mailing(
            self._messages[claim.version],
            claim,
            base_url=campaign.envelope.base_url,
            key=self.key,
        )
        try:
            receipt = self.provider.submit(mailing)
        except ProviderError as error:
            return self._after_error(campaign, claim, error)
        return self._after_receipt(campaign, claim, receipt)

    def _after_receipt(self, campaign: Campaign, claim: Claim, receipt: Receipt) -> Claim | None:
        self._failures.clear()
        record = partial(
            batches.record,
            campaign=campaign,
            claimed=claim,
            after=BatchState.SUBMITTED,
            outcome=Outcome.ACCEPTED,
            at=self.clock.now(),
            actor=ACTOR,
            status=receipt.status,
            reference=receipt.reference,
        )
        following = self._commit(campaign, record)
        self.progress(len(claim.deliveries))
        return following

    def _after_error(self, campaign: Campaign, claim: Claim, error: ProviderError) -> Claim | None:
        now = self.clock.now()
        decision = self._decision(error, now, len(claim.deliveries))

        def record(connection: Connection) -> None:
            batches.record(
                connection,
                campaign,
                claim,
                decision.after,
                outcome=decision.outcome,
                at=now,
                actor=ACTOR,
                status=error.status,
                reason=error.message,
                not_before=_after(now, decision) if decision.wait else None,
                refused=tuple(claim.deliveries[place].id for place in decision.refused),
                halve=decision.halve,
            )
            if decision.pause is not None:
                self._pause(connection, campaign, decision.pause)

        following = self._commit(campaign, record)
        if decision.after is not BatchState.READY:
            self.progress(len(claim.deliveries))
        return following

    def _decision(self, error: ProviderError, now: datetime, recipients: int) -> Decision:
        """What the answer means after those before it; a wait is one for every thread.

        Answers to requests that were under way when the provider asked for quiet count as one.
        """
        with self._failing:
            outcome = decide(error, failures=0, recipients=recipients).outcome
            if outcome is not Outcome.BUSY or now >= self._quiet_until:
                self._failures[outcome] += 1
            failures = max(self._failures[outcome] - 1, 0)
            decision = decide(error, failures=failures, recipients=recipients)
            if decision.wait:
                self._quiet_until = max(self._quiet_until, _after(now, decision))
            return decision

    def _pause(self, connection: Connection, campaign: Campaign, reason: str) -> None:
        """Pause, unless another thread or a person has just stopped the campaign."""
        current = campaigns.hold(connection, campaign.id)
        if current.state is CampaignState.SENDING:
            paused = CampaignState.PAUSED
            now = self.clock.now()
            campaigns.move(connection, current, paused, at=now, actor=ACTOR, reason=reason)

    def _finish(self, campaign: Campaign) -> Campaign:
        with writing(self.engine) as connection:
            now = self.clock.now()
            # Events may have come before the answer they prove was found to be lost.
            batches.prove(connection, campaign.id, at=now, actor=ACTOR)
            campaign = campaigns.hold(connection, campaign.id)
            sums = accounting.account(connection, campaign.id)
            stopped = DeliveryState.PLANNED in sums.states
            after = CampaignState.DONE if sums.settled else CampaignState.UNSETTLED
            # Unsettled already, where a second sender that took the lock has ended before.
            tried = (CampaignState.SENDING, CampaignState.UNSETTLED)
            if campaign.state in tried and campaign.state is not after and not stopped:
                campaigns.move(connection, campaign, after, at=now, actor=ACTOR)
            return campaigns.get(connection, campaign.id)


def _after(now: datetime, decision: Decision) -> datetime:
    return now + timedelta(seconds=decision.wait)
