"""What a provider reports after acceptance, in words of ours, folded so that order cannot matter.

`none < processed < deferred < delivered < dropped < bounced`: a delivery keeps the highest rank it
ever reached, and of each other kind the earliest moment. Repeats and any order give the same end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class EventKind(StrEnum):
    """The kinds a webhook may bring."""

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    BOUNCED = "bounced"
    OPENED = "opened"
    CLICKED = "clicked"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


RANK = {
    EventKind.PROCESSED: 1,
    EventKind.DEFERRED: 2,
    EventKind.DELIVERED: 3,
    EventKind.DROPPED: 4,
    EventKind.BOUNCED: 5,
}
"""Kinds that say how far a delivery came; the others are facts beside it."""

ARRIVAL = {0: "none"} | {rank: kind.value for kind, rank in RANK.items()}
"""Rank → word, as stored and shown."""


@dataclass(frozen=True, slots=True)
class Event:
    """One report about one delivery. `key` makes repeats recognisable.

    `permanent` is true where the address itself is at fault (a hard bounce): such an address must
    not be mailed again. A provider's block (`blocked`) is not.
    """

    key: str
    kind: EventKind
    at: datetime
    address: str
    delivery: int | None = None
    attempt: str | None = None
    reason: str = ""
    url: str | None = None
    permanent: bool = False


def suppression_reason(event: Event) -> str | None:
    """Why the address must not be mailed any more, or None where the event is no reason."""
    if event.kind is EventKind.COMPLAINED:
        return "complained"
    if event.kind is EventKind.BOUNCED and event.permanent:
        return "bounced"
    return None
