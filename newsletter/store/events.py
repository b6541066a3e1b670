"""Events in the database: appended once, folded by rank and earliest moment.

Repeats and any order leave the same state, because every fold is a maximum or a minimum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.domain.event import RANK, Event, EventKind, suppression_reason
from newsletter.store import audience, schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

MOMENTS = {
    EventKind.DELIVERED: schema.delivery.c.delivered_at,
    EventKind.BOUNCED: schema.delivery.c.bounced_at,
    EventKind.OPENED: schema.delivery.c.opened_at,
    EventKind.CLICKED: schema.delivery.c.clicked_at,
    EventKind.COMPLAINED: schema.delivery.c.complained_at,
    EventKind.UNSUBSCRIBED: schema.delivery.c.unsubscribed_at,
}
"""Where the earliest moment of a kind is kept."""


def known_deliveries(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Delivery id → canonical address, of those ids that exist; nobody else may change these rows
    until the transaction ends.

    Locked in one order, or two posts with the same events would each wait for the other.
    """
    table = schema.delivery
    query = select(table.c.id, table.c.canonical).where(table.c.id.in_(ids)).order_by(table.c.id)
    return {row[0]: row[1] for row in connection.execute(query.with_for_update(key_share=True))}


def append(
    connection: Connection, events: Sequence[Event], *, received_at: datetime
) -> tuple[Event, ...]:
    """Store events not seen before; returns those, in order."""
    unique = {event.key: event for event in events}
    table = schema.event
    seen = set(connection.execute(select(table.c.key).where(table.c.key.in_(unique))).scalars())
    new = tuple(event for key, event in unique.items() if key not in seen)
    if new:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(table).on_conflict_do_nothing(index_elements=["key"])
        connection.execute(statement, [_row(event, received_at) for event in new])
    return new


def fold(connection: Connection, events: Sequence[Event]) -> None:
    """Raise each delivery to what its events prove; see the module."""
    table = schema.delivery
    for kind, rank in RANK.items():
        _for_each(
            connection,
            update(table)
            .where(table.c.id == bindparam("delivery"), table.c.arrival < rank)
            .values(arrival=rank),
            [{"delivery": event.delivery} for event in events if event.kind is kind],
        )
    for kind, column in MOMENTS.items():
        moment = bindparam("moment", type_=schema.Moment())
        _for_each(
            connection,
            update(table)
            .where(table.c.id == bindparam("delivery"), or_(column.is_(None), column > moment))
            .values({column: moment}),
            [
                {"delivery": event.delivery, "moment": event.at}
                for event in events
                if event.kind is kind
            ],
        )


def act(connection: Connection, events: Sequence[Event]) -> int:
    """Suppress addresses and end subscriptions where an event demands it; returns how many.

    Hard bounces and complaints suppress the address everywhere; an unsubscribe ends one list.
    """
    table = schema.delivery
    acted = 0
    for event in events:
        reason = suppression_reason(event)
        if reason is None and event.kind is not EventKind.UNSUBSCRIBED:
            continue
        digest, subscription = connection.execute(
            select(table.c.digest, table.c.subscription_id).where(table.c.id == event.delivery)
        ).one()
        if reason is not None:
            acted += audience.suppress(connection, digest, reason=reason, at=event.at)
        else:
            acted += audience.unsubscribe(connection, subscription, at=event.at)
    return acted


def _for_each(connection: Connection, statement: object, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(statement, rows)  # type: ignore[call-overload]


def _row(event: Event, received_at: datetime) -> dict[str, object]:
    return {
        "key": event.key,
        "kind": event.kind,
        "at": event.at,
        "received_at": received_at,
        "delivery_id": event.delivery,
        "attempt_id": event.attempt,
        "reason": _storable(event.reason),
        "url": event.url and _storable(event.url),
    }


def _storable(text: str) -> str:
    """Without null characters, which PostgreSQL refuses, and with them the whole post of events."""
    return text.replace("\0", "")
