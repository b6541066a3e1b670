"""Events in the database: appended once, and folded into the deliveries they tell of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, or_, select, update

from newsletter.domain.campaign import BatchState
from newsletter.domain.event import MOMENTS as NAMES
from newsletter.domain.event import Event, Standing
from newsletter.domain.tally import Reader
from newsletter.store import schema
from newsletter.store.dialects import insert_into

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select, Update

    from newsletter.domain.report import Verdict

MOMENTS = {kind: schema.delivery.c[name] for kind, name in NAMES.items()}
"""Where the earliest moment of a kind is kept."""

_STANDING = tuple(one.name for one in fields(Standing))
# Who agreed later did not for this mail; who agreed anew was counted, and forgotten.
_AGREED = schema.subscriber.c.tracking & or_(
    schema.subscriber.c.tracking_since.is_(None),
    schema.subscriber.c.tracking_since <= schema.campaign.c.frozen_at,
)
_MAILS = (
    select(
        *schema.delivery.c["id", "canonical", "digest", "subscription_id", "campaign_id"],
        schema.batch.c.version,
        _AGREED.label("agreed"),
        schema.subscriber.c.created_at,
        *(schema.delivery.c[name] for name in _STANDING),
    )
    .join(schema.batch, schema.batch.c.id == schema.delivery.c.batch_id)
    .join(schema.campaign, schema.campaign.c.id == schema.delivery.c.campaign_id)
    .outerjoin(schema.subscriber, schema.subscriber.c.id == schema.delivery.c.subscriber_id)
    .where(schema.delivery.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(schema.delivery.c.id)
)
_FOLDING = 0x6E6C0003
"""PostgreSQL's lock of whoever takes events in; jobs.tables has the number before."""

_NOT_MAILED = (BatchState.REJECTED, BatchState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Mail:
    """A delivery as its events find it."""

    address: str
    digest: str
    subscription: int
    campaign: int
    version: str
    reader: Reader
    standing: Standing


def take_turns(connection: Connection) -> None:
    """One transaction takes events in at a time: a click may change what others' clicks mean.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_FOLDING)))


def hold(connection: Connection, deliveries: Collection[int]) -> dict[int, Mail]:
    """Those of these deliveries that exist; nobody else changes them until the transaction ends.

    Locked in one order, as everybody takes the locks of deliveries.
    """
    locked = _MAILS.with_for_update(key_share=True, of=schema.delivery)
    return _mails(connection, locked, deliveries)


def look_at(connection: Connection, deliveries: Collection[int]) -> dict[int, Mail]:
    """The same without holding them."""
    return _mails(connection, _MAILS, deliveries)


def _mails(
    connection: Connection, query: Select[Any], deliveries: Collection[int]
) -> dict[int, Mail]:
    return {row[0]: _mail(row) for row in connection.execute(query, {"ids": list(deliveries)})}


def _mail(row: Sequence[Any]) -> Mail:
    _, address, digest, subscription, campaign, version, agreed, joined = row[:8]
    reader = Reader(
        address.rpartition("@")[2], bool(agreed), joined.isoformat()[:7] if agreed else ""
    )
    return Mail(address, digest, subscription, campaign, version, reader, Standing(*row[8:]))


def unseen(connection: Connection, events: Iterable[Event]) -> tuple[Event, ...]:
    """The events that are not stored yet, each once, in order."""
    unique = {event.key: event for event in events}
    table = schema.event
    seen = set(connection.execute(select(table.c.key).where(table.c.key.in_(unique))).scalars())
    return tuple(event for key, event in unique.items() if key not in seen)


def append(
    connection: Connection,
    events: Sequence[Event],
    crowds: Mapping[str, int],
    verdicts: Mapping[str, Verdict],
    *,
    received_at: datetime,
) -> None:
    """Store events not seen before; by their keys, `crowds` are numbers (store.evidence), and
    `verdicts` what opens and clicks are taken for.
    """
    if events:
        statement = insert_into(connection, schema.event).on_conflict_do_nothing()
        rows = [
            _row(event, received_at)
            | {"crowd": crowds.get(event.key), "verdict": verdicts.get(event.key)}
            for event in events
        ]
        connection.execute(statement, rows)


def raise_standings(
    connection: Connection,
    mails: Mapping[int, Mail],
    proven: Mapping[int, Standing],
    moments: Mapping[int, Mapping[str, datetime | None]],
) -> None:
    """Write down what is now proven of deliveries, and `moments` of theirs, by column."""
    rows: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for delivery in sorted(proven.keys() | moments.keys()):
        changed = dict(moments.get(delivery, {}))
        if delivery in proven:
            changed |= _raised(mails[delivery].standing, proven[delivery])
        if changed:
            row: dict[str, object] = {f"to_{name}": value for name, value in changed.items()}
            rows.setdefault(tuple(changed), []).append(row | {"delivery": delivery})
    for names, some in rows.items():
        connection.execute(_raising(names), some)


def _raised(before: Standing, now: Standing) -> dict[str, Any]:
    return {
        name: getattr(now, name)
        for name in _STANDING
        if getattr(now, name) != getattr(before, name)
    }


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
        "cause": event.cause or None,
        "signs": event.signs or None,
    }


def _storable(text: str) -> str:
    """Without null characters, which PostgreSQL refuses, and with them the whole post of events."""
    return text.replace("\0", "")
