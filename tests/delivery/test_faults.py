"""A database that fails in the middle of a send: nobody twice, nobody lost, few in doubt.

Faults are real where they can be: PostgreSQL ends the session, SQLite may not write another byte.
"""

import resource
import shutil
import sqlite3
import threading
from contextlib import suppress
from functools import partial
from itertools import count

import psycopg
import pytest
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.pool import NullPool

from newsletter.domain.campaign import CampaignState
from newsletter.domain.event import EventKind
from newsletter.errors import NewsletterError, StoreError
from newsletter.events.ingest import ingest
from newsletter.store import engine as store_engine
from newsletter.store.engine import open_store


class Broken:
    """A database that fails at the given of its moments: before a statement, before a commit, or
    after one, when only the answer is lost. `for_good`: and at every moment after it.
    """

    def __init__(self, engine, fault, moment, *, for_good=False):
        self.engine, self.fault, self.moment, self.for_good = engine, fault, moment, for_good
        self.passed = 0
        self.commit = engine.dialect.do_commit

    def __enter__(self):
        event.listen(self.engine, "before_cursor_execute", self.statement)
        self.engine.dialect.do_commit = self.committing

    def __exit__(self, *_):
        event.remove(self.engine, "before_cursor_execute", self.statement)
        del self.engine.dialect.do_commit

    def statement(self, connection, *_):
        # SQLite writes nothing before the commit.
        if self.engine.dialect.name == "postgresql" and self.fails():
            self.fault(connection.connection, lambda: None)

    def committing(self, connection):
        commit = partial(self.commit, connection)
        if self.fails():
            self.fault(connection, commit)
        else:
            commit()
        if self.fails():
            self.lose_the_answer()

    def fails(self):
        self.passed += 1
        beyond = self.passed - 1 - self.moment
        return beyond == 0 or (self.for_good and beyond > 0)

    def lose_the_answer(self):
        if self.engine.dialect.name == "postgresql":
            raise psycopg.OperationalError("the connection is lost")
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
        raise error


def session_ends(administrator, connection, work):
    """PostgreSQL ends this session, as when it is restarted; then `work`."""
    process = connection.dbapi_connection.info.backend_pid
    administrator.execute(select(func.pg_terminate_backend(process, 5000)))
    work()


def no_byte_is_written(_connection, work):
    """`work`, while every write to every file fails."""
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        work()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def breaking(engine):
    """Makes the engine's database Broken."""
    if engine.dialect.name == "sqlite":
        yield partial(Broken, engine, no_byte_is_written)
        return
    other = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with other.connect() as administrator:
        yield partial(Broken, engine, partial(session_ends, administrator))


@pytest.fixture
def moments(engine):
    """Which moments to try: on PostgreSQL, which has many and is slow to come back, not all."""
    return lambda step: count(step=1 if engine.dialect.name == "sqlite" else step)


@pytest.fixture
def file(tmp_path, sqlite_template, clock, randomness):
    """A SQLite store, where the file itself matters."""
    path = tmp_path / "file.db"
    shutil.copy(sqlite_template, path)
    engine = open_store(f"sqlite:///{path}", clock=clock, randomness=randomness)
    yield engine
    engine.dispose()


def test_a_database_that_fails_once_leaves_nobody_in_doubt(
    engine, subscribe, freeze, dispatch, books, new_door, everybody, breaking, moments
):
    subscribe(engine, 10)
    for moment in moments(3):
        campaign, door, broken = freeze(engine, issue=f"i-{moment}"), new_door(), breaking(moment)
        with broken, suppress(NewsletterError):
            dispatch(door).run(campaign)
        if books.state(campaign) is not CampaignState.DONE:
            dispatch(door).run(campaign)
        assert books.state(campaign) is CampaignState.DONE, moment
        assert books.states(campaign) == {"submitted": 10}, moment
        assert door.people() == everybody(10), moment
        assert books.log_is_whole(campaign), moment
        if broken.passed <= moment:
            break
    assert moment > 10


def test_a_database_that_goes_away_leaves_one_batch_in_doubt_at_most(
    engine, subscribe, freeze, dispatch, books, new_door, breaking, moments
):
    subscribe(engine, 10)
    for moment in moments(7):
        campaign, door = freeze(engine, issue=f"i-{moment}"), new_door()
        broken = breaking(moment, for_good=True)
        with broken, suppress(NewsletterError):
            dispatch(door).run(campaign)
        if books.state(campaign) is not CampaignState.DONE:
            dispatch(door).run(campaign)
        found = books.states(campaign)
        doubt = found.pop("unknown", 0)
        assert found == {"submitted": 10 - doubt}, moment
        assert doubt in (0, 5), moment
        assert books.agree_with(door, campaign), moment
        assert books.log_is_whole(campaign), moment
        if broken.passed <= moment:
            break
    assert moment > 5


def test_a_database_that_fails_while_events_are_folded_takes_all_of_them_or_none(
    engine, subscribe, freeze, dispatch, books, new_door, clock, breaking, moments
):
    subscribe(engine, 10)
    kinds = (EventKind.PROCESSED, EventKind.DELIVERED)
    for moment in moments(1):
        campaign, door, broken = freeze(engine, issue=f"i-{moment}"), new_door(), breaking(moment)
        dispatch(door).run(campaign)
        told = [door.event(place, kind) for place in range(10) for kind in kinds]
        with broken, suppress(StoreError):
            ingest(engine, told, clock=clock)
        arrived = books.arrived(campaign)
        again = ingest(engine, told, clock=clock)
        assert (arrived, again.new, again.repeated) in {(0, 20, 0), (10, 0, 20)}, moment
        assert books.arrived(campaign) == 10, moment
        if broken.passed <= moment:
            break
    assert moment > (5 if engine.dialect.name == "postgresql" else 1)


def test_a_disk_that_fills_up_stops_the_send_and_leaves_one_batch_in_doubt_at_most(
    file, subscribe, freeze, dispatch, new_door
):
    subscribe(file, 60)
    campaign, door = freeze(file, size=1), new_door()

    def no_new_page(connection):
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # or as many as there are by now

    event.listen(file, "begin", no_new_page)
    with pytest.raises(StoreError, match="the disk is full"):
        dispatch(door, engine=file).run(campaign)
    event.remove(file, "begin", no_new_page)
    file.dispose()  # the limit lives as long as the connection
    assert 0 < len(door.taken) < 60
    dispatch(door, engine=file).run(campaign)
    assert 59 <= len(door.people()) == len(set(door.people()))


def test_a_database_that_is_locked_while_an_answer_comes_is_waited_for(
    file, subscribe, freeze, dispatch, new_door, everybody, clock, monkeypatch
):
    subscribe(file, 10)
    campaign = freeze(file)
    other = sqlite3.connect(file.url.database, isolation_level=None, check_same_thread=False)

    def let_go_after_three(seconds):
        clock.slept.append(seconds)
        if len(clock.slept) == 3:
            other.execute("COMMIT")

    monkeypatch.setattr(clock, "sleep", let_go_after_three)
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.01)
    door = new_door(lambda _mailing: other.execute("BEGIN IMMEDIATE"))
    assert dispatch(door, engine=file).run(campaign).state is CampaignState.DONE
    other.close()
    assert clock.slept == [1] * (1 + 2)  # the pause after that would have been of 4 seconds
    assert door.people() == everybody(10)
    assert len(door.asked) == 2


def test_a_thread_that_fails_stops_the_others_but_no_later_send(
    engine, subscribe, freeze, dispatch, books, new_door
):
    subscribe(engine, 60)
    campaign, stopping, meeting = freeze(engine), threading.Event(), threading.Barrier(2)

    def fail(_mailing):
        meeting.wait(60)
        raise LookupError("a mistake of ours")

    def answer(_mailing):
        meeting.wait(60)
        assert sending._failed.wait(60)

    door = new_door(fail, answer)
    sending = dispatch(door, concurrency=2, stopping=stopping)
    with pytest.raises(LookupError):
        sending.run(campaign)
    assert len(door.asked) == 2
    assert dispatch(door, stopping=stopping).run(campaign).state is CampaignState.UNSETTLED
    assert books.states(campaign) == {"submitted": 55, "unknown": 5}


@pytest.mark.parametrize("people", [0, 1, 4, 5, 6, 10])
def test_every_size_of_audience_is_mailed_once_in_full_batches(
    engine, subscribe, freeze, dispatch, new_door, everybody, people
):
    subscribe(engine, people)
    door = new_door()
    assert dispatch(door).run(freeze(engine)).state is CampaignState.DONE
    assert door.people() == everybody(people)
    assert len(door.asked) == -(-people // 5)
