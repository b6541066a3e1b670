"""Moves every row from a SQLite file into an empty PostgreSQL database, and compares both.

Rows stream by COPY, table by table, into one transaction: until it commits, the target is empty.
What was written is read back; count and digest of each table must be those of the file. A digest
is the sum of its rows' own, for the two databases do not order text alike.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Text, cast, func, inspect, select, text, type_coerce, update

from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.errors import DeliveryError, StoreError
from newsletter.store import migrations, schema
from newsletter.store.faults import store_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import URL, Column, Connection, Table

CHUNK = 5000
"""Rows in memory at a time."""

TABLES: tuple[Table, ...] = tuple(schema.metadata.sorted_tables)
"""Each after those it refers to."""

_OVERFLOW = 1 << 128
_LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that is the same on both sides: how many rows, and the digest of them all."""

    table: str
    rows: int
    digest: str


def count_rows(connection: Connection) -> int:
    """How many rows there are to move."""
    return sum(
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES
    )


def refuse_busy(source: Connection) -> None:
    """DeliveryError while anything is being sent, or a request is not answered."""
    campaign, batch = schema.campaign, schema.batch
    asked = select(batch.c.campaign_id).where(batch.c.state == BatchState.SUBMITTING)
    busy = (campaign.c.state == CampaignState.SENDING) | campaign.c.id.in_(asked)
    issue = source.execute(select(campaign.c.issue).where(busy).limit(1)).scalar()
    if issue is not None:
        raise DeliveryError(
            f"“{issue}” is being sent; let that end, or `newsletter pause {issue}` and wait until "
            f"`newsletter status {issue}` shows no request under way, then move"
        )


def make_tables(target: Connection) -> None:
    """Make our tables in an empty database; StoreError where it holds any."""
    name, found = store_name(target.engine.url), inspect(target).get_table_names()
    if found:
        raise StoreError(
            f"{name} is not empty (it has a table “{min(found)}”); name a new database, "
            "or drop what is in this one"
        )
    migrations.upgrade(target, None, name=name)


def move_table(
    table: Table, source: Connection, target: Connection, progress: Callable[[int], None]
) -> Moved:
    """Copy one table and read it back; `progress` hears of rows written, and of rows read.

    StoreError where PostgreSQL refuses a value, or the two sides differ.
    """
    written, found = _Sum(table), _Sum(table)
    _copy(table, written.counted(_rows(table, source, progress)), target)
    for _ in found.counted(_rows(table, target, progress)):
        pass
    if (written.rows, written.total) != (found.rows, found.total):
        raise StoreError(
            f"the table “{table.name}” came out different ({written.rows:,} rows, "
            f"{found.rows:,} read back); nothing was moved; please report this"
        )
    return Moved(table.name, found.rows, f"{found.total:032x}")


def keep_numbers(source: Connection, target: Connection) -> None:
    """New rows go on where the file's would: a number that was given once is never given again."""
    given: dict[str, int] = {}
    if inspect(source).has_table("sqlite_sequence"):
        rows = source.execute(text("SELECT name, seq FROM sqlite_sequence"))
        given = {row[0]: row[1] for row in rows}
    for table in TABLES:
        column = table.autoincrement_column
        if column is None:
            continue
        highest = source.execute(select(func.max(column))).scalar() or 0
        last = max(highest, given.get(table.name, 0))
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        target.execute(select(func.setval(sequence, max(last, 1), last > 0)))


def begin_unmarked(target: Connection) -> None:
    """Nobody sends from the new database before they say so: no machine has its mark yet."""
    row = schema.workspace
    target.execute(update(row).values(generation=row.c.generation + 1, host=None))


def lock_file(source: Connection, target: URL) -> None:
    """The old file refuses to send from here on (store.guard)."""
    host = f"{target.host or 'PostgreSQL'}, database {target.database}"[:100]
    source.execute(update(schema.workspace).values(host=host))


class _Sum:
    """Counts a table's rows and adds up their digests as they pass."""

    def __init__(self, table: Table) -> None:
        self.rows, self.total = 0, 0
        self._documents = [place for place, one in enumerate(table.c) if _is_document(one)]

    def counted(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for row in rows:
            self.rows += 1
            self.total = (self.total + self._digest(row)) % _OVERFLOW
            yield row

    def _digest(self, row: Sequence[Any]) -> int:
        values = [value.hex() if isinstance(value, bytes) else value for value in row]
        for place in self._documents:
            if values[place] is not None:  # no document, which `null` in one is not
                values[place] = [_plain(orjson.loads(values[place]))]
        told = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        return int.from_bytes(hashlib.blake2b(told, digest_size=16).digest())


def _plain(value: Any) -> Any:
    """PostgreSQL's jsonb has one kind of number, and writes 1e16 without a point."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_document(column: Column[Any]) -> bool:
    return isinstance(column.type, type(schema.Document))


def _rows(
    table: Table, connection: Connection, progress: Callable[[int], None]
) -> Iterator[Sequence[Any]]:
    """Every row of a table, by its key, a chunk at a time; documents as text."""
    columns = [_as_text(one, connection) if _is_document(one) else one for one in table.c]
    query = select(*columns).order_by(*table.primary_key)
    found = iter(connection.execute(query, execution_options={"yield_per": CHUNK}))
    while chunk := list(islice(found, CHUNK)):
        yield from chunk
        progress(len(chunk))


def _as_text(column: Column[Any], connection: Connection) -> Any:
    if connection.dialect.name == "sqlite":
        return type_coerce(column, Text)
    return cast(column, Text)


def _copy(table: Table, rows: Iterator[Sequence[Any]], target: Connection) -> None:
    import psycopg  # noqa: PLC0415 - an extra

    preparer = target.dialect.identifier_preparer
    names = ", ".join(preparer.quote(column.name) for column in table.c)
    driver: Any = target.connection.driver_connection
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {preparer.quote(table.name)} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        # The message alone: detail and context quote the row.
        line = _LINE.search(error.diag.context or "")
        which = f"row {line[1]} of the table" if line else "the table"
        raise StoreError(
            f"{which} “{table.name}” does not fit PostgreSQL "
            f"({error.diag.message_primary or error}); nothing was moved"
        ) from None
