"""Brings people in, thousands at a time: staged in a temporary table, then merged from there.

Whoever is suppressed is left out whole, so that an import cannot bring back an address that was
erased; whoever unsubscribed from a list stays unsubscribed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.domain.address import address_digest
from newsletter.domain.audience import Admission, Entry
from newsletter.store import schema
from newsletter.store.engine import pepper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_staged = Table(
    "staged",
    MetaData(),
    Column("canonical", String(254), primary_key=True),
    Column("address", String(254), nullable=False),
    Column("digest", String(32), nullable=False),
    Column("lists", Text, nullable=False),  # ";weekly;daily;"
    Column("attributes", schema.Document, nullable=False),
    prefixes=["TEMPORARY"],
)


@contextmanager
def admitting(
    connection: Connection, *, consent_source: str, at: datetime
) -> Iterator[Callable[[Sequence[Entry]], Admission]]:
    """A function that admits entries, best some thousands at once, in the caller's transaction.

    New people are added; attributes of known ones are merged, the entry's over those there, and
    their address stays spelled as it is. Subscriptions are made with `consent_source` and `at`.
    """
    key = pepper(connection)
    _staged.create(connection)

    def admit(entries: Sequence[Entry]) -> Admission:
        people = _merged(entries)
        if not people:
            return Admission()
        _stage(connection, people, key)
        admission = _admit(connection, len(people), at)
        lists = {name for entry in people for name in entry.lists}
        subscribed = sum(_subscribe(connection, name, consent_source, at) for name in lists)
        kept = sum(_still_unsubscribed(connection, name) for name in lists)
        connection.execute(delete(_staged))
        return admission + Admission(
            repeated=len(entries) - len(people), subscribed=subscribed, kept_unsubscribed=kept
        )

    yield admit
    _staged.drop(connection)


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """One entry an address: later attributes over earlier ones, and all the lists."""
    people: dict[str, Entry] = {}
    for entry in entries:
        first = people.get(entry.address.canonical)
        people[entry.address.canonical] = (
            entry
            if first is None
            else Entry(
                first.address, {**first.attributes, **entry.attributes}, first.lists + entry.lists
            )
        )
    return list(people.values())


def _stage(connection: Connection, people: Sequence[Entry], key: bytes) -> None:
    """All in one bound JSON document: a tenth of the time that a parameter a cell takes."""
    rows = [
        (
            entry.address.canonical,
            entry.address.mailed,
            address_digest(key, entry.address.canonical),
            f";{';'.join(entry.lists)};",
            entry.attributes,
        )
        for entry in people
    ]
    document = literal(orjson.dumps(rows).decode(), Text())
    cells: list[Any]
    if connection.dialect.name == "sqlite":
        row = func.json_each(document).table_valued("value").c.value
        cells = [func.json_extract(row, f"$[{place}]") for place in range(5)]
    else:
        row = func.jsonb_array_elements(cast(document, postgresql.JSONB)).column_valued("row")
        cells = [func.jsonb_extract_path_text(row, str(place)) for place in range(4)]
        cells.append(func.jsonb_extract_path(row, "4"))
    connection.execute(insert(_staged).from_select(list(_staged.c), select(*cells)))


def _admit(connection: Connection, staged: int, at: datetime) -> Admission:
    gone = delete(_staged).where(_staged.c.digest.in_(select(schema.suppression.c.digest)))
    suppressed = _changed(connection, gone)
    person = schema.subscriber
    known = connection.execute(
        select(func.count()).join_from(_staged, person, person.c.canonical == _staged.c.canonical)
    ).scalar_one()
    written = _changed(connection, _upsert(connection, at))
    added = staged - suppressed - known
    return Admission(
        added=added,
        updated=written - added,
        unchanged=known - (written - added),
        suppressed=suppressed,
    )


def _upsert(connection: Connection, at: datetime) -> Any:
    """Insert the staged people, or merge their attributes where that changes something."""
    person = schema.subscriber
    moment = literal(at, schema.Moment())
    names = ["address", "canonical", "digest", "attributes"]
    incoming = select(*(_staged.c[name] for name in names), moment, moment)
    statement = (
        _dialect(connection)
        .insert(person)
        # Without a WHERE, SQLite takes ON CONFLICT for the condition of a join.
        .from_select([*names, "created_at", "updated_at"], incoming.where(true()))
    )
    merged = _patched(connection, person.c.attributes, statement.excluded.attributes)
    return statement.on_conflict_do_update(
        index_elements=["canonical"],
        set_={"attributes": merged, "updated_at": statement.excluded.updated_at},
        where=person.c.attributes != merged,
    )


def _subscribe(connection: Connection, list_key: str, consent_source: str, at: datetime) -> int:
    person, entry = schema.subscriber, schema.subscription
    people = (
        select(
            person.c.id,
            literal(list_key),
            literal("subscribed"),
            literal(consent_source),
            literal(at, schema.Moment()),
        )
        .join_from(_staged, person, person.c.canonical == _staged.c.canonical)
        .where(_on(list_key))
    )
    names = ["subscriber_id", "list_key", "status", "consent_source", "subscribed_at"]
    statement = _dialect(connection).insert(entry).from_select(names, people)
    return _changed(connection, statement.on_conflict_do_nothing())


def _still_unsubscribed(connection: Connection, list_key: str) -> int:
    person, entry = schema.subscriber, schema.subscription
    query = (
        select(func.count())
        .select_from(_staged)
        .join(person, person.c.canonical == _staged.c.canonical)
        .join(entry, (entry.c.subscriber_id == person.c.id) & (entry.c.list_key == list_key))
        .where(_on(list_key), entry.c.status == "unsubscribed")
    )
    return int(connection.execute(query).scalar_one())


def _changed(connection: Connection, statement: Any) -> int:
    """How many rows a statement wrote; without the option SQLAlchemy does not ask after inserts."""
    return int(connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount)


def _on(list_key: str) -> Any:
    return _staged.c.lists.contains(f";{list_key};", autoescape=True)


def _dialect(connection: Connection) -> Any:
    return sqlite if connection.dialect.name == "sqlite" else postgresql


def _patched(connection: Connection, old: Any, new: Any) -> Any:
    """`old` with the members of `new` laid over it; neither has nulls."""
    return func.json_patch(old, new) if connection.dialect.name == "sqlite" else old.op("||")(new)
