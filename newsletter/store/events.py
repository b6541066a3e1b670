"""Events in the database: appended once, and folded into the deliveries they tell of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.domain.campaign import BatchState
from newsletter.domain.event import MOMENTS as NAMES
from newsletter.domain.event import Event, Standing
from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Update

MOMENTS = {kind: schema.delivery.c[name] for kind, name in NAMES.items()}
"""Where the earliest moment of a kind is kept."""

_STANDING = tuple(one.name for one in fields(Standing))
_NOT_MAILED = (BatchState.REJECTED, BatchState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Mail:
    """A delivery as its events find it; nobody else changes it until the transaction ends."""

    address: str
    digest: str
    subscription: int
    standing: Standing


def hold(connection: Connection, deliveries: Collection[int]) -> dict[int, Mail]:
    """Those of these deliveries that exist.

    Locked in one order, or two posts with the same events would each wait for the other.
    """
    table = schema.delivery
    query = (
        select(table.c.id, table.c.canonical, table.c.digest, table.c.subscription_id)
        .add_columns(*(table.c[name] for name in _STANDING))
        .where(table.c.id.in_(deliveries))
        .order_by(table.c.id)
        .with_for_update(key_share=True)
    )
    return {
        row[0]: Mail(row[1], row[2], row[3], Standing(*row[4:]))
        for row in connection.execute(query)
    }


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


def raise_standings(
    connection: Connection, mails: Mapping[int, Mail], proven: Mapping[int, Standing]
) -> None:
    """Write down what is now proven of deliveries that this transaction holds."""
    rows: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for delivery, now in proven.items():
        before = mails[delivery].standing
        higher = tuple(name for name in _STANDING if getattr(now, name) != getattr(before, name))
        if higher:
            row: dict[str, object] = {f"to_{name}": getattr(now, name) for name in higher}
            rows.setdefault(higher, []).append(row | {"delivery": delivery})
    for higher, some in rows.items():
        connection.execute(_raising(higher), some)


@cache
def _raising(names: tuple[str, ...]) -> Update:
    table = schema.delivery
    changed: dict[str, Any] = {name: bindparam(f"to_{name}") for name in names}
    return update(table).where(table.c.id == bindparam("delivery")).values(changed)


def mailed_lately(
    connection: Connection, address: str, *, since: datetime, until: datetime
) -> int | None:
    """The newest delivery to a canonical address whose request left in that time, or None."""
    delivery, batch, attempt = schema.delivery, schema.batch, schema.attempt
    query = (
        select(delivery.c.id)
        .join(batch, batch.c.id == delivery.c.batch_id)
        .join(attempt, attempt.c.id == batch.c.attempt_id)
        .where(
            # By way of the campaigns, for the addresses are indexed within each.
            delivery.c.campaign_id.in_(select(schema.campaign.c.id)),
            delivery.c.canonical == address,
            delivery.c.ending.is_(None),
            attempt.c.created_at.between(since, until),
        )
        .order_by(delivery.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def bounced_in_a_row(connection: Connection, address: str, *, since: datetime) -> int:
    """The longest run of mails to a canonical address that all bounced, one mail an issue.

    Counted over the campaigns frozen since then; what certainly never left does not count. No
    later event shortens a run, so it does not matter in which order they come.
    """
    delivery, batch, campaign = schema.delivery, schema.batch, schema.campaign
    query = (
        select(delivery.c.bounced_at.is_not(None))
        .join(batch, batch.c.id == delivery.c.batch_id)
        .where(
            delivery.c.campaign_id.in_(select(campaign.c.id).where(campaign.c.frozen_at >= since)),
            delivery.c.canonical == address,
            delivery.c.ending.is_(None),
            batch.c.state.not_in(_NOT_MAILED),
        )
        .order_by(delivery.c.id)
    )
    bounced = connection.execute(query).scalars()
    return max((len(list(run)) for came_back, run in groupby(bounced) if came_back), default=0)


def campaigns_in_doubt(connection: Connection, attempts: Collection[str]) -> tuple[int, ...]:
    """The campaigns that have a batch in doubt under one of these attempts, in order."""
    attempt, batch = schema.attempt, schema.batch
    query = (
        select(batch.c.campaign_id)
        .join(attempt, attempt.c.batch_id == batch.c.id)
        .where(
            attempt.c.id.in_(attempts),
            batch.c.attempt_id == attempt.c.id,
            batch.c.state.in_((BatchState.UNKNOWN, BatchState.HELD)),
        )
        .distinct()
        .order_by(batch.c.campaign_id)
    )
    return tuple(connection.execute(query).scalars())


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
