"""People as a file carries them, streamed out of the database, a few thousand in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, exists, func, select

from newsletter.domain.address import Address
from newsletter.domain.audience import Entry, Field, Frequency, ListStanding, Suppression
from newsletter.store import schema
from newsletter.store.audience import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from newsletter.domain.segment import Rule

STREAM_ROWS = 2_000


def stream_people(
    connection: Connection,
    *,
    now: datetime,
    list_key: str | None = None,
    rule: Rule | None = None,
) -> Iterator[Entry]:
    """Everybody with all that is known of them, oldest first.

    All people, or those subscribed to a list, or those a rule describes that is asked at `now`.
    """
    person, suppression = schema.subscriber, schema.suppression
    query = (
        select(person, suppression.c.reason, suppression.c.at)
        .outerjoin(suppression, suppression.c.digest == person.c.digest)
        .where(*chosen(list_key, rule, now))
        .order_by(person.c.id)
        .execution_options(yield_per=STREAM_ROWS)
    )
    for rows in connection.execute(query).partitions():
        yield from _entries(connection, rows)


def fields_in_use(connection: Connection) -> frozenset[Field]:
    """The fields, beside addresses and lists, that anybody has something in."""
    person = schema.subscriber
    says = {
        Field.NAME: person.c.name != "",
        Field.LANGUAGE: person.c.language.is_not(None),
        Field.TIME_ZONE: person.c.time_zone.is_not(None),
        Field.FREQUENCY: person.c.frequency != Frequency.EVERY,
        Field.PAUSED_UNTIL: person.c.paused_until.is_not(None),
        Field.TRACKING: person.c.tracking.is_not(None),
        Field.UNSUBSCRIBED: exists().where(schema.subscription.c.status == "unsubscribed"),
        Field.SUPPRESSED: exists().where(schema.suppression.c.digest == person.c.digest),
        Field.TAGS: exists().where(schema.tag.c.subscriber_id == person.c.id),
    }
    used = connection.execute(
        select(
            *(func.max(case((condition, 1), else_=0)) for condition in says.values())
        ).select_from(person)
    ).one()
    return frozenset(field for field, one in zip(says, used, strict=True) if one)


def _entries(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[Entry]:
    ids = [row.id for row in rows]
    lists = _grouped(_lists(connection, ids))
    tags = _grouped(_tags(connection, ids))
    for row in rows:
        yield Entry(
            Address(row.address, row.canonical),
            row.attributes,
            tuple(ListStanding(*one) for one in lists.get(row.id, ())),
            row.name,
            row.language,
            row.time_zone,
            tuple(tag for (tag,) in tags.get(row.id, ())),
            Frequency(row.frequency),
            row.paused_until,
            row.tracking,
            None if row.reason is None else Suppression(row.reason, row.at),
        )


def _grouped(rows: Iterable[Sequence[Any]]) -> dict[int, list[Sequence[Any]]]:
    """What stands behind each id that comes first in a row."""
    groups: dict[int, list[Sequence[Any]]] = {}
    for person, *rest in rows:
        groups.setdefault(person, []).append(rest)
    return groups


def _lists(connection: Connection, ids: Sequence[int]) -> Iterable[Sequence[Any]]:
    entry = schema.subscription
    left = case((entry.c.status == "unsubscribed", entry.c.unsubscribed_at))
    return connection.execute(
        select(entry.c.subscriber_id, entry.c.list_key, entry.c.subscribed_at, left)
        .where(entry.c.subscriber_id.in_(ids))
        .order_by(entry.c.list_key)
    )


def _tags(connection: Connection, ids: Sequence[int]) -> Iterable[Sequence[Any]]:
    table = schema.tag
    return connection.execute(
        select(table.c.subscriber_id, table.c.name)
        .where(table.c.subscriber_id.in_(ids))
        .order_by(table.c.name)
    )
