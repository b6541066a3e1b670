"""One process leads, on either database; who dies or loses its session is followed within 2 s."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import create_engine, text

from newsletter.store import leadership
from newsletter.store.engine import connect
from newsletter.store.leadership import Leader, leading

FAILOVER = 2.0
TRIES = 3
"""Of a measurement: a machine with other things to do may be late once, and hardly three times."""


def until(what, seconds=60.0):
    """Seconds until something became true; fails where it never does."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it never came about"
        time.sleep(0.005)
    return time.monotonic() - began


def lead(url, leads):
    """In a process of its own: lead until killed."""
    with leading(connect(url)) as leader:
        until(lambda: leader.leads)
        leads.set()
        time.sleep(600)


@contextmanager
def leading_elsewhere(url):
    """A process that leads, to be killed."""
    context = multiprocessing.get_context("spawn")
    leads = context.Event()
    process = context.Process(target=lead, args=(url, leads), daemon=True)
    process.start()
    assert leads.wait(60)
    yield process
    process.kill()
    process.join()


def test_of_many_one_leads(store_url):
    with ExitStack() as stack:
        leaders = [stack.enter_context(leading(connect(store_url))) for _ in range(4)]
        until(lambda: any(one.leads for one in leaders))
        for _ in range(50):
            assert sum(one.leads for one in leaders) <= 1
            time.sleep(0.01)
        until(lambda: any(one.leads for one in leaders))


def test_who_goes_is_followed_by_another(store_url):
    assert any(followed_after_its_end(store_url) < FAILOVER for _ in range(TRIES))


def followed_after_its_end(store_url):
    with ExitStack() as before, ExitStack() as after:
        first = before.enter_context(leading(connect(store_url)))
        until(lambda: first.leads)
        second = after.enter_context(leading(connect(store_url)))
        assert not second.leads
        before.close()
        assert not first.leads
        return until(lambda: second.leads)


def test_a_killed_leader_is_followed_within_two_seconds(store_url):
    assert any(followed_after_a_kill(store_url) < FAILOVER for _ in range(TRIES))


def followed_after_a_kill(store_url):
    with leading_elsewhere(store_url) as process, leading(connect(store_url)) as successor:
        time.sleep(0.6)
        assert not successor.leads
        os.kill(process.pid, signal.SIGKILL)
        return until(lambda: successor.leads)


@pytest.fixture
def end_session(postgresql_store, our_locks):
    """End the session that holds the leader's lock, as an administrator or a failover would."""
    administrator = create_engine(postgresql_store, isolation_level="AUTOCOMMIT")

    def end():
        ends = (
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
            f"WHERE {our_locks} AND classid = :class AND granted"
        )
        with administrator.connect() as connection:
            found = connection.execute(text(ends), {"class": leadership._LOCK_CLASS})
            assert found.scalars().all() == [True]

    yield end
    administrator.dispose()


def test_a_leader_without_its_session_stops_before_another_starts(postgresql_store, end_session):
    engines = [connect(postgresql_store) for _ in range(3)]
    with ExitStack() as stack:
        leaders = [stack.enter_context(leading(engine)) for engine in engines]
        for _ in range(3):
            until(lambda: leading_of(leaders))
            before = [one._since for one in leaders]
            end_session()
            until(lambda before=before: leading_of(leaders) <= 1 and taken_anew(leaders, before))
            until(lambda: leading_of(leaders))


def leading_of(leaders):
    """How many lead, which is one at most."""
    count = sum(one.leads for one in leaders)
    assert count <= 1
    return count


def taken_anew(leaders, before):
    """Whether somebody has taken the lock since."""
    return any(one._since not in (None, *before) for one in leaders)


@pytest.fixture
def hang(postgresql_store, our_locks):
    """Stop the server's process of the session that holds the leader's lock, until the block ends;
    Linux counts its silence as no failure, for the kernel still acknowledges.
    """
    administrator = create_engine(postgresql_store, isolation_level="AUTOCOMMIT")

    @contextmanager
    def hanging():
        holds = f"SELECT pid FROM pg_locks WHERE {our_locks} AND classid = :class"
        with administrator.connect() as connection:
            process = connection.execute(text(holds), {"class": leadership._LOCK_CLASS}).scalar()
        os.kill(process, signal.SIGSTOP)
        yield
        os.kill(process, signal.SIGCONT)

    yield hanging
    administrator.dispose()


def test_it_ends_though_the_server_hangs(postgresql_store, hang, monkeypatch):
    monkeypatch.setattr(leadership, "LAST_LOOK", 0.5)
    stack = ExitStack()
    leader = stack.enter_context(leading(connect(postgresql_store)))
    until(lambda: leader.leads)
    ends = threading.Thread(target=stack.close)
    with hang():
        until(lambda: not leader.leads)
        ends.start()
        ends.join(20)
        hung = ends.is_alive()
    ends.join()
    assert not hung
    until(lambda: "leadership" not in {thread.name for thread in threading.enumerate()})
    leader.release()


def test_a_leader_that_cannot_look_leads_no_more(engine):
    leader = Leader(engine)
    leader.look()
    until(lambda: leader.leads or leader.look())
    time.sleep(leadership.STALE)
    assert not leader.leads
    until(lambda: leader.look() or leader.leads)
    leader.release()


def test_a_file_that_is_deleted_is_no_lock(tmp_path, sqlite_template):
    path = tmp_path / "newsletter.db"
    path.write_bytes(sqlite_template.read_bytes())
    with leading(connect(f"sqlite:///{path}")) as first:
        assert first.leads
        (tmp_path / "newsletter.db.leader.lock").unlink()
        with leading(connect(f"sqlite:///{path}")) as second:
            assert second.leads
            until(lambda: not first.leads)
