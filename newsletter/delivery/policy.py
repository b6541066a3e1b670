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


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write down: the batch's next state, a wait in seconds, a reason to pause.

    `halve` asks for two batches instead of the one that was too large.
    """

    outcome: Outcome
    after: BatchState
    wait: float = 0.0
    refused: tuple[int, ...] = ()
    pause: str | None = None
    halve: bool = False


def decide(error: ProviderError, *, failures: int, recipients: int) -> Decision:
    """The decision for an answer that was no acceptance, to a request with so many recipients.

    `failures` counts the answers of this kind in a row before this one. `refused` holds positions
    in the mailing.
    """
    match error:
        case Busy():
            wait = min(max(error.retry_after or 2.0**failures, 1.0), LONGEST_WAIT)
            pause = _pause("it is still busy", error) if failures + 1 >= PATIENCE else None
            return Decision(Outcome.BUSY, BatchState.READY, wait=wait, pause=pause)
        case Rejected(refusal=Refusal.RECIPIENTS) if error.positions:
            return Decision(Outcome.REJECTED, BatchState.READY, refused=error.positions)
        case Rejected(refusal=Refusal.SIZE) if recipients > 1:
            return Decision(Outcome.REJECTED, BatchState.READY, halve=True)
        case Rejected():
            return Decision(Outcome.REJECTED, BatchState.READY, pause=_pause("it refused", error))
        case Uncertain():
            pause = _pause("its answers get lost", error) if failures + 1 >= MOST_UNKNOWN else None
            return Decision(Outcome.UNCERTAIN, BatchState.UNKNOWN, pause=pause)
        case _:
            raise error


def _pause(why: str, error: ProviderError) -> str:
    return f"paused because of the provider, {why}: {error.message}"
