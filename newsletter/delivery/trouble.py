"""A provider in trouble, remembered for every thread and process until it takes a mailing again.

Pure. Each kind of trouble has a meter (store.pace): how many answers of the kind came in a row, and
until when the provider wants quiet. Nothing is remembered while all is well.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.delivery.policy import MOST_UNKNOWN
from newsletter.errors import Busy, Refusal, Rejected, Uncertain
from newsletter.store.pace import Meter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.errors import ProviderError

AT_LEAST = timedelta(seconds=1)
"""Between two requests to a provider that said it is busy (F07)."""


class Trouble(StrEnum):
    """The kinds of answers that are counted in a row."""

    BUSY = "busy"
    LOST = "lost"  # nobody can tell whether it was accepted
    REFUSED = "refused"  # somebody of the request is at fault, and it is not told who


Counts = dict[Trouble, int]
"""How many of each kind came in a row, as known when a batch was claimed."""


def kind_of(error: ProviderError) -> Trouble | None:
    """The kind of trouble an answer is a sign of."""
    match error:
        case Busy():
            return Trouble.BUSY
        case Uncertain():
            return Trouble.LOST
        case Rejected(refusal=Refusal.RECIPIENTS, positions=()):
            return Trouble.REFUSED
        case _:
            return None


def counts(meters: Mapping[str, Meter]) -> Counts:
    """What is known of trouble now."""
    return {kind: meters[kind].used for kind in Trouble if kind in meters}


def counted(kind: Trouble, seen: Counts, meters: Mapping[str, Meter]) -> int:
    """How many came in a row, with the one that was just answered.

    Requests that were under way when the provider first said it is busy count as one.
    """
    before = meters[kind].used if kind in meters else 0
    if kind is Trouble.BUSY and before != seen.get(kind, 0):
        return before
    return before + 1


def noted(
    kind: Trouble, count: int, meters: Mapping[str, Meter], *, quiet_until: datetime
) -> dict[str, Meter]:
    """The meter of a kind after so many; quiet lasts as long as the longest wish for it."""
    known = meters.get(kind)
    until = max(quiet_until, known.free_at) if known else quiet_until
    return {kind: Meter(until, count)}


def probing(meters: Mapping[str, Meter], at: datetime) -> dict[str, Meter]:
    """The meter that changes when a busy provider is tried again: the next try waits its turn."""
    busy = meters.get(Trouble.BUSY)
    return {} if busy is None else {Trouble.BUSY: Meter(at + AT_LEAST, busy.used)}


def held_back(meters: Mapping[str, Meter], under_way: int) -> str | None:
    """Why nothing more may be begun while so many requests are under way; None where it may.

    Whatever is under way may be lost as well: with those lost already it stays below the limit.
    """
    lost = meters.get(Trouble.LOST)
    if lost is not None and lost.used + under_way >= MOST_UNKNOWN:
        return "answers get lost; the requests under way come first"
    if under_way and (Trouble.BUSY in meters or Trouble.REFUSED in meters):
        return "the provider is in trouble; the request under way comes first"
    return None
