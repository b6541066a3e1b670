"""What is hinted at, and what a job does: no more than the database says is due."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from newsletter import config
from newsletter.domain.campaign import CampaignState, Step
from newsletter.domain.job import Job, JobName, Queue
from newsletter.store import campaigns, senders
from newsletter.store.engine import writing
from newsletter.usecases import hints, sending, working
from newsletter.usecases.status import statuses

STOPPING = threading.Event()


def may():
    """The clock can be believed."""
    return True


@pytest.fixture
def waiting(workspace):
    """The jobs that wait, by name, subject and share."""

    def found():
        with workspace.engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT task_name, args FROM newsletter_jobs.procrastinate_jobs "
                    "WHERE status = 'todo' ORDER BY id"
                )
            )
            return [(name, args["subject"], args["share"]) for name, args in rows]

    return found


@pytest.fixture
def shared(postgresql_server, fresh_database, monkeypatch):
    """The workspace of this test is on PostgreSQL, with workers."""
    with fresh_database(postgresql_server) as url:
        monkeypatch.setenv("NEWSLETTER_DATABASE", url)
        monkeypatch.setenv("NEWSLETTER_JOBS", "procrastinate")
        yield url


def job_of(campaign):
    return Job(JobName.DISPATCH, str(campaign.id))


def state(workspace):
    (status,) = statuses(workspace, "2026-11-20")
    return status.campaign.state


def test_a_freeze_hints_at_each_share_of_its_campaign(shared, workspace, plan, subscribe, waiting):
    subscribe(3)
    frozen = sending.freeze(workspace, plan(), at=None, by="Ada")
    shares = range(hints.SHARES["procrastinate"])
    assert waiting() == [("dispatch", str(frozen.id), share) for share in shares]


def test_what_is_for_later_is_hinted_at_by_the_ticker_alone(
    shared, workspace, plan, subscribe, waiting, clock
):
    subscribe(3)
    _ = workspace.jobs
    frozen = sending.freeze(workspace, plan(), at=clock.now() + timedelta(hours=1), by="Ada")
    assert waiting() == []
    for _ in range(2):  # a tick may come twice
        hints.call_workers(workspace, [frozen])
    assert len(waiting()) == hints.SHARES["procrastinate"]


def test_a_freeze_that_is_undone_hinted_at_nothing(
    shared, workspace, plan, subscribe, waiting, monkeypatch
):
    subscribe(3)
    _ = workspace.jobs

    def hint_and_fail(*arguments):
        hints.hint_dispatch(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(sending, "hint_dispatch", hint_and_fail)
    with pytest.raises(ZeroDivisionError):
        sending.freeze(workspace, plan(), at=None, by="Ada")
    assert waiting() == []
    assert statuses(workspace, "2026-11-20") == ()


def test_the_rhythm_is_kept_here_or_hinted_at_for_the_newsroom(shared, workspace, sample, waiting):
    settings = (sample / "config.yaml").read_text()
    if "schedule:" not in settings:
        (sample / "config.yaml").write_text(
            f"{settings}\nschedule: {{weekly: {{send: friday 08:00}}}}\n"
        )
    now = replace(workspace, settings=config.load(sample))
    for _ in range(2):
        working.tick_rhythm(now, STOPPING, may)
    now.close()
    assert waiting() == [("rhythm", "", 0)]


def test_a_job_sends_what_is_due_and_twice_does_nothing(workspace, plan, subscribe, outbox):
    subscribe(3)
    frozen = sending.freeze(workspace, plan(), at=None, by="Ada")
    for _ in range(2):
        working.do(workspace, job_of(frozen), STOPPING, may)
    assert state(workspace) is CampaignState.DONE
    assert len(list((workspace.state / "outbox").rglob("*.eml"))) == 3


@pytest.mark.parametrize("hours", [-1, 7], ids=["too early", "too late"])
def test_a_job_out_of_its_hours_sends_nothing(workspace, plan, subscribe, clock, hours):
    subscribe(3)
    at = clock.now() + timedelta(hours=2)
    frozen = sending.freeze(workspace, plan(), at=at, by="Ada")
    clock.advance((2 + hours) * 3600)
    working.do(workspace, job_of(frozen), STOPPING, may)
    assert state(workspace) is CampaignState.FROZEN


@pytest.mark.parametrize("after", [CampaignState.PAUSED, CampaignState.CANCELLED])
def test_a_job_sends_nothing_of_what_a_person_stopped(workspace, plan, subscribe, clock, after):
    subscribe(3)
    frozen = sending.freeze(workspace, plan(), at=None, by="Ada")
    with writing(workspace.engine) as connection:
        campaigns.move(connection, frozen, after, Step(clock.now(), "Ada"))
    working.do(workspace, job_of(frozen), STOPPING, may)
    assert state(workspace) is after


def test_where_jobs_are_local_a_freeze_is_sent_by_the_process_that_works(
    workspace, plan, subscribe
):
    subscribe(3)
    stopping = threading.Event()
    with working.working(workspace, stopping, may=lambda: True):
        sending.freeze(workspace, plan(), at=None, by="Ada")
        ends = time.monotonic() + 10
        while state(workspace) is not CampaignState.DONE and time.monotonic() < ends:
            time.sleep(0.01)
    assert state(workspace) is CampaignState.DONE
    assert stopping.is_set()


def test_while_the_clock_cannot_be_believed_no_job_is_done(workspace, plan, subscribe):
    subscribe(3)
    asked = threading.Event()
    with working.working(workspace, threading.Event(), may=lambda: asked.set() or False):
        sending.freeze(workspace, plan(), at=None, by="Ada")
        assert asked.wait(60)
    assert state(workspace) is CampaignState.FROZEN


def test_only_where_issues_lie_is_there_work_for_the_newsroom(workspace):
    assert set(working.queues_here(workspace)) == {Queue.SENDING, Queue.NEWSROOM}
    shutil.rmtree(workspace.issues)
    assert working.queues_here(workspace) == (Queue.SENDING,)


@pytest.fixture
def sent_elsewhere(shared, workspace, tmp_path):
    """Another machine has sent from the database; this one never joined."""
    with senders.sending(workspace.engine, tmp_path / "another machine", workspace.clock):
        pass


def test_who_never_joined_takes_no_sends_and_is_told_once_what_to_do(
    sent_elsewhere, workspace, caplog
):
    assert working.queues_here(workspace) == (Queue.NEWSROOM,)
    (told,) = caplog.messages
    assert "`newsletter worker --join`" in told
    assert "`newsletter unlock --taken-over`" in told
    working.join(workspace)
    caplog.clear()
    assert set(working.queues_here(workspace)) == {Queue.SENDING, Queue.NEWSROOM}
    assert caplog.messages == []


def test_who_may_do_nothing_leaves_the_hints_to_those_that_joined(
    sent_elsewhere, workspace, plan, subscribe, waiting, caplog
):
    subscribe(3)
    away = workspace.issues.rename(workspace.root / "away")
    queues, asked = working.queues_here(workspace), threading.Event()
    away.rename(workspace.issues)
    assert queues == ()
    with working.working(
        workspace, threading.Event(), may=lambda: asked.set() or True, queues=queues
    ):
        sending.freeze(workspace, plan(), at=None, by="Ada")
        assert not asked.wait(0.5)
    assert len(waiting()) == hints.SHARES["procrastinate"]
    assert {record.name for record in caplog.records if record.levelno >= logging.WARNING} == {
        working.__name__
    }
