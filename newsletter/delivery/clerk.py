"""Writes down what an attempt came to and claims the next batch: one commit for both."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.delivery.gate import Gate, Keeping, Taken, Wait
from newsletter.delivery.outcomes import Outcomes
from newsletter.delivery.pauses import pause
from newsletter.delivery.policy import PATIENCE
from newsletter.domain.campaign import Step
from newsletter.errors import ProviderError, Rejected, StoreError
from newsletter.store import batches
from newsletter.store.engine import writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from newsletter.delivery.outcomes import Answer
    from newsletter.delivery.undo import Undo
    from newsletter.domain.campaign import Campaign
    from newsletter.ports import Clock, Randomness
    from newsletter.store.senders import Sender

ACTOR = "sender"

DATABASE_WAITS = (1, 2, 4, 8, 15, 30)
"""Seconds between tries to write down an answer while the database is away."""

Following = Taken | Wait | None
"""The next batch, or until when there is none, or None where none is left to claim."""


@dataclass(slots=True)
class Clerk:
    """The commits of one run over a campaign; shared by its threads.

    `ending` tells whether nothing more may be begun.
    """

    campaign: Campaign
    engine: Engine
    clock: Clock
    randomness: Randomness
    gate: Gate
    sender: Sender
    undo: Undo | None
    ending: Callable[[], bool]
    _unkept: int = field(default=0, init=False)  # in a row: no id to keep a mailing under

    def next(self) -> Following:
        """Claim the next batch."""
        return self._commit(lambda _: 0)[1]

    def record(self, taken: Taken, answer: Answer) -> tuple[int, Following]:
        """Write an answer down and claim the next batch; also how many people will not be tried
        again.
        """
        outcomes = Outcomes(self.campaign, self.gate.limits)
        step = self.now()
        return self._commit(lambda connection: outcomes.record(connection, taken, answer, step))

    def now(self, reason: str = "") -> Step:
        """A step of the sender's at this moment."""
        return Step(self.clock.now(), ACTOR, reason)

    def _commit(self, record: Callable[[Connection], int]) -> tuple[int, Following]:
        """Both in one transaction, tried again while the database is away: an answer that is not
        written down leaves people in doubt.

        Where a commit passed and only its answer was lost, `record` finds its work done, and the
        batch that was claimed unheard is given back.
        """
        waits, attempt = iter(DATABASE_WAITS), ""
        keeping = self._keeping()
        while True:
            unheard, attempt = attempt, self.randomness.token()
            try:
                owner = self.sender.number()
                with writing(self.engine) as connection:
                    if unheard:
                        batches.give_back(connection, self.campaign, unheard, self.now())
                    ended = record(connection)
                    following = self._next(connection, keeping, attempt, owner)
                    failpoints.reach("claim:taken")
            except StoreError:
                wait = next(waits, None)
                if wait is None or self.ending():
                    raise
                self._rest(wait)
            else:
                self._settle_claim(keeping, following)
                return ended, following

    def _next(
        self, connection: Connection, keeping: Keeping | ProviderError, attempt: str, owner: int
    ) -> Following:
        if self.ending():
            return None
        if isinstance(keeping, ProviderError):
            return self._unkeepable(connection, keeping)
        step = self.now()
        return self.gate.next(
            connection, self.campaign, step, keeping, attempt=attempt, owner=owner
        )

    def _settle_claim(self, keeping: Keeping | ProviderError, following: Following) -> None:
        """What is to be done once the claim is durable, and before anything is submitted."""
        if isinstance(following, Taken):
            self.sender.claimed(following.claim.entry)
        elif self.undo is not None and isinstance(keeping, Keeping):
            self.undo.spared(keeping)

    def _keeping(self) -> Keeping | ProviderError:
        """How the next batch is kept at the provider; what it said instead, where it would not."""
        if self.undo is None or self.ending():
            return Keeping()
        try:
            keeping = self.undo.keeping(self.campaign, self.clock.now())
        except ProviderError as error:
            self._unkept += 1
            return error
        self._unkept = 0
        return keeping

    def _unkeepable(self, connection: Connection, error: ProviderError) -> Wait | None:
        """Without an id nothing is claimed: it could not be called back."""
        if isinstance(error, Rejected) or self._unkept >= PATIENCE:
            reason = f"paused because the provider opens no undo window: {error.message}"
            pause(connection, self.campaign, self.now(), reason)
            return None
        until = self.clock.now() + timedelta(seconds=2.0**self._unkept)
        return Wait(until, "the provider opens no undo window")

    def _rest(self, seconds: int) -> None:
        """Sleep, but not through the wish to stop."""
        for _ in range(seconds):
            if not self.ending():
                self.clock.sleep(1)
