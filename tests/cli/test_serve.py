"""`serve` as a process of its own: how it ends, what it logs, what it shows; and `schedule`."""

from __future__ import annotations

import json
import logging
import signal
import socket
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.app import SystemClock, SystemRandomness, Workspace
from newsletter.cli.logs import Blotting
from newsletter.config import load as config_load
from newsletter.domain.occurrence import Occurrence, Slot
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.store import occurrences
from newsletter.store.engine import writing
from newsletter.usecases.timekeeping import note_doubt

SLUG = "2026-11-20"
SCHEDULE = """
editors: [ada@example.com]
schedule:
  weekly: {gather: thursday 06:00, remind: thursday 15:00, send: friday 08:00}
"""


@pytest.fixture
def serving(start):
    """Start `serve` on a free port; its process and the port."""

    def begin(*options, **environment):
        process = start("serve", "--port", "0", *options, **environment)
        lines = []
        while not lines or not lines[-1].startswith("Serving at"):
            lines.append(process.stdout.readline())
            assert lines[-1], process.stderr.read()
        return process, int(lines[-1].split("Ctrl-C")[0].rsplit(":", 1)[1].strip(". ")), lines

    return begin


def ask(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, answer.read().decode()


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def ended(process):
    """Tell it to end; its exit code and its log, and it may not take long."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert time.monotonic() - began < 30
    return process.returncode, log


@pytest.fixture
def due(run, tmp_path):
    """Approve the issue for 300 people, and let its hour come."""

    def come(**environment):
        people = tmp_path / "people.csv"
        people.write_text("email\n" + "\n".join(f"r{n}@example.com" for n in range(300)))
        assert run("subscribers", "import", people, "--list", "weekly").exit_code == 0
        assert run("approve", SLUG, "--by", "Ada").exit_code == 0
        soon = datetime.now(UTC) + timedelta(seconds=6)
        sent = run("send", SLUG, "--at", soon.isoformat(), "--yes", **environment)
        assert sent.exit_code == 0, sent.output
        until(lambda: datetime.now(UTC) > soon)

    return come


def test_f06_a_request_and_a_batch_under_way_end_before_the_process_does(
    serving, run, simulator, through_sendgrid, due
):
    simulator.faults.add(Fault(FaultKind.HANG_AFTER, value=5))
    due(**through_sendgrid)
    process, port, _ = serving(**through_sendgrid, NEWSLETTER_SENDING__CONCURRENCY="1")
    until(simulator.ledger.acceptances)
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nemail")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        wire.sendall(b"=a@b")
        assert wire.recv(100).startswith(b"HTTP/1.1 4")
    code, log = ended(process)
    assert code == 0, log
    (status,) = json.loads(run("status", SLUG, "--json").stdout)
    assert status["campaign"]["state"] == "sending"
    assert status["accounting"]["states"] == {"planned": 200, "unknown": 100}  # its answer was lost


def test_f06_while_a_reader_is_waited_for_no_further_batch_leaves(
    serving, run, simulator, through_sendgrid, due
):
    slowly = through_sendgrid | {
        "NEWSLETTER_SENDING__CONCURRENCY": "1",
        "NEWSLETTER_SENDING__BATCH_SIZE": "10",
        "NEWSLETTER_SENDING__PACE__PER_SECOND": "20",
    }
    due(**slowly)
    process, port, _ = serving(**slowly)
    until(simulator.ledger.acceptances)
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(b"POST /subscribe HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nemail")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        while "Shutting down" not in (line := process.stderr.readline()):
            assert line, "it ended at once"
        known = len(simulator.ledger.acceptances())
        time.sleep(3)  # six batches, at that pace
        assert process.poll() is None
        assert len(simulator.ledger.acceptances()) <= known + 1
        wire.sendall(b"=a@b")
        assert wire.recv(100).startswith(b"HTTP/1.1 4")
    process.communicate(timeout=60)
    assert process.returncode == 0
    (status,) = json.loads(run("status", SLUG, "--json").stdout)
    assert "unknown" not in status["accounting"]["states"]


def test_it_ends_at_once_when_idle_and_says_nothing_of_anybody(serving):
    process, port, _ = serving("--log-format", "json")
    assert ask(port, "/health") == (200, '{"status":"ok"}')
    assert json.loads(ask(port, "/ready")[1]) == {"status": "ready", "failing": []}
    code, log = ended(process)
    assert code == 0
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"at", "level", "logger", "message"} <= lines[0].keys()
    assert any("sending what is due" in line["message"] for line in lines)
    assert "@" not in log


def test_figures_have_a_port_of_their_own(serving):
    process, port, lines = serving("--metrics", "127.0.0.1:0", "--no-sending")
    (place,) = (line for line in lines if line.startswith("Figures at"))
    figures = ask(int(place.split(":")[2].split("/")[0]), "/metrics")[1]
    assert "newsletter_database_up 1.0" in figures
    assert "newsletter_timer_age_seconds" not in figures
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(port, "/metrics")
    assert ended(process)[0] == 0


@pytest.mark.parametrize("place", ["9464", "127.0.0.1", "127.0.0.1:99999", ":80"])
def test_a_place_for_figures_that_is_none_is_refused(run, place):
    result = run("serve", "--port", "0", "--no-sending", "--metrics", place)
    assert result.exit_code == 2
    assert "127.0.0.1:9464" in result.stderr


def record(message, *arguments):
    return logging.LogRecord("newsletter", logging.INFO, "", 1, message, arguments, None)


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_address_and_no_secret_reaches_the_log(form):
    environment = {"SENDGRID_API_KEY": "SG.a-very-secret-key", "HOME": "/home/ada"}
    blotting = Blotting(form, environment)
    line = blotting.format(
        record("%s said SG.a-very-secret-key is wrong", "Ada <ada.l+news@mail.example.co.uk>")
    )
    assert "secret" not in line
    assert "ada.l" not in line
    assert "example" not in line
    assert "said … is wrong" in line


def test_a_failure_is_logged_with_its_reason():
    one = record("it failed")
    error = ValueError("for bob@example.org")
    one.exc_info = (type(error), error, None)
    line = json.loads(Blotting("json", {}).format(one))
    assert "ValueError: for …" in line["error"]


def test_status_says_why_the_schedule_stands_still(run, sample):
    """F42, F44: a doubt that `serve` has written down, and what nobody has begun."""
    with (sample / "config.yaml").open("a", encoding="utf-8") as config:
        config.write("\nschedule:\n  daily: {send: monday 00:00, gather: monday 00:00}\n")
    workspace = Workspace(sample, config_load(sample), SystemClock(), SystemRandomness(), {})
    assert run("status").exit_code == 0
    note_doubt(workspace, "the clock has jumped by 1 day")
    with writing(workspace.engine) as connection:
        day = (workspace.clock.now() - timedelta(days=1)).date()
        lost = Occurrence(workspace.clock.now() - timedelta(hours=1), "daily", day, Slot.SEND)
        occurrences.plan(connection, [(lost, "2026-11-27")])
    result = run("status")
    assert result.exit_code == 1
    assert "is doubted: the clock has jumped by 1 day." in result.stderr
    assert "Overdue, and begun by nobody: send of 2026-11-27; look whether" in result.stderr
    workspace.close()


def test_the_schedule_is_shown_in_both_times(run, sample):
    with (sample / "config.yaml").open("a", encoding="utf-8") as config:
        config.write(SCHEDULE)
    result = run("schedule", "--weeks", "2")
    assert result.exit_code in (0, 1), result.output
    assert "in America/New_York" in result.stdout
    assert "send to its list, if it is approved" in result.stdout
    lines = json.loads(run("schedule", "--weeks", "2", "--json").stdout)
    assert {line["slot"] for line in lines} == {"gather", "remind", "send"}
    one = next(line for line in lines if line["slot"] == "send")
    assert one["local"][11:16] == "08:00"
    assert one["utc"][11:16] in ("12:00", "13:00")


def test_without_a_schedule_there_is_an_example(run):
    result = run("schedule")
    assert result.exit_code == 0
    assert "send: friday 08:00" in result.stdout


def test_a_word_that_is_not_understood_is_named_with_its_line(run, sample, told):
    with (sample / "config.yaml").open("a", encoding="utf-8") as config:
        config.write(SCHEDULE.replace("remind: thursday", "remind: thurzday"))
    told(run("schedule"), r"config.yaml:\d+: .*schedule.weekly.remind.*thurzday.*thursday")


def test_a_list_that_is_none_is_named(run, sample, told):
    with (sample / "config.yaml").open("a", encoding="utf-8") as config:
        config.write(SCHEDULE.replace("{gather", "{list: wekly, gather"))
    told(
        run("schedule"),
        r"config.yaml:\d+: “schedule.weekly.list” has “wekly”; there are: weekly, watches, gems",
    )
