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
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.delivery.compose import compose_mailing, compose_message
from newsletter.delivery.policy import Decision, decide
from newsletter.domain.campaign import BatchState, CampaignState, DeliveryState, Outcome
from newsletter.errors import ProviderError
from newsletter.store import accounting, batches, campaigns, claims
from newsletter.store.engine import writing
from newsletter.store.locks import sender_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from newsletter.domain.campaign import Campaign, Claim
    from newsletter.domain.mailing import Message, Receipt
    from newsletter.ports import Clock, EmailProvider, Randomness

ACTOR = "sender"


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
    _messages: dict[str, Message] = field(default_factory=dict)

    def run(self, campaign: Campaign) -> Campaign:
        """Send until nothing is ready, or a reason to pause or stop appears; returns the campaign.

        Interrupted or stopped, it lets the requests under way end, writes them down, and goes.
        Raises DeliveryError when another process is sending this campaign.
        """
        with sender_lock(self.engine, campaign.id):
            campaign = self._start(campaign)
            with ThreadPoolExecutor(self.concurrency, thread_name_prefix="sender") as pool:
                workers = [pool.submit(self._work, campaign) for _ in range(self.concurrency)]
                try:
                    for worker in workers:
                        worker.result()
                except BaseException:
                    self.stopping.set()
                    raise
            return self._finish(campaign)

    def _work(self, campaign: Campaign) -> None:
        """What each thread does: claim, submit, record, until nothing is left or all must stop."""
        claim = self._claim(campaign)
        while claim is not None:
            claim = self._step(campaign, claim) or self._claim(campaign)

    def _start(self, campaign: Campaign) -> Campaign:
        with writing(self.engine) as connection:
            campaign = campaigns.get(connection, campaign.id)
            now = self.clock.now()
            batches.abandon(connection, campaign, at=now, actor=ACTOR)
            batches.prove(connection, at=now, actor=ACTOR)
            if campaign.state is not CampaignState.SENDING:
                campaigns.move(connection, campaign, CampaignState.SENDING, at=now, actor=ACTOR)
            for version, rendition in campaigns.renditions(connection, campaign.id).items():
                self._messages[version] = compose_message(campaign, rendition)
            return campaigns.get(connection, campaign.id)

    def _claim(self, campaign: Campaign) -> Claim | None:
        """The next batch, waiting for one that is delayed; None when none is left."""
        while not self.stopping.is_set():
            with writing(self.engine) as connection:
                claim = self._next(connection, campaign)
                moment = claims.next_moment(connection, campaign)
            if claim is not None or moment is None:
                return claim
            # In short sleeps, so that who wants to stop need not wait for a distant moment.
            waiting = (moment - self.clock.now()).total_seconds()
            self.clock.sleep(min(max(waiting, 0.0), 1.0))
        return None

    def _next(self, connection: Connection, campaign: Campaign) -> Claim | None:
        if self.stopping.is_set():
            return None
        return claims.claim(
            connection,
            campaign,
            attempt=self.randomness.token(),
            at=self.clock.now(),
            actor=ACTOR,
        )

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
            following = self._after_error(campaign, claim, error)
        else:
            following = self._after_receipt(campaign, claim, receipt)
        return following

    def _after_receipt(self, campaign: Campaign, claim: Claim, receipt: Receipt) -> Claim | None:
        self._failures.clear()
        with writing(self.engine) as connection:
            batches.record(
                connection,
                campaign,
                claim,
                BatchState.SUBMITTED,
                outcome=Outcome.ACCEPTED,
                at=self.clock.now(),
                actor=ACTOR,
                status=receipt.status,
                reference=receipt.reference,
            )
            following = self._next(connection, campaign)
        self.progress(len(claim.deliveries))
        return following

    def _after_error(self, campaign: Campaign, claim: Claim, error: ProviderError) -> Claim | None:
        decision = self._decision(error)
        now = self.clock.now()
        with writing(self.engine) as connection:
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
                not_before=now + timedelta(seconds=decision.wait) if decision.wait else None,
                refused=tuple(claim.deliveries[place].id for place in decision.refused),
            )
            current = campaigns.get(connection, campaign.id)
            if decision.pause is not None and current.state is CampaignState.SENDING:
                campaigns.move(
                    connection,
                    current,
                    CampaignState.PAUSED,
                    at=now,
                    actor=ACTOR,
                    reason=decision.pause,
                )
            following = self._next(connection, campaign)
        if decision.after is not BatchState.READY:
            self.progress(len(claim.deliveries))
        return following

    def _decision(self, error: ProviderError) -> Decision:
        with self._failing:
            outcome = decide(error, failures=0).outcome
            self._failures[outcome] += 1
            return decide(error, failures=self._failures[outcome] - 1)

    def _finish(self, campaign: Campaign) -> Campaign:
        with writing(self.engine) as connection:
            campaign = campaigns.get(connection, campaign.id)
            sums = accounting.account(connection, campaign.id)
            stopped = DeliveryState.PLANNED in sums.states
            if campaign.state is CampaignState.SENDING and not stopped:
                after = CampaignState.DONE if sums.settled else CampaignState.UNSETTLED
                campaigns.move(connection, campaign, after, at=self.clock.now(), actor=ACTOR)
            return campaigns.get(connection, campaign.id)
