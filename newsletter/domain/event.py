"""What a provider reports after acceptance, in words of ours, joined so that order cannot matter.

`none < processed < deferred < delivered < dropped < bounced`: a delivery keeps the highest rank it
ever reached, and of each other kind the earliest moment. Repeats and any order give the same end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Ordered = TypeVar("_Ordered", int, datetime)

SOFT_BOUNCES = 5
"""So many issues in a row that an address bounces softly, and it is mailed no more."""

KEPT = timedelta(days=400)
"""How long events are kept, one by one, if config.yaml says nothing else."""

SILENCE = timedelta(hours=24)
"""How long a provider may say nothing of a mail: SendGrid repeats events for so long."""


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
    RESUBSCRIBED = "resubscribed"


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
    not be mailed again. A provider's block (`blocked`) is not. `earlier` is, of a drop, what the
    address did before, for which the provider threw the mail away. `message` is a number for the
    provider's own name of the mail: two of them for one delivery are two mails. `cause` is, of a
    bounce, a word for why. `signs` are those of domain.visit, as a number, and `network` is where
    an open or click came from: it is never kept.
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
    earlier: EventKind | None = None
    message: int | None = None
    cause: str = ""
    signs: int = 0
    network: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the events of one delivery prove together: the highest rank, and the earliest moments.

    `message_least` and `message_greatest` differ where the provider made two mails of one.
    """

    arrival: int = 0
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    complained_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    message_least: int | None = None
    message_greatest: int | None = None


MOMENTS = {
    EventKind.DELIVERED: "delivered_at",
    EventKind.BOUNCED: "bounced_at",
    EventKind.OPENED: "opened_at",
    EventKind.CLICKED: "clicked_at",
    EventKind.COMPLAINED: "complained_at",
    EventKind.UNSUBSCRIBED: "unsubscribed_at",
}
"""Where a standing keeps the earliest moment of a kind."""


def standing(events: Iterable[Event], before: Standing = Standing()) -> Standing:
    """What these events of one delivery prove beside what was known before."""
    return reduce(joined, map(_proof, events), before)


def joined(one: Standing, other: Standing) -> Standing:
    """Both together; it does not matter in which order, how grouped, or how often."""
    return Standing(
        max(one.arrival, other.arrival),
        _either(min, one.delivered_at, other.delivered_at),
        _either(min, one.bounced_at, other.bounced_at),
        _either(min, one.opened_at, other.opened_at),
        _either(min, one.clicked_at, other.clicked_at),
        _either(min, one.complained_at, other.complained_at),
        _either(min, one.unsubscribed_at, other.unsubscribed_at),
        _either(min, one.message_least, other.message_least),
        _either(max, one.message_greatest, other.message_greatest),
    )


def suppression_reason(event: Event) -> str | None:
    """Why the address must not be mailed any more, or None where the event is no reason."""
    if EventKind.COMPLAINED in (event.kind, event.earlier):
        return "complained"
    if event.earlier is EventKind.BOUNCED or (event.kind is EventKind.BOUNCED and event.permanent):
        return "bounced"
    return None


def ends_subscription(event: Event) -> bool:
    """Whether the reader left the list."""
    return EventKind.UNSUBSCRIBED in (event.kind, event.earlier)


def bounced_softly(event: Event) -> bool:
    """Whether a mail came back although the address may be good."""
    return event.kind is EventKind.BOUNCED and not event.permanent


def _proof(event: Event) -> Standing:
    moment: dict[str, Any] = {MOMENTS[event.kind]: event.at} if event.kind in MOMENTS else {}
    return Standing(
        arrival=RANK.get(event.kind, 0),
        message_least=event.message,
        message_greatest=event.message,
        **moment,
    )


def _either(
    choose: Callable[[_Ordered, _Ordered], _Ordered], one: _Ordered | None, other: _Ordered | None
) -> _Ordered | None:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)
