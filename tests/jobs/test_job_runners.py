"""What both runners promise: after the commit, never without it, and no job harms another."""

from __future__ import annotations

import logging
import threading

import pytest
from sqlalchemy import select, update

from newsletter.domain.job import Job, JobName, Queue
from newsletter.store import schema
from newsletter.store.engine import writing


def dispatch(number, share=0):
    return Job(JobName.DISPATCH, str(number), share)


def hint(runner, engine, *jobs):
    with writing(engine) as connection:
        for job in jobs:
            runner.enqueue(job, connection)


def undone(runner, engine, job):
    with writing(engine) as connection:
        runner.enqueue(job, connection)
        raise ZeroDivisionError


def test_a_job_is_done_once_its_transaction_is_committed(runner, desk, until):
    jobs, engine = runner
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
        with writing(engine) as connection:
            jobs.enqueue(dispatch(7), connection)
            assert not until(lambda: desk.done, 0.3)
        assert until(lambda: desk.done == [dispatch(7)])


def test_what_is_undone_was_never_hinted_at(runner, desk, until):
    jobs, engine = runner
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
        with pytest.raises(ZeroDivisionError):
            undone(jobs, engine, dispatch(1))
        hint(jobs, engine, dispatch(2))
        assert until(lambda: desk.done)
    assert desk.done == [dispatch(2)]


def test_of_equal_jobs_one_waits_and_one_runs(runner, desk, until):
    jobs, engine = runner
    desk.go.clear()
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=4):
        hint(jobs, engine, dispatch(1))
        assert until(lambda: desk.most == 1)
        for _ in range(5):
            hint(jobs, engine, dispatch(1))
        hint(jobs, engine, dispatch(2))
        assert until(lambda: desk.most == 2)  # the other one, and no equal of the first
        desk.go.set()
        assert until(lambda: len(desk.done) == 3)
    assert sorted(job.subject for job in desk.done) == ["1", "1", "2"]


def test_shares_of_one_job_run_side_by_side(runner, desk, until):
    jobs, engine = runner
    desk.go.clear()
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=3):
        hint(jobs, engine, *(dispatch(1, share) for share in range(3)))
        assert until(lambda: desk.most == 3)
        desk.go.set()


def test_no_more_run_at_once_than_are_asked_for(runner, desk, until):
    jobs, engine = runner
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=2):
        hint(jobs, engine, *map(dispatch, range(12)))
        assert until(lambda: len(desk.done) == 12)
    assert desk.most <= 2


def test_a_job_that_fails_is_told_and_harms_no_other(runner, desk, until, caplog):
    jobs, engine = runner
    desk.failing = {"1"}
    with (
        caplog.at_level(logging.ERROR),
        jobs.working(desk, queues=[Queue.SENDING], concurrency=1),
    ):
        hint(jobs, engine, dispatch(1), dispatch(2))
        assert until(lambda: len(desk.done) == 2)
    assert "the job dispatch:1:0 failed" in caplog.text


def test_a_long_job_keeps_no_other_queue_waiting(runner, desk, until):
    jobs, engine = runner
    desk.go.clear()
    with jobs.working(desk, queues=list(Queue), concurrency=1):
        hint(jobs, engine, dispatch(1))
        assert until(lambda: desk.most == 1)
        hint(jobs, engine, Job(JobName.RHYTHM))
        assert until(lambda: desk.most == 2)  # the send is still at work
        desk.go.set()


def test_jobs_of_another_queue_are_left_alone(runner, desk, until):
    jobs, engine = runner
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
        hint(jobs, engine, Job(JobName.RHYTHM), dispatch(1))
        assert until(lambda: desk.done)
        assert not until(lambda: len(desk.done) > 1, 0.3)
    assert desk.done == [dispatch(1)]


def test_at_the_end_the_job_under_way_is_waited_for_and_no_other_begun(runner, desk, until):
    jobs, engine = runner
    desk.go.clear()
    with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
        hint(jobs, engine, dispatch(1), dispatch(2))
        assert until(lambda: desk.most == 1)
        # The block ends while the first is still at work.
        threading.Timer(0.3, desk.go.set).start()
    assert desk.done == [dispatch(1)]


def test_it_may_work_again_after_it_has_ended(runner, desk, until):
    jobs, engine = runner
    for number in (1, 2):
        with jobs.working(desk, queues=[Queue.SENDING], concurrency=1):
            hint(jobs, engine, dispatch(number))
            assert until(lambda number=number: len(desk.done) == number)


def test_a_hint_within_a_larger_transaction_undoes_nothing_of_it(runner):
    jobs, engine = runner
    with writing(engine) as connection:
        connection.execute(update(schema.workspace).values(generation=41))
        jobs.enqueue(dispatch(1), connection)
        jobs.enqueue(dispatch(1), connection)
        connection.execute(update(schema.workspace).values(generation=42))
    with engine.connect() as connection:
        assert connection.execute(select(schema.workspace.c.generation)).scalar_one() == 42
