"""Readers as an issue would be filled in for them, before there is any campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from newsletter.store import schema
from newsletter.store.attributes import text_of
from newsletter.store.audience import chosen
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.segment import Rule


def attributes_of(connection: Connection, subscriber_id: int) -> Mapping[str, Any] | None:
    """What is known of a subscriber, or None where there is none with this id."""
    table = schema.subscriber
    query = select(table.c.attributes).where(table.c.id == subscriber_id)
    row = connection.execute(query).first()
    return None if row is None else dict(row.attributes)


def memberships_of(
    connection: Connection, subscriber_id: int, rules: Mapping[str, Rule], *, now: datetime
) -> frozenset[str]:
    """Those of the named rules that describe a subscriber, asked at `now`."""
    table = schema.subscriber
    themselves = select(table.c.id).where(table.c.id == subscriber_id)
    return frozenset(
        name
        for name, rule in rules.items()
        if connection.execute(themselves.where(condition(rule, now))).first()
    )


def longest_values(
    connection: Connection, names: Iterable[str], *, list_key: str | None, now: datetime
) -> dict[str, str]:
    """Attribute → the longest text anybody on the list has in it, where anybody has one."""
    found = {}
    for name in names:
        text = text_of(name)
        query = select(text).where(text.is_not(None), *chosen(list_key, None, now))
        row = connection.execute(query.order_by(func.length(text).desc(), text).limit(1)).first()
        if row is not None:
            found[name] = str(row[0])
    return found
