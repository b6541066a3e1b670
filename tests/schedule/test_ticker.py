"""The ticker in its own thread, with a real database, a real provider over HTTP and real time."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.app import SystemClock, SystemRandomness
from newsletter.config import SENDGRID_KEY
from newsletter.domain.campaign import CampaignState
from newsletter.errors import ConfigError
from newsletter.providers.simulator.server import Simulator
from newsletter.schedule.ticker import ticking
from newsletter.store import engine as store_engine
from newsletter.store.engine import writing
from newsletter.usecases import planning, rendering, sending
from newsletter.usecases.health import not_ready
from newsletter.usecases.status import statuses
from newsletter.usecases.timekeeping import noted_doubt

SLUG = "2026-11-20"


class Slow:
    """The real provider in small requests, each with a rest after it while that is asked for: in
    their sum, far more time than it takes somebody to say stop.
    """

    def __init__(self, real):
        self.real, self.answered = real, threading.Event()
        self.name, self.largest_batch, self.rest = real.name, 10, 0.2

    def submit(self, mailing):
        receipt = self.real.submit(mailing)
        self.answered.set()
        time.sleep(self.rest)
        return receipt


@pytest.fixture
def simulator(tmp_path):
    folder = tmp_path / "simulator"
    with Simulator(folder, clock=SystemClock(), randomness=SystemRandomness()) as running:
        yield running


@pytest.fixture
def now(workspace, simulator):
    """The sample on the machine's clock, sending through the stand-in, one request at a time."""
    host = workspace.settings.sending.sendgrid.model_copy(update={"host": simulator.url})
    changes = {"provider": "sendgrid", "sendgrid": host, "concurrency": 1}
    sending_ = workspace.settings.sending.model_copy(update=changes)
    opened = replace(
        workspace,
        settings=workspace.settings.model_copy(update={"sending": sending_}),
        clock=SystemClock(),
        randomness=SystemRandomness(),
        environment={**workspace.environment, SENDGRID_KEY: "SG.test"},
    )
    yield opened
    opened.close()


@pytest.fixture
def frozen(now, subscribe):
    """Freeze a campaign for so many readers, due in so many seconds."""

    def make(readers, seconds):
        subscribe(readers)
        rendering.approve(now, SLUG, by="Ada")
        plan = planning.plan_send(now, SLUG, list_key=None, segment=None)
        return sending.freeze(now, plan, at=now.clock.now() + timedelta(seconds=seconds), by="Ada")

    return make


def state(workspace):
    (status,) = statuses(workspace, SLUG)
    return status.campaign.state


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def mailed(simulator):
    return [person.address for one in simulator.ledger.effective() for person in one.people]


def test_it_sends_what_is_due_once_its_hour_has_come(now, frozen, simulator):
    frozen(3, seconds=0.4)
    with ticking(now, seconds=0.1):
        until(lambda: state(now) is CampaignState.DONE)
        time.sleep(0.3)  # it ticks on, and finds nothing more to do
    assert len(mailed(simulator)) == 3


def test_a_stop_between_two_requests_leaves_the_rest_to_the_next_time(now, frozen, simulator):
    provider = Slow(now.provider)
    vars(now)["provider"] = provider
    frozen(700, seconds=0.05)
    with ticking(now, seconds=0.1):
        assert provider.answered.wait(60)
    provider.rest = 0
    (status,) = statuses(now, SLUG)
    assert status.campaign.state is CampaignState.SENDING
    assert status.doubtful == ()
    assert 0 < len(mailed(simulator)) < 700
    with ticking(now, seconds=0.1):
        until(lambda: state(now) is CampaignState.DONE)
    assert sorted(mailed(simulator)) == sorted(set(mailed(simulator)))
    assert len(mailed(simulator)) == 700


def test_a_tick_that_fails_is_logged_and_the_next_one_works(
    now, frozen, simulator, monkeypatch, caplog
):
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.05)
    caplog.set_level(logging.WARNING)
    frozen(2, seconds=0.05)
    time.sleep(0.1)
    with writing(now.engine), ticking(now, seconds=0.1):
        until(lambda: "is in use by another program" in caplog.text)
    with ticking(now, seconds=0.1):
        until(lambda: state(now) is CampaignState.DONE)
    assert len(mailed(simulator)) == 2
    assert "Traceback" not in caplog.text
    assert "@" not in caplog.text


def test_a_provider_without_a_key_stops_the_start(now):
    with (
        pytest.raises(ConfigError, match="SENDGRID_API_KEY"),
        ticking(replace(now, environment={})),
    ):
        raise AssertionError


def test_of_two_one_leads_and_the_other_takes_over_at_its_end(now, frozen, simulator):
    second = replace(now)
    with ticking(second, seconds=0.1) as waiting:
        until(waiting.leads)
        with ticking(now, seconds=0.1) as other:
            time.sleep(0.6)
            assert [waiting.leads(), other.leads()] == [True, False]
    with ticking(now, seconds=0.1) as other:
        until(other.leads)
        frozen(2, seconds=0.05)
        until(lambda: state(now) is CampaignState.DONE)
    assert len(mailed(simulator)) == 2
    second.close()


def test_f42_a_clock_that_differs_from_the_providers_sends_nothing(now, frozen, simulator, caplog):
    """As after a restart by somebody whom the wait was too long for."""

    class Ahead(SystemClock):
        def now(self):
            return super().now() + timedelta(days=1, seconds=1)

    frozen(2, seconds=86_400)
    wrong = replace(now, clock=Ahead())
    with ticking(wrong, seconds=0.1) as pulse:
        until(lambda: "set the one right that is wrong" in noted_doubt(now))
        assert not_ready(wrong, pulse) == ("clock",)
        time.sleep(0.5)
    assert mailed(simulator) == []
    assert state(now) is CampaignState.FROZEN
    assert "set the one right that is wrong" in caplog.text
    with ticking(now, seconds=0.1):
        until(lambda: noted_doubt(now) == "")
    wrong.close()


def test_a_clock_that_jumps_sends_nothing_at_once(now, frozen, simulator):
    """The campaign is due tomorrow; the clock says that tomorrow is now."""
    frozen(2, seconds=86_400)

    class Jumping(SystemClock):
        ahead = timedelta()

        def now(self):
            return super().now() + self.ahead

    clock = Jumping()
    jumping = replace(now, clock=clock)
    with ticking(jumping, seconds=0.1) as pulse:
        until(pulse.leads)
        clock.ahead = timedelta(days=1, seconds=1)
        until(lambda: noted_doubt(now) == pulse.doubt() != "")
        time.sleep(0.8)
        assert mailed(simulator) == []
        clock.ahead = timedelta()
        time.sleep(0.5)
        assert mailed(simulator) == []
    assert state(now) is CampaignState.FROZEN
    jumping.close()
