"""An answer given person by person: who stays in the batch, and who goes on in one of their own.

Pure: the answer and what each of its parts means go in, what to write down comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.domain.campaign import Apart, BatchState, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsletter.delivery.policy import Decision
    from newsletter.domain.campaign import Claim
    from newsletter.errors import Partly


@dataclass(frozen=True, slots=True)
class Division:
    """What the batch becomes, with whom; `refused` are delivery ids, as in `Apart`.

    `again` is how many people will be tried again.
    """

    outcome: Outcome
    after: BatchState
    not_before: datetime | None
    refused: tuple[int, ...]
    apart: tuple[Apart, ...]
    again: int


def divide(
    answer: Partly, decisions: Sequence[Decision], claim: Claim, *, now: datetime
) -> Division:
    """The division of a claimed batch; `decisions` stand in the order of the answer's parts.

    Who was accepted stays. Where nobody was, those in doubt stay, or else those to be tried again:
    a batch is never left without the people its state speaks of.
    """
    named = {position for part in answer.parts for position in part.positions}
    accepted = len(named) < len(claim.deliveries)
    going_on = [place for place, decision in enumerate(decisions) if not decision.refused]
    stays = None if accepted else _staying(decisions, going_on)
    kept = None if stays is None else decisions[stays]
    return Division(
        outcome=Outcome.ACCEPTED if accepted else kept.outcome if kept else Outcome.REJECTED,
        after=BatchState.SUBMITTED if accepted else kept.after if kept else BatchState.READY,
        not_before=_moment(kept, now),
        refused=tuple(
            claim.deliveries[position].id for decision in decisions for position in decision.refused
        ),
        apart=tuple(
            Apart(
                deliveries=tuple(claim.deliveries[at].id for at in answer.parts[place].positions),
                state=decisions[place].after,
                reason=answer.parts[place].message,
                not_before=_moment(decisions[place], now),
            )
            for place in going_on
            if place != stays
        ),
        again=sum(
            len(answer.parts[place].positions)
            for place in going_on
            if decisions[place].after is BatchState.READY
        ),
    )


def _staying(decisions: Sequence[Decision], going_on: Sequence[int]) -> int | None:
    doubted = (place for place in going_on if decisions[place].after is BatchState.UNKNOWN)
    return next(doubted, next(iter(going_on), None))


def _moment(decision: Decision | None, now: datetime) -> datetime | None:
    return now + timedelta(seconds=decision.wait) if decision and decision.wait else None
