"""The chain of consent, which is only ever appended to, and subscriptions ended or taken up by it.

Of an unsubscribe and a resubscribe the later one counts, whichever is heard of first.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, insert, or_, select, update

from newsletter.domain.consent import Consent, ConsentKind, Proof
from newsletter.store import schema
from newsletter.store.dialects import insert_into

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.consent import Reason

TRACKING = ""
"""The list of links that tell of consent to be tracked."""

UNSUBSCRIBE_LINK = "unsubscribe link"
"""The source of links that readers write by the link in a mail."""

PROVIDER = "reported by the provider"
"""The source of links that events write."""


# Built once, for hundreds of readers unsubscribe in the minutes after a send: building a statement
# costs several times as much as running it.
_LINK = ("kind", "at", "source", "wording", "network", "delivery_id", "reason")
_APPEND_TO = insert(schema.consent).from_select(
    ["subscriber_id", "digest", "list_key", *_LINK],
    select(
        schema.subscriber.c.id,
        schema.subscriber.c.digest,
        schema.subscription.c.list_key,
        *(bindparam(name, type_=schema.consent.c[name].type) for name in _LINK),
    )
    .join_from(
        schema.subscription,
        schema.subscriber,
        schema.subscriber.c.id == schema.subscription.c.subscriber_id,
    )
    .where(schema.subscription.c.id == bindparam("subscription")),
)
_UNSUBSCRIBE = (
    update(schema.subscription)
    .where(
        schema.subscription.c.id == bindparam("subscription"),
        schema.subscription.c.status == "subscribed",
    )
    .values(status="unsubscribed", unsubscribed_at=bindparam("moment"))
)
_MARK_MAIL = (
    update(schema.delivery)
    .where(
        schema.delivery.c.id == bindparam("mail"),
        schema.delivery.c.subscription_id == bindparam("subscription"),
        schema.delivery.c.unsubscribed_at.is_(None),
    )
    .values(unsubscribed_at=bindparam("moment"))
)


def append(
    connection: Connection, links: Sequence[Consent], *, subscriber: int | None, digest: str
) -> None:
    """Add links to one person's chain, in order; `digest` is of the person's address."""
    person = {"subscriber_id": subscriber, "digest": digest}
    if links:
        connection.execute(insert(schema.consent), [person | _columns(link) for link in links])


def append_to(
    connection: Connection, subscription: int, kind: ConsentKind, at: datetime, proof: Proof
) -> None:
    """Add a link on the list of one subscription to its person's chain."""
    link = _columns(Consent(TRACKING, kind, at, proof))
    connection.execute(_APPEND_TO, {**link, "subscription": subscription})


def unsubscribe(
    connection: Connection,
    subscription: int,
    *,
    at: datetime,
    delivery: int | None = None,
    network: str | None = None,
    reason: Reason | None = None,
) -> bool:
    """A reader ends a subscription; False when it had ended before, or never was.

    `delivery`, if it belongs to the subscription, is marked as the mail that moved them.
    """
    ended = connection.execute(_UNSUBSCRIBE, {"subscription": subscription, "moment": at}).rowcount
    if ended:
        proof = Proof(UNSUBSCRIBE_LINK, network=network, delivery=delivery, reason=reason)
        append_to(connection, subscription, ConsentKind.LEFT, at, proof)
        if delivery is not None:
            marked = {"mail": delivery, "subscription": subscription, "moment": at}
            connection.execute(_MARK_MAIL, marked)
    return bool(ended)


def take_back(connection: Connection, subscription: int, *, at: datetime, proof: Proof) -> bool:
    """A reader undoes an unsubscribe; False where there is none. No suppression is lifted."""
    table = schema.subscription
    taken = connection.execute(
        update(table)
        .where(table.c.id == subscription, table.c.status == "unsubscribed")
        .values(status="subscribed", unsubscribed_at=None, resubscribed_at=at)
    )
    if taken.rowcount:
        append_to(connection, subscription, ConsentKind.RETURNED, at, proof)
    return bool(taken.rowcount)


def remember_wording(connection: Connection, text: str) -> str:
    """Keep the words somebody agreed to; returns their hash, SHA-256 in hexadecimal digits."""
    mark = hashlib.sha256(text.encode()).hexdigest()
    known = insert_into(connection, schema.wording).values(hash=mark, text=text)
    connection.execute(known.on_conflict_do_nothing())
    return mark


def leave(
    connection: Connection, subscription: int, *, at: datetime, delivery: int | None = None
) -> bool:
    """End a subscription, unless the reader took it up again later; False if nothing changed."""
    table = schema.subscription
    ended = connection.execute(
        update(table)
        .where(
            table.c.id == subscription,
            or_(table.c.unsubscribed_at.is_(None), table.c.unsubscribed_at < at),
            or_(table.c.resubscribed_at.is_(None), table.c.resubscribed_at < at),
        )
        .values(status="unsubscribed", unsubscribed_at=at)
    )
    if ended.rowcount:
        append_to(
            connection, subscription, ConsentKind.LEFT, at, Proof(PROVIDER, delivery=delivery)
        )
    return bool(ended.rowcount)


def come_back(
    connection: Connection, subscription: int, *, at: datetime, delivery: int | None = None
) -> bool:
    """Take a subscription up, unless the reader ended it later; False if nothing changed.

    It undoes an unsubscribe of a list. It does not lift a suppression.
    """
    table = schema.subscription
    latest = or_(table.c.unsubscribed_at.is_(None), table.c.unsubscribed_at < at)
    taken = connection.execute(
        update(table)
        .where(
            table.c.id == subscription,
            or_(table.c.resubscribed_at.is_(None), table.c.resubscribed_at < at),
        )
        .values(status=case((latest, "subscribed"), else_=table.c.status), resubscribed_at=at)
    )
    if taken.rowcount:
        append_to(
            connection, subscription, ConsentKind.RETURNED, at, Proof(PROVIDER, delivery=delivery)
        )
    return bool(taken.rowcount)


def _columns(link: Consent) -> dict[str, object]:
    return {
        "list_key": link.list_key,
        "kind": link.kind,
        "at": link.at,
        "source": link.proof.source,
        "wording": link.proof.wording,
        "network": link.proof.network,
        "delivery_id": link.proof.delivery,
        "reason": link.proof.reason,
    }
