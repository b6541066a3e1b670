"""Sign-ups that wait for their confirmation, and which of them is to be mailed one, and when.

A confirmation is claimed before it is submitted. Whatever happens then, the address gets no other
for a day, and a claim whose end was never written down is tried once more after that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select, update

from newsletter.domain.address import Address
from newsletter.domain.consent import Proof
from newsletter.domain.signup import BETWEEN_MAILS, Signup, Wish
from newsletter.store import schema
from newsletter.store.dialects import changed, insert_into

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Row

AT_ONCE = 50
"""How many sign-ups one look at what is due brings."""


def ask(connection: Connection, wish: Wish, *, at: datetime, proof: Proof, most: int) -> None:
    """Keep a wish and let a confirmation be mailed, where the address may get one.

    Of an address that waits already, what was entered first stays and lists are added. `most` mails
    are sent until one is confirmed.
    """
    table = schema.signup
    new = insert_into(connection, table).values(
        address=wish.address.mailed, canonical=wish.address.canonical, **_asked(wish, at, proof)
    )
    unless = new.on_conflict_do_nothing(index_elements=[table.c.canonical])
    if changed(connection, unless):
        return
    known = table.c.canonical == wish.address.canonical
    row = connection.execute(select(table).where(known).with_for_update()).one()
    connection.execute(update(table).where(known).values(_again(row, wish, at, proof, most)))


def _asked(wish: Wish, at: datetime, proof: Proof) -> dict[str, Any]:
    return {
        "name": wish.name,
        "language": wish.language,
        "lists": list(wish.lists),
        "attributes": dict(wish.attributes or {}),
        "tracking": wish.tracking,
        "source": proof.source,
        "wording": proof.wording,
        "network": proof.network,
        "asked_at": at,
        "due_at": at,
    }


def _again(row: Row[Any], wish: Wish, at: datetime, proof: Proof, most: int) -> dict[str, Any]:
    """What changes where the address is known: all of it once the earlier sign-up was confirmed."""
    free_at = at if row.mailed_at is None else max(at, row.mailed_at + BETWEEN_MAILS)
    if row.confirmed_at is not None:
        return {**_asked(wish, at, proof), "due_at": free_at, "mails": 0, "confirmed_at": None}
    more: dict[str, Any] = {"lists": list(dict.fromkeys([*row.lists, *wish.lists]))}
    if row.due_at is None and row.mails < most and free_at == at:
        more |= {"due_at": at, "asked_at": at}
    return more


def find(connection: Connection, number: int, *, changing: bool = False) -> Signup | None:
    """A sign-up by its number, or None; with `changing`, nobody else changes it meanwhile."""
    query = select(schema.signup).where(schema.signup.c.id == number)
    row = connection.execute(query.with_for_update() if changing else query).one_or_none()
    return None if row is None else _signup(row)


def confirm(connection: Connection, number: int, *, at: datetime) -> None:
    """Note that a sign-up is confirmed; it is kept for a while, for links are clicked twice."""
    table = schema.signup
    connection.execute(
        update(table).where(table.c.id == number).values(confirmed_at=at, due_at=None)
    )


def decline(connection: Connection, number: int, *, most: int) -> None:
    """Mail this sign-up nothing more: whoever reads the mailbox did not ask for it."""
    table = schema.signup
    connection.execute(
        update(table)
        .where(table.c.id == number, table.c.confirmed_at.is_(None))
        .values(due_at=None, mails=most)
    )


def due(connection: Connection, at: datetime, *, most: int) -> tuple[Signup, ...]:
    """Some of those to be mailed a confirmation now, those who wait longest first."""
    table = schema.signup
    query = select(table).where(*_due(at, most)).order_by(table.c.due_at).limit(AT_ONCE)
    return tuple(_signup(row) for row in connection.execute(query))


def claim(connection: Connection, number: int, at: datetime, *, most: int) -> bool:
    """Take one confirmation to mail; False where another process has, or it was declined."""
    table = schema.signup
    claimed = connection.execute(
        update(table)
        .where(table.c.id == number, *_due(at, most))
        .values(mails=table.c.mails + 1, mailed_at=at, due_at=at + BETWEEN_MAILS)
    )
    return bool(claimed.rowcount)


def mailed(connection: Connection, number: int) -> None:
    """The provider took a claimed confirmation, or will take none for this address."""
    table = schema.signup
    connection.execute(update(table).where(table.c.id == number).values(due_at=None))


def put_off(connection: Connection, number: int, *, until: datetime) -> None:
    """The provider certainly did not take a claimed confirmation: it is due again then."""
    table = schema.signup
    connection.execute(
        update(table)
        .where(table.c.id == number, table.c.due_at.is_not(None))
        .values(mails=table.c.mails - 1, mailed_at=None, due_at=until)
    )


def forget(connection: Connection, *, now: datetime, kept: timedelta, most: int) -> int:
    """Remove up to `most` that are past their time, confirmed or not; returns how many those were.

    Not who was mailed within a day, however short `kept` is: their next mail must wait.
    """
    table = schema.signup
    old = select(table.c.id).where(
        table.c.asked_at <= now - kept,
        or_(table.c.mailed_at.is_(None), table.c.mailed_at <= now - BETWEEN_MAILS),
    )
    gone = connection.execute(delete(table).where(table.c.id.in_(old.limit(most))))
    return int(gone.rowcount)


def _due(at: datetime, most: int) -> tuple[Any, ...]:
    table = schema.signup
    return table.c.due_at <= at, table.c.mails < most, table.c.confirmed_at.is_(None)


def _signup(row: Row[Any]) -> Signup:
    wish = Wish(
        address=Address(row.address, row.canonical),
        lists=tuple(row.lists),
        language=row.language or "",
        name=row.name,
        attributes=row.attributes,
        tracking=bool(row.tracking),
    )
    proof = Proof(row.source, row.wording, row.network)
    return Signup(row.id, wish, row.asked_at, proof, row.confirmed_at)
