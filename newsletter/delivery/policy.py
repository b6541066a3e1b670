"""What follows from a provider's answer. Pure: an answer in, a decision out.

Only a definite answer lets a batch be tried again; an uncertain one never does.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.domain.campaign import BatchState, Outcome
from newsletter.errors import Busy, ProviderError, Refusal, Rejected, Uncertain

LONGEST_WAIT = 15 * 60.0
"""Seconds: no Retry-After may stop a send for longer (reliability fault F07)."""

PATIENCE = 6
"""Busy answers in a row before the campaign is paused (F10)."""

MOST_UNKNOWN = 8
"""Uncertain answers in a row before the campaign is paused (F66)."""

MOST_REFUSED = 3
"""Refusals in a row that name nobody before the campaign is paused: the message is at fault, and
no half of a batch is better than the other (F18)."""

MOST_UNFIT = 10
"""People who cannot be mailed before the campaign is paused (F52)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write down: the batch's next state, a wait in seconds, a reason to pause.

    `halve` asks for two batches in place of one; with `last`, both go after all the others.
    """

    outcome: Outcome
    after: BatchState
    wait: float = 0.0
    refused: tuple[int, ...] = ()
    pause: str | None = None
    halve: bool = False
    last: bool = False


def decide(
    error: ProviderError, *, failures: int, recipients: int, accepted: bool = False
) -> Decision:
    """The decision for an answer that was no acceptance, to a request with so many recipients.

    `failures` counts the answers of this kind in a row before this one; `accepted` tells whether
    another request of the campaign was. `refused` holds positions in the mailing.
    """
    match error:
        case Busy():
            wait = _wait(error, failures)
            pause = _pause("it is still busy", error) if failures + 1 >= PATIENCE else None
            return Decision(Outcome.BUSY, BatchState.READY, wait=wait, pause=pause)
        case Rejected(refusal=Refusal.RECIPIENTS) if error.positions:
            return Decision(Outcome.REJECTED, BatchState.READY, refused=error.positions)
        case Rejected(refusal=Refusal.RECIPIENTS) if failures + 1 < MOST_REFUSED:
            # Nobody is named: by halves, what is at fault is found in a few requests (F17).
            if recipients > 1:
                return Decision(Outcome.REJECTED, BatchState.READY, halve=True, last=True)
            refused = (0,) if accepted else ()
            pause = None if accepted else _pause("it refused", error)
            return Decision(Outcome.REJECTED, BatchState.READY, refused=refused, pause=pause)
        case Rejected(refusal=Refusal.SIZE) if recipients > 1:
            return Decision(Outcome.REJECTED, BatchState.READY, halve=True)
        case Rejected():
            return Decision(Outcome.REJECTED, BatchState.READY, pause=_pause("it refused", error))
        case Uncertain():
            pause = _pause("its answers get lost", error) if failures + 1 >= MOST_UNKNOWN else None
            return Decision(Outcome.UNCERTAIN, BatchState.UNKNOWN, pause=pause)
        case _:
            raise error


def _wait(error: Busy, failures: int) -> float:
    """Seconds: what the provider asked for, within reason, or 1, 2, 4 and so on."""
    asked = error.retry_after
    if asked is None or not asked > 0:  # not a number, too
        asked = 2.0 ** min(failures, 16)
    return min(max(asked, 1.0), LONGEST_WAIT)


def _pause(why: str, error: ProviderError) -> str:
    return f"paused because of the provider, {why}: {error.message}"


def too_many_unfit(*, before: int, after: int, total: int) -> str | None:
    """Why to pause when people who cannot be mailed become more than ten, or one in a hundred.

    Only as the limit is passed, so that who goes on all the same can (F52).
    """
    limit = min(MOST_UNFIT, max(total // 100, 1))
    if not before <= limit < after:
        return None
    return (
        f"paused because {after:,} of {total:,} people cannot be mailed with what the issue shows "
        "of them; look at their attributes, then resume or cancel"
    )
