"""What the ticker does beside sending, in its own thread and real time."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest
from sqlalchemy import update

from newsletter.app import SystemClock, SystemRandomness
from newsletter.config import SENDGRID_KEY
from newsletter.providers.sendgrid.suppressions import Kind
from newsletter.providers.simulator.faults import parse_fault
from newsletter.providers.simulator.server import Simulator
from newsletter.schedule import ticker
from newsletter.store import bookmarks, schema
from newsletter.store.engine import reading, writing
from newsletter.usecases.retention import BOOKMARK

ADA = "reader1@example.com"


@pytest.fixture
def simulator(tmp_path):
    folder = tmp_path / "simulator"
    with Simulator(folder, clock=SystemClock(), randomness=SystemRandomness()) as running:
        yield running


@pytest.fixture
def now(workspace, simulator, mailed):
    """The sample on the machine's clock, with the stand-in for its account and a reader who came
    back, whom SendGrid was told to have left.
    """
    mailed(workspace.engine, 1)
    simulator.service.suppressions.add(Kind.UNSUBSCRIBES, ADA)
    with writing(workspace.engine) as connection:
        connection.execute(update(schema.subscriber).values(told_at=workspace.clock.now()))
    host = workspace.settings.sending.sendgrid.model_copy(update={"host": simulator.url})
    changes = {"provider": "sendgrid", "sendgrid": host}
    settings = workspace.settings.sending.model_copy(update=changes)
    opened = replace(
        workspace,
        settings=workspace.settings.model_copy(update={"sending": settings}),
        clock=SystemClock(),
        randomness=SystemRandomness(),
        environment={**workspace.environment, SENDGRID_KEY: "SG.test"},
    )
    yield opened
    opened.close()


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_it_tidies_and_tells_sendgrid_of_who_came_back_whatever_goes_wrong_at_first(
    now, simulator, monkeypatch, caplog
):
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(ticker, "HOUSEKEEPING", 0.1)
    simulator.faults.add(parse_fault("lists-429:2:60"))

    def tidied():
        with reading(now.engine) as connection:
            return bookmarks.find(connection, BOOKMARK) is not None

    with ticker.ticking(now, seconds=60):
        until(lambda: simulator.service.suppressions.addresses(Kind.UNSUBSCRIBES) == ())
        until(tidied)
    assert "takes no more requests for now" in caplog.text
    assert "@" not in caplog.text
