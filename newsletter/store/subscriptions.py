"""A person joins a list, or leaves it, by their own word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from newsletter.store import schema
from newsletter.store.dialects import changed, insert_into

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def lists_of(connection: Connection, person: int) -> frozenset[str]:
    """The keys of the lists a person is on."""
    entry = schema.subscription
    query = select(entry.c.list_key).where(
        entry.c.subscriber_id == person, entry.c.status == "subscribed"
    )
    return frozenset(connection.execute(query).scalars())


def lists_left(connection: Connection, person: int) -> frozenset[str]:
    """The keys of the lists a person was on and left."""
    entry = schema.subscription
    query = select(entry.c.list_key).where(
        entry.c.subscriber_id == person, entry.c.status == "unsubscribed"
    )
    return frozenset(connection.execute(query).scalars())


def join(connection: Connection, person: int, key: str, *, source: str, at: datetime) -> bool:
    """Be on a list from now on, whatever was before; False when that was so already."""
    entry = schema.subscription
    joined = {
        "status": "subscribed",
        "consent_source": source,
        "subscribed_at": at,
        "unsubscribed_at": None,
    }
    again = update(entry).where(
        entry.c.subscriber_id == person, entry.c.list_key == key, entry.c.status != "subscribed"
    )
    if connection.execute(again.values(**joined, resubscribed_at=at)).rowcount:
        return True
    new = insert_into(connection, entry).values(subscriber_id=person, list_key=key, **joined)
    unless = new.on_conflict_do_nothing(index_elements=[entry.c.list_key, entry.c.subscriber_id])
    return bool(changed(connection, unless))


def leave(connection: Connection, person: int, key: str, *, at: datetime) -> bool:
    """Be off a list from now on; False when that was so already."""
    entry = schema.subscription
    ended = (
        update(entry)
        .where(
            entry.c.subscriber_id == person, entry.c.list_key == key, entry.c.status == "subscribed"
        )
        .values(status="unsubscribed", unsubscribed_at=at)
    )
    return bool(connection.execute(ended).rowcount)
