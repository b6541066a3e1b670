"""Temporary tables into which an import pours people, thousands at a time, to be merged from there.

COPY fills them on PostgreSQL, one prepared statement for all rows on SQLite: a binding of
SQLAlchemy a cell would take longer than all that follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    insert,
)

from newsletter.domain.address import address_digest
from newsletter.store import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection

    from newsletter.domain.audience import Entry

_tables = MetaData()
_TEMPORARY = ["TEMPORARY"]

staged = Table(
    "staged",
    _tables,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("canonical", String(254), nullable=False),
    Column("address", String(254), nullable=False),
    Column("digest", String(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("language", String(35)),
    Column("time_zone", String(40)),
    Column("attributes", schema.Document, nullable=False),
    Column("frequency", String(10), nullable=False),
    Column("paused_until", schema.Moment),
    Column("tracking", Boolean),
    Column("reason", String(40)),  # of a suppression
    Column("reason_at", schema.Moment),
    Column("subscriber_id", BigInteger),
    prefixes=_TEMPORARY,
)
"""People; `subscriber_id` is NULL until they are known."""

staged_list = Table(
    "staged_list",
    _tables,
    Column("place", Integer, nullable=False),
    Column("list_key", String(40), nullable=False),
    Column("since", schema.Moment),
    Column("until", schema.Moment),
    prefixes=_TEMPORARY,
)

staged_tag = Table(
    "staged_tag",
    _tables,
    Column("place", Integer, nullable=False),
    Column("name", String(40), nullable=False),
    prefixes=_TEMPORARY,
)


def create(connection: Connection) -> None:
    """Make the tables, for this connection alone."""
    _tables.create_all(connection, checkfirst=False)


def drop(connection: Connection) -> None:
    """Remove them."""
    _tables.drop_all(connection, checkfirst=False)


def clear(connection: Connection) -> None:
    """Empty them for the next load."""
    for table in _tables.sorted_tables:
        connection.exec_driver_sql(_CLEAR[connection.dialect.name] + table.name)


def stage(connection: Connection, people: Sequence[Entry], key: bytes) -> None:
    """Pour in people of different addresses, in the order of these: indexes then grow page by page.

    `key` is the pepper of the address digests.
    """
    moment = _bound_moment(connection)
    ordered = sorted(people, key=_canonical)
    _fill(connection, staged, (_row(place, one, key, moment) for place, one in enumerate(ordered)))
    _fill(
        connection,
        staged_list,
        (
            (place, list_key, since and moment(since), until and moment(until))
            for place, one in enumerate(ordered)
            for list_key, since, until in one.lists
        ),
    )
    if any(one.tags for one in ordered):
        tags = ((place, tag) for place, one in enumerate(ordered) for tag in one.tags)
        _fill(connection, staged_tag, tags)


_CLEAR = {"sqlite": "DELETE FROM ", "postgresql": "TRUNCATE "}


def _canonical(person: Entry) -> str:
    return person.address.canonical


def _row(place: int, person: Entry, key: bytes, moment: Callable[[Any], Any]) -> tuple[Any, ...]:
    suppression = person.suppression
    return (
        place,
        person.address.canonical,
        person.address.mailed,
        address_digest(key, person.address.canonical),
        person.name,
        person.language,
        person.time_zone,
        orjson.dumps(person.attributes).decode(),
        person.frequency.value,
        person.paused_until and moment(person.paused_until),
        person.tracking,
        suppression.reason if suppression else None,
        moment(suppression.at) if suppression else None,
        None,
    )


def _bound_moment(connection: Connection) -> Callable[[Any], Any]:
    """How a moment is handed to the driver, which SQLAlchemy would otherwise see to."""
    process = schema.Moment().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return process or (lambda value: value)


def _fill(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "sqlite":
        poured = list(rows)
        if poured:
            connection.exec_driver_sql(str(insert(table).compile(connection)), poured)
        return
    cursor: Any = connection.connection.cursor()  # psycopg's own, which alone knows COPY
    with cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
