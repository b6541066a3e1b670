"""What is Procrastinate's own: its tables beside ours, and jobs of workers that died."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from contextlib import contextmanager, suppress
from importlib import metadata

import pytest
from procrastinate.manager import JobManager
from sqlalchemy import create_engine, inspect, text

from newsletter.domain.job import Job, JobName, Queue
from newsletter.errors import ConfigError
from newsletter.jobs import procrastinate, tables
from newsletter.jobs.procrastinate import ProcrastinateJobs
from newsletter.store.engine import writing
from newsletter.store.schema import metadata as ours

JOB, OTHER = Job(JobName.DISPATCH, "1"), Job(JobName.DISPATCH, "2")

FIRST_END_FAILS = """
SET search_path = newsletter_jobs;
CREATE SEQUENCE ends;
CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('newsletter_jobs.ends') = 1 THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER fails BEFORE DELETE ON procrastinate_jobs
    FOR EACH ROW EXECUTE FUNCTION fail_once();
"""
"""A sequence counts on through a rollback."""


@pytest.fixture
def quick(monkeypatch):
    """Little patience for the dead, and for a database that is away."""
    for name, seconds in {
        "HEARTBEAT": 0.1,
        "STALLED": 5.0,
        "LOOK": 0.2,
        "ROUND": 0.2,
        "REST": 0.1,
        "LEAVE": 1.0,
    }.items():
        monkeypatch.setattr(procrastinate, name, seconds)


def hint(jobs, engine, *wanted):
    with writing(engine) as connection:
        for job in wanted:
            jobs.enqueue(job, connection)


def marked(engine, version=None):
    """The version that made the tables; with one given, as if that had."""
    with engine.begin() as connection:
        if version is not None:
            connection.exec_driver_sql(f"COMMENT ON SCHEMA newsletter_jobs IS '{version}'")
        return connection.execute(tables._VERSION).scalar()


def test_its_tables_stand_in_a_schema_of_their_own(postgresql):
    ProcrastinateJobs(postgresql)
    inspector = inspect(postgresql)
    assert set(inspector.get_table_names()) == {*ours.tables, "alembic_version"}
    assert "procrastinate_jobs" in inspector.get_table_names(schema="newsletter_jobs")


def test_who_opens_them_again_finds_what_waits(postgresql, rows):
    hint(ProcrastinateJobs(postgresql), postgresql, JOB)
    ProcrastinateJobs(postgresql)
    assert rows(postgresql) == {"todo": 1}


def test_many_that_open_them_at_once_make_them_once(postgresql, rows):
    threads = [threading.Thread(target=ProcrastinateJobs, args=(postgresql,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert marked(postgresql) == metadata.version("procrastinate")
    assert rows(postgresql) == {}


def test_tables_of_an_older_version_are_made_anew_for_they_hold_hints_only(postgresql, rows):
    hint(ProcrastinateJobs(postgresql), postgresql, JOB)
    marked(postgresql, "3.9.9")
    hint(ProcrastinateJobs(postgresql), postgresql, Job(JobName.RHYTHM))
    assert rows(postgresql) == {"todo": 1}
    assert marked(postgresql) == metadata.version("procrastinate")


def test_a_program_with_an_older_version_is_refused(postgresql):
    ProcrastinateJobs(postgresql)
    marked(postgresql, "99.1.0")
    with pytest.raises(ConfigError, match=r"procrastinate 99\.1\.0, and this one has 3\.") as told:
        ProcrastinateJobs(postgresql)
    assert "install 99.1.0" in str(told.value)


def test_without_the_package_it_says_which_to_install(postgresql, monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(ConfigError, match=r"pip install 'newsletter\[postgresql\]'"):
        ProcrastinateJobs(postgresql)


def test_of_two_transactions_that_hint_alike_at_once_both_stand(postgresql, rows):
    jobs = ProcrastinateJobs(postgresql)
    with writing(postgresql) as first:
        jobs.enqueue(JOB, first)
        other = threading.Thread(target=hint, args=(jobs, postgresql, JOB))
        other.start()
        other.join(0.3)
        assert other.is_alive()  # it waits to see whether the first one stands
    other.join(10)
    assert rows(postgresql) == {"todo": 1}


def stalled(engine, *jobs):
    """Leave jobs as a worker leaves them that died long ago."""
    died = (
        "WITH dead AS (INSERT INTO newsletter_jobs.procrastinate_workers (last_heartbeat) "
        "VALUES (now() - interval '1 hour') RETURNING id) "
        "UPDATE newsletter_jobs.procrastinate_jobs SET status = 'doing', "
        "worker_id = (SELECT id FROM dead) WHERE status = 'todo'"
    )
    hint(*jobs)
    with engine.begin() as connection:
        assert connection.execute(text(died)).rowcount == 1


def test_a_dead_worker_s_job_is_done_by_a_living_one(quick, postgresql, desk, until, rows):
    jobs = ProcrastinateJobs(postgresql)
    stalled(postgresql, jobs, postgresql, JOB)
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
        assert until(lambda: desk.done == [JOB])
    assert rows(postgresql) == {}


def test_a_dead_worker_s_job_whose_equal_waits_is_done_once(quick, postgresql, desk, until, rows):
    jobs = ProcrastinateJobs(postgresql)
    stalled(postgresql, jobs, postgresql, JOB)
    hint(jobs, postgresql, JOB)
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
        assert until(lambda: desk.done)
        assert until(lambda: rows(postgresql) == {})
    assert desk.done == [JOB]


def test_work_goes_on_after_every_session_has_ended(quick, postgresql, desk, until, caplog):
    jobs = ProcrastinateJobs(postgresql)
    ends = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    caplog.set_level(logging.CRITICAL, "procrastinate")
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
        hint(jobs, postgresql, JOB)
        assert until(lambda: desk.done == [JOB])
        with postgresql.connect() as connection:
            connection.execute(text(ends))
        hint(jobs, postgresql, OTHER)
        assert until(lambda: OTHER in desk.done)


def test_a_job_whose_end_could_not_be_written_keeps_no_equal_waiting(
    quick, postgresql, desk, until, rows, caplog
):
    """The session ends at the first attempt to write it; the worker lives on."""
    jobs = ProcrastinateJobs(postgresql)
    with postgresql.begin() as connection:
        connection.exec_driver_sql(FIRST_END_FAILS)
    caplog.set_level(logging.CRITICAL, "procrastinate")
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
        hint(jobs, postgresql, JOB)
        assert until(lambda: len(desk.done) == 2)  # nobody knew that it was done
        assert until(lambda: rows(postgresql) == {})
        hint(jobs, postgresql, JOB)
        assert until(lambda: len(desk.done) == 3)


@contextmanager
def ending(working, until):
    """Work in a thread; what comes afterwards must end it soon."""
    begun, end = threading.Event(), threading.Event()

    def work():
        with working:
            begun.set()
            end.wait()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    begun.wait()
    yield
    end.set()
    assert until(lambda: not thread.is_alive(), seconds=20)


def test_it_ends_though_a_cancellation_is_dropped(quick, postgresql, desk, until, monkeypatch):
    looked = threading.Event()

    async def deaf(manager, **_):  # as asyncio.wait_for is, when what it waits for comes just then
        if not looked.is_set():
            looked.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3600)
        return ()

    monkeypatch.setattr(JobManager, "get_stalled_jobs", deaf)
    jobs = ProcrastinateJobs(postgresql)
    with ending(jobs.working(desk, queues=[Queue.SENDING], concurrency=1), until):
        assert looked.wait(10)


def test_it_ends_while_it_waits_for_a_database_that_does_not_answer(
    quick, postgresql, desk, until, monkeypatch
):
    jobs = ProcrastinateJobs(postgresql)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        away = create_engine(f"postgresql+psycopg://nobody@{host}:{port}/nothing")
        monkeypatch.setattr(jobs, "_engine", away)
        with ending(jobs.working(desk, queues=[Queue.SENDING], concurrency=1), until):
            silent.accept()[0].close()  # it has begun, and tries again


def test_a_job_under_way_is_waited_for_longer_than_last_words_are(
    quick, postgresql, until, rows, monkeypatch
):
    monkeypatch.setattr(procrastinate, "LEAVE", 0.1)
    begun, finished = threading.Event(), []

    def slow(job):
        begun.set()
        time.sleep(1)
        finished.append(job)

    jobs = ProcrastinateJobs(postgresql)
    hint(jobs, postgresql, JOB)
    with ending(jobs.working(slow, queues=[Queue.SENDING], concurrency=1), until):
        assert begun.wait(10)
    assert finished == [JOB]
    assert rows(postgresql) == {}
