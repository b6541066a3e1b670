"""Both runners of jobs, each on a real database, and one contract for the two."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from newsletter.jobs.local import LocalJobs
from newsletter.jobs.procrastinate import ProcrastinateJobs
from newsletter.store.engine import open_store


@pytest.fixture
def postgresql(postgresql_server, fresh_database, clock, randomness):
    """A store on PostgreSQL in a database of its own, for the jobs' schema lies beside ours."""
    with fresh_database(postgresql_server) as url:
        engine = open_store(url, clock=clock, randomness=randomness)
        yield engine
        engine.dispose()


@pytest.fixture(params=["local", "local on PostgreSQL", "procrastinate"])
def runner(request, tmp_path, clock, randomness):
    """(the runner, its engine)."""
    if request.param == "local":
        engine = open_store(f"sqlite:///{tmp_path / 'n.db'}", clock=clock, randomness=randomness)
        yield LocalJobs(engine), engine
        engine.dispose()
        return
    engine = request.getfixturevalue("postgresql")
    kind = ProcrastinateJobs if request.param == "procrastinate" else LocalJobs
    yield kind(engine), engine


class Desk:
    """Who does jobs here: remembers them, and may be told to wait or to fail."""

    def __init__(self):
        self.done, self.most = [], 0
        self.go = threading.Event()
        self.go.set()
        self.failing = set()
        self._at_once, self._lock = 0, threading.Lock()

    def __call__(self, job):
        with self._lock:
            self._at_once += 1
            self.most = max(self.most, self._at_once)
        try:
            assert self.go.wait(60)
            if job.subject in self.failing:
                raise RuntimeError("this one never works")
        finally:
            with self._lock:
                self._at_once -= 1
                self.done.append(job)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def until():
    """Wait for something to become true, and say whether it did."""

    def wait(what, seconds=60):
        ends = time.monotonic() + seconds
        while not what() and time.monotonic() < ends:
            time.sleep(0.01)
        return what()

    return wait


@pytest.fixture
def rows():
    """How many jobs stand in Procrastinate's table, by their state."""

    def count(engine):
        with engine.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT status::text, count(*) FROM newsletter_jobs.procrastinate_jobs "
                    "GROUP BY status"
                )
            )
            return dict(found.all())

    return count
