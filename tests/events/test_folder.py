"""What waits is folded in slices, resumed after a kill, and buried where it makes no sense."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import orjson
import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import DataError

from newsletter.errors import StoreError
from newsletter.events import folder as folders
from newsletter.events import spool as spools
from newsletter.events.folder import PATIENCE, SLICE, Folder, folding
from newsletter.events.spool import Spool
from newsletter.providers.sendgrid.payload import ATTEMPT, DELIVERY
from newsletter.store import dead_letters, schema
from newsletter.store.engine import reading, writing
from newsletter.store.events import take_turns


@pytest.fixture
def spool(tmp_path, clock, randomness):
    return Spool(tmp_path / "events", clock, randomness)


@pytest.fixture
def folder(engine, spool, clock):
    return Folder(engine, spool, clock)


def entry(person=1, kind="delivered", **more):
    return {
        "email": f"reader{person}@example.com",
        "timestamp": 1795770000,
        "event": kind,
        DELIVERY: str(person),
        ATTEMPT: f"{1:032}",
    } | more


def body(*entries):
    return orjson.dumps(entries)


@pytest.fixture
def buried(engine):
    def find():
        table = schema.dead_letter
        with reading(engine) as connection:
            return connection.execute(
                select(table.c.reason, table.c.body).order_by(table.c.id)
            ).all()

    return find


def test_all_that_waits_is_folded_and_removed(engine, mailed, folder, spool, books):
    people = SLICE + 100
    mailed(engine, people)
    everybody = [entry(person) for person in range(1, people + 1)]
    spool.append(body(*everybody[: people - 1]))
    for _ in range(3):
        spool.append(body(everybody[-1]))
    folder.fold()
    assert spool.waiting() == []
    assert {row.arrival for row in books.people()} == {3}
    assert (folder.total.new, folder.total.repeated) == (people, 2)


def test_a_large_post_is_folded_in_slices_of_much_the_same_size(
    engine, mailed, folder, spool, monkeypatch
):
    mailed(engine, 7)
    monkeypatch.setattr(folders, "SLICE", 3)
    sizes = []
    taken = folders.ingest
    monkeypatch.setattr(
        folders,
        "ingest",
        lambda engine, events, **more: sizes.append(len(events)) or taken(engine, events, **more),
    )
    spool.append(body(*(entry(person) for person in range(1, 8))))
    folder.fold()
    assert sizes == [4, 3]


def test_a_post_stays_until_the_database_has_it(engine, mailed, folder, spool, books):
    mailed(engine, 1)
    spool.append(body(entry()))

    def away(_connection):
        raise StoreError("the database is away")

    event.listen(engine, "commit", away)
    with pytest.raises(StoreError):
        folder.fold()
    event.remove(engine, "commit", away)
    assert len(spool.waiting()) == 1
    folder.fold()
    assert spool.waiting() == []
    assert books.people()[0].arrival == 3


def test_two_folders_share_the_work_and_fold_once(
    engine, mailed, folder, spool, clock, randomness, books
):
    mailed(engine, 200)
    for person in range(1, 201):
        spool.append(body(entry(person), entry(person, "open")))
    other = Folder(engine, Spool(spool.folder, clock, randomness), clock)
    threads = [threading.Thread(target=one.fold) for one in (folder, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert spool.waiting() == []
    assert len(books.events()) == 400
    assert {(row.arrival, row.opened_at is None) for row in books.people()} == {(3, False)}


def test_odd_events_are_buried_and_good_ones_count(
    engine, mailed, folder, spool, books, buried, clock
):
    mailed(engine, 2)
    odd = b'[{"event":"open","event":"click"}]'
    whole = b"[" * 100_000
    mixed = body(entry(1), entry(2, timestamp="soon"))
    for _ in range(2):
        for post in (mixed, odd, whole):
            spool.append(post)
    folder.fold()
    assert [row.arrival for row in books.people()] == [3, 0]
    kept = [row.body for row in buried()]
    assert sorted(kept) == sorted([body(entry(2, timestamp="soon")), odd, whole])
    with reading(engine) as connection:
        letters = dead_letters.by_reason(connection)
    assert [(one.count, one.first) for one in letters] == [(1, clock.now())] * 3
    assert not any("@" in one.reason for one in letters)


def test_a_post_that_the_database_refuses_is_buried_alone(
    engine, mailed, folder, spool, books, buried
):
    mailed(engine, 3)

    def refuse(_connection, _cursor, statement, parameters, *_):
        if statement.startswith("INSERT INTO event") and "poison" in str(parameters):
            raise DataError(statement, None, ValueError("out of range"))

    event.listen(engine, "before_cursor_execute", refuse)
    posts = [body(entry(1)), body(entry(2, reason="poison")), body(entry(3))]
    for post in posts:
        spool.append(post)
    folder.fold()
    assert spool.waiting() == []
    assert [row.arrival for row in books.people()] == [3, 0, 3]
    assert [row.body for row in buried()] == [posts[1]]


def test_the_thread_goes_on_when_the_database_comes_back(
    engine, mailed, folder, spool, books, monkeypatch
):
    mailed(engine, 1)
    monkeypatch.setattr(folders, "REST", 0.01)
    fold, failed, done = Folder.fold, threading.Event(), threading.Event()

    def fold_later(self):
        if not failed.is_set():
            failed.set()
            raise StoreError("the database is away")
        fold(self)
        done.set()

    monkeypatch.setattr(Folder, "fold", fold_later)
    spool.append(body(entry()))
    with folding(folder):
        assert done.wait(60)
    assert failed.is_set()
    assert books.people()[0].arrival == 3


def test_it_ends_while_the_database_does_not_answer(
    engine, mailed, folder, spool, books, monkeypatch
):
    mailed(engine, 1)
    monkeypatch.setattr(folders, "LAST_WORDS", 0.1, raising=False)
    spool.append(body(entry()))
    asked, begun, end = threading.Event(), threading.Event(), threading.Event()

    @event.listens_for(engine, "engine_connect")
    def ask(_):
        if threading.current_thread().name == "folder":
            asked.set()

    def serve():
        with folding(folder):
            begun.set()
            end.wait()

    server = threading.Thread(target=serve)
    with writing(engine) as connection:
        take_turns(connection)
        server.start()
        assert begun.wait(60)
        (thread,) = (one for one in threading.enumerate() if one.name == "folder")
        assert asked.wait(60)
        end.set()
        server.join(20)
        hung = server.is_alive()
    server.join()
    thread.join()
    assert not hung
    assert books.people()[0].arrival == 3


WORK = """
import sys
from pathlib import Path
from newsletter.app import SystemClock, SystemRandomness
from newsletter.events.folder import Folder
from newsletter.events.spool import Spool
from newsletter.store.engine import open_store
url, folder, body = sys.argv[1:]
clock, chance = SystemClock(), SystemRandomness()
spool = Spool(Path(folder), clock, chance)
assert spool.append(body.encode())
print("taken", flush=True)
Folder(open_store(url, clock=clock, randomness=chance), spool, clock).fold()
"""


@pytest.mark.parametrize("point", ["event:spooled", "event:appended", "event:committed"])
def test_a_kill_anywhere_loses_nothing_and_counts_nothing_twice(
    engine, store_url, mailed, folder, spool, books, point
):
    """F59: between durable and acknowledged, and between acknowledged and folded."""
    mailed(engine, 1)
    command = [sys.executable, "-c", WORK, store_url, str(spool.folder), body(entry()).decode()]
    environment = os.environ | {"NEWSLETTER_FAILPOINTS": f"{point}=kill"}
    ended = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (b"taken" in ended.stdout) == (point != "event:spooled")
    assert len(spool.waiting()) == 1
    spool.append(body(entry()))  # the provider had no answer, or wants to be sure
    folder.fold()
    assert spool.waiting() == []
    assert books.people()[0].arrival == 3
    assert len(books.events()) == 1
    assert folder.total.new == (point != "event:committed")


def test_folding_lets_posts_come_first_but_not_for_ever(
    engine, mailed, folder, spool, clock, monkeypatch
):
    mailed(engine, 1)
    monkeypatch.setattr(spools, "QUIET", 3600)  # as if posts poured in
    spool.append(body(entry(1)))
    folding = threading.Thread(target=folder.fold)
    folding.start()
    try:
        folding.join(0.4)
        assert folder.total.new == 0
        clock.advance(PATIENCE.total_seconds())
        folding.join(60)
        assert not folding.is_alive()
    finally:
        folder.stopping.set()
        folding.join()
    assert folder.total.new == 1
