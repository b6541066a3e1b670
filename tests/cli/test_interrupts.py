"""Ctrl-C and SIGTERM, in a process of its own: exit code 130, and the next run goes on."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter.providers.simulator.faults import Fault, FaultKind

SLUG = "2026-11-20"
STOPPED = "Stopped. Run the same command again to go on from here."


def until(true, seconds=60):
    """Wait for something another process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def slow_site():
    """A feed that lets nobody go until the test is over; `visited` tells that somebody came."""
    over, visited = threading.Event(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            visited.set()
            over.wait(120)

        def log_message(self, *arguments):
            """Keep still."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.visited = visited
    yield server
    over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def rows(sample):
    def count(table):
        with closing(sqlite3.connect(sample / ".newsletter" / "newsletter.db")) as connection:
            return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    return count


def test_an_interrupted_gather_leaves_the_issue_as_it_was(
    start, run, everything, sample, slow_site
):
    (sample / "inbox" / "note.md").write_text("# A bench is free\n\nIn Basel.\n", encoding="utf-8")
    config = sample / "config.yaml"
    text = config.read_text(encoding="utf-8").replace(
        "https://trade.example.com/feed.rss", f"http://127.0.0.1:{slow_site.server_port}/"
    )
    config.write_text(
        f"{text}\ngathering: {{allow_private: [127.0.0.1], deadline: 120}}\n", encoding="utf-8"
    )
    before = everything()
    process = start("gather", SLUG)
    assert slow_site.visited.wait(60)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert STOPPED in process.stderr.read()
    assert everything() == before
    assert run("gather", SLUG, "--from", sample / "inbox" / "note.md").exit_code == 0


def test_an_interrupted_import_keeps_nothing(start, run, sample, everything):
    people = sample / "people.csv"
    lines = "".join(f"reader{number}@example.com\n" for number in range(60_000))
    people.write_text(f"email\n{lines}", encoding="utf-8")
    before = everything()
    process = start("subscribers", "import", people, "--list", "weekly")
    wal = sample / ".newsletter" / "newsletter.db-wal"
    until(lambda: wal.exists() and wal.stat().st_size > 100_000)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert STOPPED in process.stderr.read()
    assert everything() == before


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_send_ends_its_requests_and_leaves_no_doubt(
    start, run, subscribe, simulator, through_sendgrid, rows, sent
):
    subscribe(1_000)
    run("approve", SLUG)
    simulator.faults.add(*[Fault(FaultKind.BUSY_RESET, count=1, value=2)] * 30)
    process = start("send", SLUG, "--yes", **through_sendgrid)
    until(lambda: simulator.connections and rows("attempt"))
    process.send_signal(sent)
    assert process.wait(60) == 130
    assert STOPPED in process.stderr.read()
    (status,) = json.loads(run("status", "--json").stdout)
    assert status["doubtful"] == []
    assert "unknown" not in status["accounting"]["states"]
    _drain(simulator)
    ended = run("send", SLUG, "--yes", "--json", **through_sendgrid)
    assert json.loads(ended.stdout)["accounting"]["states"] == {"submitted": 1_000}
    mailed = [person.address for one in simulator.ledger.effective() for person in one.people]
    assert len(mailed) == len(set(mailed)) == 1_000


def test_an_impatient_send_ends_at_once_though_the_provider_is_silent(
    start, run, subscribe, simulator, through_sendgrid
):
    subscribe(300)
    run("approve", SLUG)
    simulator.faults.add(*[Fault(FaultKind.HANG_AFTER, value=60)] * 3)
    process = start("send", SLUG, "--yes", **through_sendgrid)
    until(simulator.ledger.acceptances)
    assert _insisted(process) == 130
    said = process.stderr.read()
    assert "Stopped at once." in said
    assert "Traceback" not in said


def _insisted(process, seconds=30):
    """Interrupt it as somebody does who will not wait; its exit code."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(1.5)
    raise AssertionError("it did not end")


def _drain(simulator):
    while simulator.faults.take() is not None:
        pass


def test_two_sends_at_once_mail_everybody_once(start, run, subscribe, simulator, through_sendgrid):
    subscribe(500)
    run("approve", SLUG)
    both = [start("send", SLUG, "--yes", **through_sendgrid) for _ in range(2)]
    told = {process.wait(60): process.stdout.read() for process in both}
    assert 0 in told
    assert set(told) <= {0, 1, 2}  # the second joins, leaves the rest to the first, or is too late
    assert 1 not in told or "Another process has the rest in hand" in told[1]
    assert "Traceback" not in "".join(process.stderr.read() for process in both)
    mailed = [person.address for one in simulator.ledger.effective() for person in one.people]
    assert len(mailed) == len(set(mailed)) == 500


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_at_once_and_in_peace(start, sent):
    process = start("serve", "--port", "0")
    assert process.stdout.readline().startswith("Serving at http://127.0.0.1:")
    assert any("Application startup complete" in line for line in process.stderr)
    process.send_signal(sent)
    assert process.wait(60) == 0
    assert "Traceback" not in process.stderr.read()


def test_simulate_and_serve_are_found_where_they_say(start):
    for verb, path in (("simulate", b"/v3/none"), ("serve", b"/health")):
        process = start(verb, "--port", "0")
        port = int(process.stdout.readline().partition("127.0.0.1:")[2].split(",")[0].split(".")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(b"GET " + path + b" HTTP/1.0\r\n\r\n")
            assert connection.recv(4) == b"HTTP"
