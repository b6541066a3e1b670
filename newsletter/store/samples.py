"""Some of the people a rule finds, drawn by lot, so that a person can see whom it means."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from newsletter.store.schema import subscriber, subscription, suppression
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.segment import Rule, Value


@dataclass(frozen=True, slots=True)
class Drawn:
    """One of them, with the lists they are on."""

    address: str
    attributes: Mapping[str, Value]
    lists: tuple[str, ...]


def draw(connection: Connection, rule: Rule, number: int, *, now: datetime) -> tuple[Drawn, ...]:
    """At most `number` people who fit at `now` and are not suppressed.

    The digests of addresses decide, which are as good as chance and the same each time.
    """
    suppressed = exists().where(suppression.c.digest == subscriber.c.digest)
    people = connection.execute(
        select(subscriber.c.id, subscriber.c.address, subscriber.c.attributes)
        .where(condition(rule, now), ~suppressed)
        .order_by(subscriber.c.digest)
        .limit(number)
    ).all()
    lists = defaultdict(list)
    for person, key in connection.execute(
        select(subscription.c.subscriber_id, subscription.c.list_key)
        .where(
            subscription.c.subscriber_id.in_([one.id for one in people]),
            subscription.c.status == "subscribed",
        )
        .order_by(subscription.c.list_key)
    ):
        lists[person].append(key)
    return tuple(Drawn(one.address, one.attributes, tuple(lists[one.id])) for one in people)
