"""How lists grew and shrank, day by day, as the chain of consent and the suppressions tell it.

People who were erased since are in none of it, so days add up to the lists as they are now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from newsletter.domain.consent import ConsentKind
from newsletter.domain.suppression import OWN_WISH
from newsletter.store import schema
from newsletter.store.consent import TRACKING

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

CAME = (
    ConsentKind.CONFIRMED,
    ConsentKind.IMPORTED,
    ConsentKind.JOINED,
    ConsentKind.ADDED,
    ConsentKind.RETURNED,
)


@dataclass(slots=True)
class Days:
    """People who came to a list, left it, and were lost to suppressions, by day (UTC)."""

    came: Counter[date] = field(default_factory=Counter)
    left: Counter[date] = field(default_factory=Counter)
    lost: Counter[date] = field(default_factory=Counter)


def days(connection: Connection, *, since: datetime) -> dict[str, Days]:
    """List → its days from then on."""
    found: defaultdict[str, Days] = defaultdict(Days)
    table = schema.consent
    day = func.date(table.c.at)
    rows = connection.execute(
        select(table.c.list_key, table.c.kind, day, func.count())
        .where(
            table.c.at >= since,
            table.c.list_key != TRACKING,
            table.c.subscriber_id.is_not(None),
            table.c.kind.in_((*CAME, ConsentKind.LEFT)),
        )
        .group_by(table.c.list_key, table.c.kind, day)
    )
    for key, kind, told, count in rows:
        known = found[key].left if kind == ConsentKind.LEFT else found[key].came
        known[_day(told)] += count
    for key, told, count in _lost(connection, since):
        found[key].lost[_day(told)] += count
    return found


def _lost(connection: Connection, since: datetime) -> list[tuple[str, object, int]]:
    """Who is on a list and must not be mailed, but for those who wished that."""
    person, entry, gone = schema.subscriber, schema.subscription, schema.suppression
    day = func.date(gone.c.at)
    query = (
        select(entry.c.list_key, day, func.count())
        .join_from(gone, person, person.c.digest == gone.c.digest)
        .join(entry, entry.c.subscriber_id == person.c.id)
        .where(
            gone.c.at >= since,
            entry.c.status == "subscribed",
            gone.c.reason.not_in(OWN_WISH),
        )
        .group_by(entry.c.list_key, day)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _day(told: object) -> date:
    """SQLite tells days as text."""
    return told if isinstance(told, date) else date.fromisoformat(str(told))
