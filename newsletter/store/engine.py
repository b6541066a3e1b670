"""Opens the database, SQLite or PostgreSQL, and the two kinds of transaction used on it.

On opening, a new or older database is migrated and a newer one refused. A plain `engine.begin()`
cannot write on SQLite: every writer says so at its start, through `writing`, because a transaction
that turns into a writer half-way fails at once, whatever the timeout.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import create_engine, event, func, insert, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from newsletter.errors import StoreError
from newsletter.store import migrations, schema
from newsletter.store.faults import explained, store_name
from newsletter.store.turn import take_turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import URL, Connection, Engine

    from newsletter.ports import Clock, Randomness

BUSY_SECONDS = 120
"""SQLite has one writer: who unsubscribes while a million people are imported waits for that."""

CONNECT_SECONDS = 10

_CUT_OFF_SOON = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""Within 25 seconds a host notices that it is cut off; the kernel would take a quarter of an hour.
Part of the URL, so that whoever connects by it does so alike:
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

_GIVEN_UP_SOON = " ".join(
    f"-c tcp_{name.removeprefix('tcp_')}={value}" for name, value in _CUT_OFF_SOON.items()
)
"""And within as long the server ends the session of a host that is gone, which may hold a sender's
lock or a row that all need; it would take two hours.
"""
_WRITES = "newsletter_writes"
_REBUILDS = "newsletter_rebuilds"
_MIGRATION_LOCK = 0x6E6C0001
_FORMS = "sqlite:///path/to/file.db or postgresql+psycopg://user@host/name"


def open_store(url: str, *, clock: Clock, randomness: Randomness) -> Engine:
    """The database at `url`, at this program's revision; a new one gets its tables and pepper.

    A SQLite file is made when it is missing (0600, in a folder of 0700), but only one folder deep.
    Raises StoreError, in one sentence without the password, for a URL that is not understood, a
    missing folder, a file that is no database, a locked or unreachable or newer database.
    """
    engine = connect(url)
    try:
        with reading(engine) as connection:
            current = _revision(connection)
        if current != migrations.HEAD:
            _migrate(engine, at=clock.now(), pepper=randomness.token() + randomness.token())
    except BaseException:
        engine.dispose()
        raise
    return engine


def connect(url: str) -> Engine:
    """An engine for `url` as it stands, migrated or not; StoreError as in `open_store`."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(f"the database URL is not understood; write {_FORMS}") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend == "postgresql":
        return _postgresql(parsed)
    raise StoreError(f"a database of the kind “{backend}” is not supported; write {_FORMS}")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write, committed at the end; waits two minutes for another writer.

    SQLite: BEGIN IMMEDIATE. Raises StoreError when the database is locked, full or gone.
    """
    with _explained(engine), engine.connect() as connection:
        connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot for every query inside; writing fails. Raises StoreError as `writing`."""
    with _explained(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


def told_time(engine: Engine) -> datetime | None:
    """What the database's own clock shows; None on SQLite, which goes by this machine's."""
    if engine.dialect.name == "sqlite":
        return None
    with reading(engine) as connection:
        shown: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return shown


def pepper(connection: Connection) -> bytes:
    """The key of this workspace's address digests (`domain.address.address_digest`)."""
    key: bytes = connection.execute(select(schema.workspace.c.pepper)).scalar_one()
    return key


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise StoreError("the database needs a file; write sqlite:///path/to/file.db")
    _make_file(Path(str(url.database)))
    engine = create_engine(
        url.set(drivername="sqlite"), connect_args={"timeout": BUSY_SECONDS}, **_JSON
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg", query={**_CUT_OFF_SOON, **url.query}),
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "newsletter",
                # A claim that is reported as committed must survive a crash of the server.
                "options": f"-c synchronous_commit=on -c timezone=UTC {_GIVEN_UP_SOON}",
            },
            **_JSON,
        )
    except ModuleNotFoundError:
        raise StoreError(
            "PostgreSQL needs psycopg; install it with `pip install 'newsletter[postgresql]'`"
        ) from None


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()


# Compact JSON on both databases: SQLite's json_patch answers in it, so equal values are equal text.
_JSON: dict[str, Any] = {"json_serializer": _to_json, "json_deserializer": orjson.loads}


def _make_file(path: Path) -> None:
    try:
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except FileNotFoundError:
        raise StoreError(
            f"the database {path} cannot be made: there is no folder {path.parent.parent}; make it"
        ) from None
    except FileExistsError:  # another process has just made the folder
        _make_file(path)
    except OSError as error:
        raise StoreError(
            f"the database {path} cannot be opened: {error.strerror}; check the path and its rights"
        ) from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: see _begin_sqlite
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = bool(connection.get_execution_options().get(_WRITES))
    connection.exec_driver_sql(f"PRAGMA query_only = {int(not writes)}")
    if connection.get_execution_options().get(_REBUILDS):
        # SQLite changes a table by making it anew, and would miss the rows that refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    if writes:
        take_turn(connection, patience=BUSY_SECONDS)
    else:
        connection.exec_driver_sql("BEGIN")


def _revision(connection: Connection) -> str | None:
    """The migration this database stands at, None for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine, *, at: datetime, pepper: str) -> None:
    """All or nothing, and one process at a time; the others find the work done."""
    with writing(engine.execution_options(**{_REBUILDS: True})) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        name = store_name(engine.url)
        try:
            migrations.upgrade(connection, _revision(connection), name=name)
        except DBAPIError as error:
            if "already exists" not in str(error.orig):
                raise
            raise StoreError(f"{name} has tables of another program; name another one") from error
        if connection.execute(select(schema.workspace.c.id)).first() is None:
            connection.execute(
                insert(schema.workspace).values(id=1, pepper=bytes.fromhex(pepper), created_at=at)
            )
    engine.dispose()  # on SQLite, this connection does not enforce what refers to what


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    """Failures of the database itself become StoreError; a broken constraint stays what it is."""
    try:
        yield
    except DBAPIError as error:
        fault = explained(error, engine.url)
        if fault is None:
            raise
        raise fault from error
