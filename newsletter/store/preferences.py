"""Which lists a person is on, and the change a person makes to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

CONSENT = "preferences page"


def lists_of(connection: Connection, subscription: int) -> frozenset[str] | None:
    """The lists that the person behind a subscription is on; None where there is no such person."""
    person = _person(connection, subscription)
    if person is None:
        return None
    entry = schema.subscription
    query = select(entry.c.list_key).where(
        entry.c.subscriber_id == person, entry.c.status == "subscribed"
    )
    return frozenset(connection.execute(query).scalars())


def choose_lists(
    connection: Connection,
    subscription: int,
    *,
    offered: Iterable[str],
    wanted: frozenset[str],
    at: datetime,
) -> bool:
    """Join what is wanted and leave the rest of what was offered; False where there is nobody.

    Lists that were not offered stay as they are, and so does what has not changed.
    """
    current = lists_of(connection, subscription)
    person = _person(connection, subscription)
    if current is None or person is None:
        return False
    for key in offered:
        if key in wanted and key not in current:
            _join(connection, person, key, at)
        elif key in current and key not in wanted:
            _leave(connection, person, key, at)
    return True


def _person(connection: Connection, subscription: int) -> int | None:
    entry = schema.subscription
    query = select(entry.c.subscriber_id).where(entry.c.id == subscription)
    return connection.execute(query).scalar_one_or_none()


def _join(connection: Connection, person: int, key: str, at: datetime) -> None:
    entry = schema.subscription
    joined = {
        "status": "subscribed",
        "consent_source": CONSENT,
        "subscribed_at": at,
        "unsubscribed_at": None,
    }
    again = update(entry).where(entry.c.subscriber_id == person, entry.c.list_key == key)
    if not connection.execute(again.values(joined)).rowcount:
        connection.execute(insert(entry).values(subscriber_id=person, list_key=key, **joined))


def _leave(connection: Connection, person: int, key: str, at: datetime) -> None:
    entry = schema.subscription
    connection.execute(
        update(entry)
        .where(entry.c.subscriber_id == person, entry.c.list_key == key)
        .values(status="unsubscribed", unsubscribed_at=at)
    )
