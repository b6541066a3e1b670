"""`worker` and `migrate-to` as people run them, in processes of their own where signals matter."""

from __future__ import annotations

import shutil
import signal
import time

import pytest

from newsletter.app import SystemClock, SystemRandomness
from newsletter.store.engine import open_store
from newsletter.store.senders import Sender


@pytest.fixture
def server(postgresql_server, fresh_database):
    """The URL of an empty database."""
    with fresh_database(postgresql_server) as url:
        yield url


@pytest.fixture
def shared(server):
    """The environment of a workspace on PostgreSQL with workers."""
    return {"NEWSLETTER_DATABASE": server, "NEWSLETTER_JOBS": "procrastinate"}


def test_a_worker_sends_what_a_command_froze_and_ends_on_a_signal(run, start, shared, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("email\n" + "".join(f"reader{n}@example.com\n" for n in range(60)))
    assert run("subscribers", "import", people, "--list", "weekly", **shared).exit_code == 0
    assert run("approve", "2026-11-20", **shared).exit_code == 0
    worker = start("worker", "--join", **shared)
    assert worker.stdout.readline() == "Working on sending. Ctrl-C ends it.\n"
    sent = run("send", "2026-11-20", "--yes", **shared)
    assert sent.exit_code in (0, 1), sent.output  # 1 where the worker has the last of it in hand
    ends = time.monotonic() + 60
    while "done" not in run("status", "2026-11-20", **shared).output:
        assert time.monotonic() < ends
    worker.send_signal(signal.SIGTERM)
    _, log = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert "sending what is due through outbox" in log
    assert "@" not in log


def test_a_machine_that_others_send_beside_must_join_once(run, shared, sample, server):
    elsewhere = sample.parent / "elsewhere"
    shutil.copytree(sample, elsewhere)
    engine = open_store(server, clock=SystemClock(), randomness=SystemRandomness())
    Sender(engine, sample / ".newsletter", SystemClock()).release()
    engine.dispose()
    refused = run("worker", folder=elsewhere, **shared)
    assert refused.exit_code == 2
    assert "to send beside others, `newsletter worker --join`" in refused.output


def test_where_jobs_are_local_a_worker_says_who_does_them(run):
    answer = run("worker")
    assert answer.exit_code == 2
    assert "jobs: local are done by `newsletter serve` itself" in answer.output


def test_procrastinate_needs_postgresql(run):
    answer = run("worker", NEWSLETTER_JOBS="procrastinate")
    assert answer.exit_code == 2
    assert "jobs: procrastinate needs PostgreSQL; set database:" in answer.output


def test_a_move_tells_each_table_and_what_to_set(run, server, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("email\nreader@example.com\n")
    run("subscribers", "import", people, "--list", "weekly")
    moved = run("migrate-to", server, "--yes")
    assert moved.exit_code == 0, moved.output
    rows = [line.split() for line in moved.output.splitlines()]
    assert next(row for row in rows if row[0] == "subscriber")[1] == "1"
    assert not any(row[0] == "campaign" for row in rows)  # an empty one is not told
    assert "Set NEWSLETTER_DATABASE" in moved.output
    there = run("subscribers", "show", "reader@example.com", NEWSLETTER_DATABASE=server)
    assert there.exit_code == 0


def test_a_move_is_asked_for_and_into_an_empty_database_only(run, server):
    assert "add --yes" in run("migrate-to", server).output
    open_store(server, clock=SystemClock(), randomness=SystemRandomness()).dispose()
    refused = run("migrate-to", server, "--yes")
    assert refused.exit_code == 2
    assert "is not empty" in refused.output
