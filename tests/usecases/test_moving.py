"""From SQLite to PostgreSQL: all of it alike, or nothing at all; and the file sends no more."""

from __future__ import annotations

import multiprocessing
import os

import pytest
from sqlalchemy import func, insert, inspect, select, text, update

from newsletter import failpoints
from newsletter.app import SystemClock, SystemRandomness
from newsletter.domain.campaign import Step
from newsletter.errors import DeliveryError, StoreError
from newsletter.store import guard, moving, schema
from newsletter.store.engine import connect, open_store, reading, writing
from newsletter.store.leadership import leading
from newsletter.usecases.moving import move_store, rows_to_move


@pytest.fixture
def target(postgresql_server, fresh_database):
    """The URL of an empty database."""
    with fresh_database(postgresql_server) as url:
        yield url


@pytest.fixture
def opened(clock, randomness):
    """Open a store, for as long as the test lasts."""
    engines = []

    def open_(url):
        engines.append(open_store(url, clock=clock, randomness=randomness))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.dispose()


@pytest.fixture
def full(workspace, subscribe, mailed):
    """A workspace in which most tables have rows, some of them odd."""
    mailed(workspace.engine, 12)
    subscribe(30, list_key="weekly", start=100)
    with writing(workspace.engine) as connection:
        odd = {"name": 'a "quoted"\tname\\N\nof two lines', "n": 1e16, "share": 0.25, "no": None}
        connection.execute(
            update(schema.subscriber).where(schema.subscriber.c.id == 1).values(attributes=odd)
        )
        connection.execute(
            update(schema.delivery).where(schema.delivery.c.id == 2).values(fields=None)
        )
        connection.execute(text("UPDATE delivery SET fields = NULL WHERE id = 3"))
        connection.execute(
            insert(schema.dead_letter).values(
                received_at=workspace.clock.now(), digest="d", reason="odd", body=bytes(range(256))
            )
        )
        # Somebody who was erased: their number is never given again.
        connection.execute(text("UPDATE sqlite_sequence SET seq = 900 WHERE name = 'subscriber'"))
    return workspace


def contents(engine):
    """Every row but the workspace's own, by table and key."""
    with reading(engine) as connection:
        return {
            (table.name, *key): tuple(row)
            for table in schema.metadata.sorted_tables
            for *key, row in (
                (*(row._mapping[column] for column in table.primary_key), row)
                for row in connection.execute(select(table))
            )
            if table.name != "workspace"
        }


def tables(url):
    engine = connect(url)
    found = inspect(engine).get_table_names()
    engine.dispose()
    return found


def sends(workspace, engine):
    number, marks = guard.enter(engine, workspace.state, at=workspace.clock.now())
    marks.close()
    return number


def test_every_row_is_the_same_on_the_other_side(full, target, opened):
    before = contents(full.engine)
    told = []
    moved = move_store(full, target, progress=told.append)
    engine = opened(target)
    after = contents(engine)
    assert after == before
    counts = {one.table: one.rows for one in moved}
    assert counts["delivery"] == 12
    assert counts["subscriber"] == 42
    assert sum(told) == 2 * sum(counts.values()) == 2 * rows_of(full)
    with reading(engine) as connection, reading(full.engine) as old:
        same = select(schema.workspace.c.pepper)
        assert connection.execute(same).scalar() == old.execute(same).scalar()
        nothing = text("SELECT id FROM delivery WHERE fields IS NULL")
        assert connection.execute(nothing).scalars().all() == old.execute(nothing).scalars().all()


def rows_of(workspace):
    with reading(workspace.engine) as connection:
        return moving.count_rows(connection)


def test_new_rows_go_on_where_the_file_s_would(full, target, opened):
    move_store(full, target)
    engine = opened(target)
    person = {
        "address": "new@example.com", "canonical": "new@example.com", "digest": "",
        "attributes": {}, "created_at": full.clock.now(), "updated_at": full.clock.now(),
    }  # fmt: skip
    with writing(engine) as connection:
        added = connection.execute(
            insert(schema.subscriber).returning(schema.subscriber.c.id), person
        )
        assert added.scalar_one() == 901
        for table in moving.TABLES:
            column = table.autoincrement_column
            if column is not None and table.name not in ("subscriber", "workspace"):
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                highest = connection.execute(select(func.max(column))).scalar() or 0
                assert connection.execute(select(func.nextval(sequence))).scalar() > highest


def test_afterwards_the_file_refuses_to_send_and_postgresql_sends(full, target, opened):
    assert sends(full, full.engine)
    move_store(full, target)
    with pytest.raises(DeliveryError, match="last used for sending on the machine"):
        sends(full, full.engine)
    engine = opened(target)
    assert sends(full, engine) > 1


@pytest.mark.parametrize(
    ("states", "is_busy"),
    [
        ({"state": "sending", "batch": "ready"}, True),
        ({"state": "paused", "batch": "submitting"}, True),
        ({"state": "paused", "batch": "ready"}, False),
        ({"state": "unsettled", "batch": "unknown"}, False),
        ({"state": "frozen", "batch": "ready"}, False),
    ],
)
def test_nothing_moves_while_anything_is_sent(states, is_busy, workspace, mailed, target):
    mailed(workspace.engine, 3, **states)
    if is_busy:
        with pytest.raises(DeliveryError, match="“issue-1” is being sent"):
            move_store(workspace, target)
        assert tables(target) == []
        assert sends(workspace, workspace.engine)
    else:
        move_store(workspace, target)
        assert "delivery" in tables(target)


def test_nothing_moves_while_serve_runs(workspace, target):
    with leading(workspace.engine), pytest.raises(DeliveryError, match="stop it, then move"):
        move_store(workspace, target)
    assert tables(target) == []


def test_a_database_that_holds_anything_is_refused(workspace, target):
    move_store(workspace, target)
    before = tables(target)
    with pytest.raises(StoreError, match="is not empty"):
        move_store(workspace, target)
    assert tables(target) == before


def test_sqlite_to_sqlite_and_from_postgresql_are_refused(workspace, tmp_path, target, opened):
    with pytest.raises(StoreError, match=r"move to PostgreSQL; write postgresql\+psycopg"):
        move_store(workspace, f"sqlite:///{tmp_path / 'other.db'}")
    vars(workspace)["engine"] = opened(target)
    with pytest.raises(StoreError, match="on PostgreSQL already"):
        rows_to_move(workspace)


@pytest.mark.parametrize(
    ("name", "why"), [("N" * 201, r"value too long"), ("a\x00b", "NUL")], ids=["too long", "NUL"]
)
def test_what_postgresql_does_not_take_is_told_and_nothing_moves(name, why, full, target):
    with writing(full.engine) as connection:
        connection.execute(
            update(schema.subscriber).where(schema.subscriber.c.id == 5).values(name=name)
        )
    with pytest.raises(StoreError, match=f"“subscriber” does not fit PostgreSQL .*{why}") as told:
        move_store(full, target)
    assert "@" not in str(told.value)
    assert tables(target) == []
    assert sends(full, full.engine)


def test_a_row_that_comes_out_different_is_noticed(full, target, monkeypatch):
    changed = []
    copy = moving._copy

    def spoil(table, rows, connection):
        copy(table, rows, connection)
        if table.name == "subscriber":
            changed.append(
                connection.execute(text("UPDATE subscriber SET name = 'X' WHERE id = 3")).rowcount
            )

    monkeypatch.setattr(moving, "_copy", spoil)
    with pytest.raises(StoreError, match="“subscriber” came out different"):
        move_store(full, target)
    assert changed == [1]
    assert tables(target) == []


def move_and_die(root, url, point):
    from newsletter import config
    from newsletter.app import Workspace

    failpoints.reach = failpoints.armed(f"{point}=kill")
    move_store(
        Workspace(root, config.load(root), SystemClock(), SystemRandomness(), os.environ), url
    )


@pytest.mark.parametrize("point", ["move:whole", "move:committed"])
def test_a_killed_move_leaves_the_file_as_it_was(point, full, target, opened):
    assert sends(full, full.engine)
    before = contents(full.engine)
    process = multiprocessing.get_context("spawn").Process(
        target=move_and_die, args=(full.root, target, point)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -9
    assert contents(full.engine) == before
    assert sends(full, full.engine)
    if point == "move:whole":
        assert tables(target) == []
        assert move_store(full, target)
        return
    # All is there, but nobody sends from it unless a person takes it over.
    engine = opened(target)
    with pytest.raises(DeliveryError, match="from another place"):
        sends(full, engine)
    guard.take_over(engine, full.state, Step(full.clock.now(), "test"))
    assert sends(full, engine)
