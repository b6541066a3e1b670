"""Somebody becomes a subscriber by their own word, or a known one confirms another list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from newsletter.domain.address import address_digest
from newsletter.domain.consent import Consent, ConsentKind, Proof
from newsletter.store import consent, schema, subscriptions, suppressions
from newsletter.store.dialects import insert_into
from newsletter.store.engine import pepper

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from newsletter.domain.signup import Signup, Wish

SOURCE = "sign-up form"


def welcome(connection: Connection, signup: Signup, *, at: datetime, proof: Proof) -> None:
    """A confirmed sign-up: its person is on the lists now, and the chain tells of both moments.

    What is known of a person already stays; the form only adds to it.
    """
    wish = signup.wish
    person = _known(connection, wish, at, confirmed=True)
    suppressions.readmit(connection, person.digest, at=at)
    links = []
    for key in wish.lists:
        subscriptions.join(connection, person.id, key, source=SOURCE, at=at)
        links.append(Consent(key, ConsentKind.ASKED, signup.asked_at, signup.proof))
        links.append(Consent(key, ConsentKind.CONFIRMED, at, proof))
    if wish.tracking and not person.tracking:
        _allow_tracking(connection, person.id, at)
        links.append(Consent(consent.TRACKING, ConsentKind.TRACKING_GIVEN, at, proof))
    consent.append(connection, links, subscriber=person.id, digest=person.digest)


def admit(
    connection: Connection, wish: Wish, lists: Iterable[str], *, at: datetime, proof: Proof
) -> tuple[str, ...]:
    """Put an address on lists without a confirmation; returns the lists that need one all the same.

    Whoever left a list comes back to it only by a confirmation: anybody can fill in a form.
    """
    person = _known(connection, wish, at, confirmed=False)
    left = subscriptions.lists_left(connection, person.id)
    links = [
        Consent(key, ConsentKind.ASKED, at, proof)
        for key in lists
        if key not in left and subscriptions.join(connection, person.id, key, source=SOURCE, at=at)
    ]
    consent.append(connection, links, subscriber=person.id, digest=person.digest)
    return tuple(key for key in lists if key in left)


def _known(connection: Connection, wish: Wish, at: datetime, *, confirmed: bool) -> Row[Any]:
    """The person with this address, made where there is none; nobody else changes them meanwhile.

    Somebody known gets what the form says more of them only where their mailbox confirmed it.
    """
    table, address = schema.subscriber, wish.address
    new = insert_into(connection, table).values(
        address=address.mailed,
        canonical=address.canonical,
        digest=address_digest(pepper(connection), address.canonical),
        name=wish.name,
        language=wish.language,
        attributes=dict(wish.attributes or {}),
        created_at=at,
        updated_at=at,
    )
    connection.execute(new.on_conflict_do_nothing(index_elements=[table.c.canonical]))
    query = select(table).where(table.c.canonical == address.canonical)
    row = connection.execute(query.with_for_update(key_share=True)).one()
    added = {
        "name": row.name or wish.name,
        "language": row.language or wish.language,
        "attributes": {**(wish.attributes or {}), **row.attributes},
    }
    if confirmed and any(getattr(row, name) != value for name, value in added.items()):
        changed = update(table).where(table.c.id == row.id).values(**added, updated_at=at)
        connection.execute(changed)
    return row


def _allow_tracking(connection: Connection, person: int, at: datetime) -> None:
    table = schema.subscriber
    given = update(table).where(table.c.id == person).values(tracking=True, tracking_since=at)
    connection.execute(given)
