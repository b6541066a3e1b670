"""Where reading in pages stands, and when a thing that is done now and then was done last."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from newsletter.store import schema
from newsletter.store.dialects import insert_into

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


class Bookmark(NamedTuple):
    """A position in words of whoever put it there, and when that was."""

    position: str
    at: datetime


def find(connection: Connection, name: str) -> Bookmark | None:
    """The bookmark of this name, or None where nothing was read yet."""
    table = schema.bookmark
    query = select(table.c.position, table.c.at).where(table.c.name == name)
    row = connection.execute(query).one_or_none()
    return None if row is None else Bookmark(*row)


def put(connection: Connection, name: str, position: str, *, at: datetime) -> None:
    """Remember a position, in the transaction that used what was read before it."""
    statement = insert_into(connection, schema.bookmark).values(name=name, position=position, at=at)
    values = {"position": position, "at": at}
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
