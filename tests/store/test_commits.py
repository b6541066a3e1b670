"""Writes that share commits: each is durable, none undoes another, and no failure is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, insert, select

from newsletter.errors import StoreError
from newsletter.store import engine as store_engine
from newsletter.store import schema
from newsletter.store.commits import SharedCommits
from newsletter.store.engine import open_store, reading, writing


def marking(name):
    """A write of one row."""

    def work(connection):
        connection.execute(insert(schema.wording).values(hash=name, text=""))
        return name

    return work


def marks(engine):
    with reading(engine) as connection:
        return set(connection.execute(select(schema.wording.c.hash)).scalars())


@pytest.fixture
def commits_of(engine):
    """How many transactions have been committed on the engine since."""
    seen = []
    event.listen(engine, "commit", lambda _: seen.append(1))
    return lambda: len(seen)


def test_a_write_is_there_once_run_returns(engine):
    assert SharedCommits(engine).run(marking("a")) == "a"
    assert marks(engine) == {"a"}


def test_writes_of_many_threads_all_arrive_and_each_gets_its_own_answer(engine):
    shared, names = SharedCommits(engine), [f"{number:03}" for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(lambda name: shared.run(marking(name)), names)) == names
    assert marks(engine) == set(names)


def held(shared, started, go):
    """A write that has its turn until somebody says go."""

    def work(connection):
        started.set()
        assert go.wait(20)
        return "held"

    return threading.Thread(target=lambda: shared.run(work))


@pytest.fixture
def waiting_for(engine):
    """Let writes wait behind another one, then go; what each returned or raised."""

    def run(works):
        shared, started, go = SharedCommits(engine), threading.Event(), threading.Event()
        first = held(shared, started, go)
        first.start()
        assert started.wait(20)
        with ThreadPoolExecutor(len(works)) as pool:
            futures = [pool.submit(shared.run, work) for work in works]
            while shared._shared and len(shared._waiting) < len(works):
                threading.Event().wait(0.005)
            go.set()
            first.join()
            return [future.exception() or future.result() for future in futures]

    return run


def test_those_who_wait_share_one_commit(engine, waiting_for, commits_of):
    before = commits_of()
    assert waiting_for([marking(name) for name in "abcd"]) == list("abcd")
    assert commits_of() - before == (2 if engine.dialect.name == "sqlite" else 5)
    assert marks(engine) == set("abcd")


def test_one_that_fails_undoes_no_other(engine, waiting_for):
    def failing(connection):
        marking("x")(connection)
        raise ValueError("no")

    told = waiting_for([marking("a"), failing, marking("b")])
    assert (told[0], str(told[1]), told[2]) == ("a", "no", "b")
    assert marks(engine) == {"a", "b"}


def test_a_locked_database_is_told_to_everybody_and_the_next_write_works(
    sqlite_template, tmp_path, clock, randomness, monkeypatch
):
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.05)
    path = tmp_path / "newsletter.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_store(f"sqlite:///{path}", clock=clock, randomness=randomness)
    shared = SharedCommits(engine)
    with writing(engine), ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(shared.run, marking(name)) for name in "abc"]
        assert {type(future.exception(20)) for future in futures} == {StoreError}
    assert shared.run(marking("d")) == "d"
    assert marks(engine) == {"d"}
    engine.dispose()
