"""People in the database: who they are, how many a list has, who must not be mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from newsletter.domain.address import Address, address_digest
from newsletter.domain.audience import (
    Frequency,
    ListSize,
    Subscriber,
    Subscription,
    Suppression,
)
from newsletter.store import schema, suppressions
from newsletter.store.dialects import changed
from newsletter.store.engine import pepper
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from newsletter.domain.segment import Rule


def list_sizes(connection: Connection) -> dict[str, ListSize]:
    """How many people each list has that anybody ever subscribed to, in alphabetical order."""
    entry = schema.subscription
    active = entry.c.status == "subscribed"
    rows = connection.execute(
        select(
            entry.c.list_key,
            func.count().filter(active, ~_suppressed()),
            func.count().filter(~active),
            func.count().filter(active, _suppressed()),
        )
        .join(schema.subscriber, schema.subscriber.c.id == entry.c.subscriber_id)
        .group_by(entry.c.list_key)
        .order_by(entry.c.list_key)
    )
    return {key: ListSize(*sizes) for key, *sizes in rows}


def count_people(
    connection: Connection,
    *,
    now: datetime,
    list_key: str | None = None,
    rule: Rule | None = None,
) -> int:
    """How many people may be mailed: subscribed to the list (or known at all), not suppressed.

    The rule is asked at `now`.
    """
    query = select(func.count()).select_from(schema.subscriber).where(~_suppressed())
    return int(connection.execute(query.where(*chosen(list_key, rule, now))).scalar_one())


def find_subscriber(connection: Connection, canonical: str) -> Subscriber | None:
    """One person by canonical address, with every subscription and suppression, or None."""
    person, entry = schema.subscriber, schema.subscription
    row = connection.execute(select(person).where(person.c.canonical == canonical)).first()
    if row is None:
        return None
    subscriptions = connection.execute(
        select(
            entry.c.id,
            entry.c.list_key,
            entry.c.consent_source,
            entry.c.subscribed_at,
            entry.c.unsubscribed_at,
        )
        .where(entry.c.subscriber_id == row.id)
        .order_by(entry.c.list_key)
    )
    return Subscriber(
        id=row.id,
        address=Address(mailed=row.address, canonical=row.canonical),
        attributes=row.attributes,
        subscriptions=tuple(Subscription(*one) for one in subscriptions),
        suppression=_suppression(connection, row.digest),
        name=row.name,
        language=row.language,
        time_zone=row.time_zone,
        tags=_tags(connection, row.id),
        frequency=Frequency(row.frequency),
        paused_until=row.paused_until,
        tracking=row.tracking,
        pending=_is_pending(connection, canonical),
    )


def find_suppression(connection: Connection, canonical: str) -> Suppression | None:
    """Why an address must not be mailed, also when its person is no longer known; else None."""
    return _suppression(connection, address_digest(pepper(connection), canonical))


def suppress(connection: Connection, digest: str, *, reason: str, at: datetime) -> bool:
    """Never mail the address of this digest again; False when that was so before."""
    statement = suppressions.insert_worse(connection).values(digest=digest, reason=reason, at=at)
    return bool(changed(connection, statement))


def attribute_names(connection: Connection) -> tuple[str, ...]:
    """Every attribute anybody has, in alphabetical order."""
    attributes = schema.subscriber.c.attributes
    if connection.dialect.name == "sqlite":
        name = func.json_each(attributes).table_valued("key", joins_implicitly=True).c.key
    else:
        name = func.jsonb_object_keys(attributes).column_valued("key", joins_implicitly=True)
    query = select(name).select_from(schema.subscriber).distinct()
    return tuple(sorted(connection.execute(query).scalars()))


def chosen(list_key: str | None, rule: Rule | None, now: datetime) -> list[ColumnElement[bool]]:
    """Conditions on `subscriber`: subscribed to the list, described by the rule."""
    entry = schema.subscription
    conditions: list[ColumnElement[bool]] = [] if rule is None else [condition(rule, now)]
    if list_key is not None:
        members = select(entry.c.subscriber_id).where(
            entry.c.list_key == list_key, entry.c.status == "subscribed"
        )
        conditions.append(schema.subscriber.c.id.in_(members.correlate(None)))
    return conditions


def _suppressed() -> ColumnElement[bool]:
    return exists().where(schema.suppression.c.digest == schema.subscriber.c.digest)


def _tags(connection: Connection, person: int) -> tuple[str, ...]:
    table = schema.tag
    query = select(table.c.name).where(table.c.subscriber_id == person).order_by(table.c.name)
    return tuple(connection.execute(query).scalars())


def _is_pending(connection: Connection, canonical: str) -> bool:
    table = schema.signup
    waits = select(table.c.id).where(table.c.canonical == canonical, table.c.confirmed_at.is_(None))
    return connection.execute(waits).first() is not None


def _suppression(connection: Connection, digest: str) -> Suppression | None:
    table = schema.suppression
    row = connection.execute(
        select(table.c.reason, table.c.at).where(table.c.digest == digest)
    ).first()
    return None if row is None else Suppression(*row)
