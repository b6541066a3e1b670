"""A timer that calls what it is given every so many seconds, and a watchdog over it.

APScheduler's thread can die while its process lives on; then the watchdog starts another (F44).
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from apscheduler.schedulers.background import BackgroundScheduler

from newsletter.app import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from newsletter.usecases.pulse import Pulse

log = logging.getLogger(__name__)

# It warns at each tick that a send lasts for longer than one: that is how it should be.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

BEAT = 5
"""Seconds between two signs of life."""

WATCH = 5.0
"""Seconds between two looks of the watchdog."""


class Call(NamedTuple):
    """What is to be called, and the seconds between two calls; never twice at once."""

    work: Callable[[], None]
    seconds: float


@contextmanager
def timing(calls: Sequence[Call], pulse: Pulse) -> Iterator[None]:
    """Call at once, and again for as long as the block lasts. Its end waits for what is at work."""
    ended, running = threading.Event(), [_started(calls, pulse)]

    def watch() -> None:
        while not ended.wait(WATCH):
            if not pulse.is_alive:
                log.error("the timer has died, and is started anew")
                with suppress(Exception):  # whatever is broken in it
                    running.pop().shutdown(wait=False)
                pulse.restarts += 1
                running.append(_started(calls, pulse))

    watchdog = threading.Thread(target=watch, name="watchdog", daemon=True)
    watchdog.start()
    try:
        yield
    finally:
        ended.set()
        watchdog.join()
        running.pop().shutdown(wait=True)


def _started(calls: Sequence[Call], pulse: Pulse) -> BackgroundScheduler:
    pulse.beat()
    scheduler = BackgroundScheduler(timezone="UTC")
    for call in (*calls, Call(pulse.beat, BEAT)):
        scheduler.add_job(
            call.work,
            "interval",
            seconds=call.seconds,
            next_run_time=SystemClock().now(),  # APScheduler goes by the machine's clock, too
            # APScheduler's default drops a call that is one second late.
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
    scheduler.start()
    return scheduler
