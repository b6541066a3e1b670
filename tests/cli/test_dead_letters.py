"""events dead-letters and events replay: reasons and counts, never what was written."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from newsletter import config
from newsletter.cli.main import main
from newsletter.events.spool import Spool
from newsletter.providers.sendgrid.payload import DELIVERY
from newsletter.store import dead_letters
from newsletter.store.engine import writing
from newsletter.usecases.events import fold_events

GOOD = (
    b'[{"email":"reader1@example.com","event":"open","timestamp":1795770000,"'
    + DELIVERY.encode()
    + b'":"1"}]'
)


@pytest.fixture
def run(workspace, monkeypatch):
    monkeypatch.setenv(config.SECRET_KEY, workspace.environment[config.SECRET_KEY])

    def call(*words):
        return CliRunner().invoke(main, ["-C", str(workspace.root), "events", *words])

    return call


@pytest.fixture
def letters(workspace, mailed):
    """Two of one reason that stay odd, and one that an upgrade has come to understand."""
    mailed(workspace.engine, 1)
    spool = Spool(workspace.state / "events", workspace.clock, workspace.randomness)
    spool.append(b'[{"email":"reader1@example.com"},{"email":"reader2@example.com"}]')
    fold_events(workspace)
    with writing(workspace.engine) as connection:
        dead_letters.bury(connection, [("odd once", GOOD)], at=workspace.clock.now())


def test_nothing_is_said_in_one_line(run):
    assert run("dead-letters").output == "No dead letters: every event was understood.\n"


def test_reasons_counts_and_times_are_listed_and_no_address(run, letters):
    result = run("dead-letters")
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert ["no", "event", "object", "2"] in [line[:4] for line in lines]
    assert ["odd", "once", "1"] in [line[:3] for line in lines]
    assert "@" not in result.output
    told = json.loads(run("dead-letters", "--json").output)
    assert {one["reason"]: one["count"] for one in told} == {"no event object": 2, "odd once": 1}


def test_what_is_understood_now_counts_and_goes(run, letters, workspace):
    assert run("replay").output == "Understood 1 dead letter; 2 still there.\n"
    assert json.loads(run("replay", "--json").output) == {"understood": 0, "left": 2}
    assert fold_events(workspace).new == 0
    with workspace.engine.connect() as connection:
        opened = connection.exec_driver_sql("SELECT opened_at FROM delivery").scalar_one()
    assert opened is not None
