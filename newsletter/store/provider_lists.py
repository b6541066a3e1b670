"""What the provider's own lists of suppressed addresses mean here, and what it should hear of ours.

Of an unsubscribe and a subscription the later one counts; so does a person's lifting of a
suppression over the older entry of a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import exists, func, select, update

from newsletter.domain.address import address_digest
from newsletter.domain.suppression import WORTH_TELLING, Reason
from newsletter.store import consent, schema
from newsletter.store.engine import pepper
from newsletter.store.suppressions import READER, insert_worse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import CompoundSelect, Connection, Exists, Select


class Listing(NamedTuple):
    """A canonical address on a list of the provider's, and since when."""

    canonical: str
    at: datetime


class Told(NamedTuple):
    """Somebody the provider is to be told of."""

    digest: str
    address: str


class Leaving(NamedTuple):
    """What unsubscribes from everything came to: listings read, subscriptions ended, unknown
    addresses suppressed, and the addresses of whoever has subscribed since then.
    """

    read: int
    ended: int
    suppressed: int
    returned: tuple[str, ...]


def suppress_listed(connection: Connection, listings: Sequence[Listing], reason: Reason) -> int:
    """Suppress these addresses, known to us or not; how many were not suppressed before.

    Whose suppression a person has lifted since then is left alone.
    """
    listed = _by_digest(connection, listings)
    lifted = _lifted(connection, listed)
    return _suppress(
        connection,
        {digest: at for digest, at in listed.items() if lifted.get(digest, at) <= at},
        reason,
    )


def leave_listed(
    connection: Connection, listings: Sequence[Listing], *, told_at: datetime | None
) -> Leaving:
    """Let these people leave every list they had joined before; suppress who is on none.

    Whoever is unknown is suppressed, or an import would bring them in. `told_at` is when the
    provider was found to know of it, None for a list that is not of everything.
    """
    listed = _by_digest(connection, listings)
    ended, returned, known = 0, set(), set()
    for digest, address, subscription, status, joined in _subscriptions(connection, listed):
        known.add(digest)
        if joined > listed[digest]:
            returned.update([address] if status == "subscribed" else [])
        elif status == "subscribed":
            ended += consent.leave(connection, subscription, at=listed[digest])
    if told_at is not None:
        person = schema.subscriber
        heard = update(person).where(person.c.digest.in_(known), person.c.told_at.is_(None))
        connection.execute(heard.values(told_at=told_at))
    unknown = {digest: at for digest, at in listed.items() if digest not in known}
    suppressed = _suppress(connection, unknown, Reason.UNSUBSCRIBED, told_at=told_at)
    return Leaving(len(listings), ended, suppressed, tuple(sorted(returned)))


def untold(connection: Connection, limit: int) -> tuple[Told, ...]:
    """Whom the provider should know as unsubscribed, and does not: who is suppressed for a reason
    worth telling, and who has left every list.
    """
    return tuple(Told(*row) for row in connection.execute(_untold().limit(limit)))


def count_untold(connection: Connection) -> int:
    """How many there are of them."""
    query = select(func.count()).select_from(_untold().subquery())
    return int(connection.execute(query).scalar_one())


def mistold(connection: Connection, limit: int) -> tuple[Told, ...]:
    """Whom the provider knows as unsubscribed although they have come back."""
    return tuple(Told(*row) for row in connection.execute(_mistold().limit(limit)))


def count_mistold(connection: Connection) -> int:
    """How many there are of them."""
    query = select(func.count()).select_from(_mistold().subquery())
    return int(connection.execute(query).scalar_one())


def mark_told(connection: Connection, people: Collection[Told], *, at: datetime | None) -> None:
    """The provider knows these people as unsubscribed since then, or (None) does not any more."""
    digests = [one.digest for one in people]
    for table in (schema.suppression, schema.subscriber):
        connection.execute(update(table).where(table.c.digest.in_(digests)).values(told_at=at))


def _by_digest(connection: Connection, listings: Sequence[Listing]) -> dict[str, datetime]:
    """Digest → the latest moment."""
    key = pepper(connection)
    listed: dict[str, datetime] = {}
    for canonical, at in listings:
        digest = address_digest(key, canonical)
        listed[digest] = max(at, listed.get(digest, at))
    return listed


def _lifted(connection: Connection, digests: Collection[str]) -> dict[str, datetime]:
    """Digest → when its suppression was lifted last; a sign-up lifts nothing of these lists."""
    table = schema.suppression_log
    rows = connection.execute(
        select(table.c.digest, func.max(table.c.at, type_=schema.Moment()))
        .where(table.c.digest.in_(digests), table.c.after == "", table.c.actor != READER)
        .group_by(table.c.digest)
    )
    return {row[0]: row[1] for row in rows}


def _suppress(
    connection: Connection,
    listed: Mapping[str, datetime],
    reason: Reason,
    told_at: datetime | None = None,
) -> int:
    if not listed:
        return 0
    table = schema.suppression
    there = select(table.c.digest).where(table.c.digest.in_(listed))
    if reason != Reason.UNSUBSCRIBED:
        there = there.where(table.c.reason != Reason.UNSUBSCRIBED)
    known = set(connection.execute(there).scalars())
    rows = [
        {"digest": digest, "reason": reason, "at": at, "told_at": told_at}
        for digest, at in sorted(listed.items())
        if digest not in known
    ]
    if rows:
        connection.execute(insert_worse(connection), rows)
    return len(rows)


def _subscriptions(
    connection: Connection, digests: Collection[str]
) -> Sequence[tuple[str, str, int, str, datetime]]:
    """(digest, address, subscription, status, last joined) of these people, in one order."""
    person, entry = schema.subscriber, schema.subscription
    query = (
        select(
            person.c.digest,
            person.c.address,
            entry.c.id,
            entry.c.status,
            entry.c.subscribed_at,
            entry.c.resubscribed_at,
        )
        .join_from(entry, person, entry.c.subscriber_id == person.c.id)
        .where(person.c.digest.in_(digests))
        .order_by(entry.c.id)
    )
    return [
        (row[0], row[1], row[2], row[3], max(row[4], row[5] or row[4]))
        for row in connection.execute(query)
    ]


def _untold() -> CompoundSelect[Any]:
    table, person = schema.suppression, schema.subscriber
    wished = (
        select(person.c.digest, person.c.address)
        .join_from(person, table, table.c.digest == person.c.digest)
        .where(table.c.reason.in_(WORTH_TELLING), table.c.told_at.is_(None))
    )
    left = select(person.c.digest, person.c.address).where(
        person.c.told_at.is_(None), _subscribed(), ~_subscribed("subscribed")
    )
    return wished.union(left)


def _mistold() -> Select[Any]:
    person = schema.subscriber
    suppressed = exists().where(schema.suppression.c.digest == person.c.digest)
    return select(person.c.digest, person.c.address).where(
        person.c.told_at.is_not(None), _subscribed("subscribed"), ~suppressed
    )


def _subscribed(status: str | None = None) -> Exists:
    entry = schema.subscription
    found = exists().where(entry.c.subscriber_id == schema.subscriber.c.id)
    return found if status is None else found.where(entry.c.status == status)
