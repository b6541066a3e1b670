"""Takes a person out of every table. What stays is what cannot be done without: the digest of their
address, so that nobody brings them back or mails them twice, and sums.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, func, null, or_, select, update

from newsletter.domain.address import address_digest, blank
from newsletter.domain.campaign import BatchState, DeliveryState
from newsletter.domain.suppression import Reason
from newsletter.store import dead_letters, evidence, schema, suppressions
from newsletter.store.engine import pepper
from newsletter.store.events import take_turns
from newsletter.store.moves import end_deliveries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Delete, Engine

    from newsletter.domain.address import Address
    from newsletter.domain.campaign import Step

_MAY_LEAVE = (
    BatchState.SUBMITTING,
    BatchState.SCHEDULED,
    BatchState.UNKNOWN,
    BatchState.CANCELLING,
    BatchState.HELD,
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took out, in rows: `unsent` deliveries will not leave any more; of `leaving`
    ones nobody can tell, for the provider has them or may have.
    """

    subscribers: int = 0
    subscriptions: int = 0
    tags: int = 0
    signups: int = 0
    consents: int = 0
    deliveries: int = 0
    events: int = 0
    dead_letters: int = 0
    unsent: int = 0
    leaving: int = 0


def overwrite_removed(connection: Connection) -> None:
    """Have what this connection removes overwritten.

    SQLite leaves it in the file otherwise, until the room is needed.
    https://www.sqlite.org/pragma.html#pragma_secure_delete
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON").close()


def empty_log(engine: Engine) -> None:
    """Move SQLite's log of changes into the file and empty it: it holds what was there before."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            connection.close()


def erase(connection: Connection, address: Address, step: Step) -> Erased:
    """Take a person out, in the caller's transaction; a second time finds nothing more to do.

    The suppression comes first: whatever batch of theirs is claimed or tried again later leaves
    them out. Batches are locked before deliveries, as by a claim.
    """
    take_turns(connection)
    digest = address_digest(pepper(connection), address.canonical)
    suppressions.put(connection, digest, Reason.ERASED, step)
    person = connection.execute(
        select(schema.subscriber.c.id).where(schema.subscriber.c.canonical == address.canonical)
    ).scalar_one_or_none()
    unsent, leaving = _stop(connection, address.canonical, step)
    visits = 0 if person is None else evidence.forget(connection, person)
    events = visits + _blank_events(connection, address.canonical)
    deliveries = _blank_deliveries(connection, address.canonical, digest)
    return Erased(
        deliveries=deliveries,
        events=events,
        unsent=unsent,
        leaving=leaving,
        consents=_anonymise_consent(connection, digest),
        signups=_removed(
            connection,
            delete(schema.signup).where(schema.signup.c.canonical == address.canonical),
        ),
        dead_letters=_blank_dead_letters(connection, address),
        **_remove_person(connection, person),
    )


def _stop(connection: Connection, canonical: str, step: Step) -> tuple[int, int]:
    """End what has not been submitted; how many that were, and how many may leave or have left."""
    batch, delivery = schema.batch, schema.delivery
    theirs = _theirs(canonical) & delivery.c.ending.is_(None)
    ready = connection.execute(
        select(batch.c.id)
        .where(
            batch.c.state == BatchState.READY,
            batch.c.id.in_(select(delivery.c.batch_id).where(theirs)),
        )
        .order_by(batch.c.id)
        .with_for_update()
    ).scalars()
    planned = connection.execute(
        select(delivery.c.id).where(theirs, delivery.c.batch_id.in_(ready.all()))
    ).scalars()
    unsent = planned.all()
    end_deliveries(connection, unsent, DeliveryState.SUPPRESSED, step)
    leaving = connection.execute(
        select(func.count())
        .select_from(delivery)
        .join(batch, batch.c.id == delivery.c.batch_id)
        .where(theirs, batch.c.state.in_(_MAY_LEAVE))
    ).scalar_one()
    return len(unsent), leaving


def _blank_events(connection: Connection, canonical: str) -> int:
    """Servers quote addresses in their reasons, and a link may be a person's own."""
    event, delivery = schema.event, schema.delivery
    statement = (
        update(event)
        .where(
            event.c.delivery_id.in_(select(delivery.c.id).where(_theirs(canonical))),
            or_(event.c.reason != "", event.c.url.is_not(None)),
        )
        .values(reason="", url=None, signs=None, crowd=None, verdict=None)
    )
    return connection.execute(statement).rowcount


def _blank_deliveries(connection: Connection, canonical: str, digest: str) -> int:
    table = schema.delivery
    told = func.lower(table.c.reason).contains(canonical, autoescape=True)
    statement = (
        update(table)
        .where(_theirs(canonical))
        .values(
            address="",
            canonical=blank(digest),
            fields=null(),
            reason=case((told, ""), else_=table.c.reason),
        )
    )
    return connection.execute(statement).rowcount


def _anonymise_consent(connection: Connection, digest: str) -> int:
    table = schema.consent
    named = or_(table.c.subscriber_id.is_not(None), table.c.network.is_not(None))
    statement = (
        update(table)
        .where(table.c.digest == digest, named)
        .values(subscriber_id=None, network=None)
    )
    return connection.execute(statement).rowcount


def _remove_person(connection: Connection, person: int | None) -> dict[str, int]:
    subscription, tag, subscriber = schema.subscription, schema.tag, schema.subscriber
    return {
        "subscriptions": _removed(
            connection, delete(subscription).where(subscription.c.subscriber_id == person)
        ),
        "tags": _removed(connection, delete(tag).where(tag.c.subscriber_id == person)),
        "subscribers": _removed(connection, delete(subscriber).where(subscriber.c.id == person)),
    }


def _removed(connection: Connection, statement: Delete) -> int:
    return connection.execute(statement).rowcount


def _blank_dead_letters(connection: Connection, address: Address) -> int:
    """The letter's digest stays: the same post, come again, is known and not kept again."""
    table, found = schema.dead_letter, 0
    for letter in _letters(connection):
        body = _blanked(letter.body, (address.canonical, address.mailed))
        if body != letter.body:
            found += 1
            connection.execute(update(table).where(table.c.id == letter.id).values(body=body))
    return found


def _letters(connection: Connection) -> Iterator[dead_letters.DeadLetter]:
    """All of them, one at a time: each may have megabytes."""
    number = 0
    while (letter := dead_letters.after(connection, number)) is not None:
        yield letter
        number = letter.id


def _blanked(body: bytes, addresses: Sequence[str]) -> bytes:
    for address in addresses:
        spelling = re.escape(address.encode()).replace(b"@", rb"(?:@|%40|\\u0040)")
        body = re.sub(spelling, b"erased", body, flags=re.IGNORECASE)
    return body


def _theirs(canonical: str) -> ColumnElement[bool]:
    """By way of the campaigns, for the addresses are indexed within each."""
    table = schema.delivery
    return table.c.campaign_id.in_(select(schema.campaign.c.id)) & (table.c.canonical == canonical)
