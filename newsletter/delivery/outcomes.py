"""What an answer comes to: decided and written down in the transaction that claims the next batch.

Deciding there, with the meters of trouble at hand, keeps the counts right over threads, processes
and restarts, and lets the whole be tried again while the database is away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.delivery import trouble
from newsletter.delivery.pace import refunded
from newsletter.delivery.parts import divide
from newsletter.delivery.pauses import pause
from newsletter.delivery.policy import Decision, decide, too_many_unfit
from newsletter.domain.campaign import Apart, BatchState, Outcome
from newsletter.domain.mailing import Receipt
from newsletter.errors import Partly, ProviderError
from newsletter.store import batches, pace, returns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from newsletter.delivery.gate import Taken
    from newsletter.delivery.pace import Limit
    from newsletter.domain.campaign import Campaign, Claim, Step

Answer = Receipt | ProviderError
"""What a provider says to one request."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Writes down what answers come to for one campaign; `limits` are those of its pace."""

    campaign: Campaign
    limits: tuple[Limit, ...]

    def record(self, connection: Connection, taken: Taken, answer: Answer, step: Step) -> int:
        """Write down one answer; returns how many people will not be tried again."""
        if isinstance(answer, Receipt):
            return self._accepted(connection, taken, answer, step)
        step = replace(step, reason=answer.message)
        pace.meters(connection)  # all locks in one order: these before a batch or the campaign
        if isinstance(answer, Partly):
            return self._in_parts(connection, taken, answer, step)
        return self._failed(connection, taken, answer, step)

    def _accepted(self, connection: Connection, taken: Taken, receipt: Receipt, step: Step) -> int:
        if taken.seen:  # only who was begun after the trouble proves that it is over
            pace.meters(connection)  # as above
            pace.forget(connection, taken.seen)
        batches.record(
            connection,
            self.campaign,
            taken.claim,
            _accepted_state(taken.claim),
            step,
            outcome=Outcome.ACCEPTED,
            status=receipt.status,
            reference=receipt.reference,
            begun_at=receipt.begun_at,
        )
        return len(taken.claim.deliveries)

    def _failed(
        self, connection: Connection, taken: Taken, error: ProviderError, step: Step
    ) -> int:
        claim = taken.claim
        decision = self._decision(connection, taken, error, len(claim.deliveries), step)
        refused = tuple(claim.deliveries[place].id for place in decision.refused)
        batches.record(
            connection,
            self.campaign,
            claim,
            decision.after,
            step,
            outcome=decision.outcome,
            status=error.status,
            not_before=step.at + timedelta(seconds=decision.wait) if decision.wait else None,
            refused=refused,
            apart=(_second_half(claim, error.message),) if decision.halve else (),
            last=decision.last,
        )
        self._pause_if_asked(connection, [decision], step)
        if refused and error.status is None:  # found by ourselves
            self._pause_if_many_are_unfit(connection, len(refused), step)
        if decision.after is not BatchState.READY:
            return len(claim.deliveries)
        self._refund(connection, claim, len(claim.deliveries))
        return len(refused)

    def _in_parts(self, connection: Connection, taken: Taken, answer: Partly, step: Step) -> int:
        claim = taken.claim
        decisions = [
            self._decision(connection, taken, part, len(part.positions), step)
            for part in answer.parts
        ]
        division = divide(answer, decisions, claim, now=step.at)
        batches.record(
            connection,
            self.campaign,
            claim,
            division.after,
            step,
            outcome=division.outcome,
            reference=answer.reference,
            not_before=division.not_before,
            refused=division.refused,
            apart=division.apart,
        )
        self._pause_if_asked(connection, decisions, step)
        self._refund(connection, claim, division.again + len(division.refused))
        return len(claim.deliveries) - division.again

    def _decision(
        self,
        connection: Connection,
        taken: Taken,
        error: ProviderError,
        recipients: int,
        step: Step,
    ) -> Decision:
        """What the answer means after those before it; what is to be remembered is written down."""
        kind = trouble.kind_of(error)
        if kind is None:
            return decide(error, failures=0, recipients=recipients)
        pace.begin(connection, (kind,), at=step.at)  # so that all who count it count in turn
        meters = pace.meters(connection)
        count = trouble.counted(kind, taken.seen, meters)
        decision = decide(
            error,
            failures=count - 1,
            recipients=recipients,
            accepted=returns.any_accepted(connection, self.campaign.id),
        )
        if decision.pause is not None:  # a person sees to it; whoever goes on begins anew
            pace.forget(connection, (kind,))
        else:
            quiet_until = step.at + timedelta(seconds=decision.wait)
            noted = trouble.noted(kind, count, meters, quiet_until=quiet_until)
            pace.keep(connection, noted)
        return decision

    def _pause_if_asked(
        self, connection: Connection, decisions: Sequence[Decision], step: Step
    ) -> None:
        reason = next((one.pause for one in decisions if one.pause is not None), None)
        if reason is not None:
            pause(connection, self.campaign, step, reason)

    def _pause_if_many_are_unfit(self, connection: Connection, new: int, step: Step) -> None:
        after = returns.rejected(connection, self.campaign.id)
        total = returns.deliveries(connection, self.campaign.id)
        reason = too_many_unfit(before=after - new, after=after, total=total)
        if reason is not None:
            pause(connection, self.campaign, step, reason)

    def _refund(self, connection: Connection, claim: Claim, mails: int) -> None:
        """What was refused for certain has not left, and does not count against the pace."""
        if mails and self.limits:
            meters = pace.meters(connection)
            pace.keep(connection, refunded(self.limits, meters, mails, claim.domain))


def _accepted_state(claim: Claim) -> BatchState:
    return BatchState.SUBMITTED if claim.send_at is None else BatchState.SCHEDULED


def _second_half(claim: Claim, reason: str) -> Apart:
    half = claim.deliveries[len(claim.deliveries) // 2 :]
    return Apart(tuple(person.id for person in half), BatchState.READY, reason)
