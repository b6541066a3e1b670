"""The timer in real time: it calls, it waits for what is under way, and a dead one is replaced."""

from __future__ import annotations

import threading
import time

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from newsletter.schedule import timer
from newsletter.schedule.timer import Call, timing
from newsletter.usecases import pulse as pulses
from newsletter.usecases.pulse import Pulse


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_it_calls_again_and_again_and_beats(monkeypatch):
    monkeypatch.setattr(timer, "BEAT", 0.05)
    called, pulse = [], Pulse()
    with timing([Call(lambda: called.append(1), 0.05)], pulse):
        until(lambda: len(called) > 3)
        assert pulse.age < 5
    seen = len(called)
    time.sleep(0.2)
    assert len(called) == seen


def test_a_call_that_fails_is_called_again(caplog):
    called = []

    def fail():
        called.append(1)
        raise ValueError("a mistake of ours")

    with timing([Call(fail, 0.05)], Pulse()):
        until(lambda: len(called) > 2)
    assert "a mistake of ours" in caplog.text


def test_its_end_waits_for_what_is_under_way():
    begun, ended = threading.Event(), []

    def slow():
        begun.set()
        time.sleep(0.3)
        ended.append(1)

    with timing([Call(slow, 0.05)], Pulse()):
        assert begun.wait(60)
    assert ended


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_f44_a_timer_whose_thread_dies_is_started_anew(monkeypatch, caplog):
    monkeypatch.setattr(timer, "BEAT", 0.05)
    monkeypatch.setattr(timer, "WATCH", 0.05)
    monkeypatch.setattr(pulses, "DEAD_AFTER", 0.5)
    real, broken = BackgroundScheduler._process_jobs, threading.Event()

    def dying(self):
        if broken.is_set():
            broken.clear()
            raise LookupError("as APScheduler does when a job is gone")
        return real(self)

    monkeypatch.setattr(BackgroundScheduler, "_process_jobs", dying)
    called, pulse = [], Pulse()
    with timing([Call(lambda: called.append(1), 0.05)], pulse):
        until(lambda: called)
        broken.set()
        until(lambda: not broken.is_set())
        until(lambda: pulse.restarts)
        known = len(called)
        until(lambda: len(called) > known + 3 and pulse.is_alive)
    assert "the timer has died" in caplog.text
