"""Ctrl-C and SIGTERM during a send: nothing more is begun, and what is under way ends first."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

TOGETHER = 1.0
"""Seconds within which two signals are one: a terminal and a wrapper may both pass Ctrl-C on."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR = b"\x1b[?25h"
_AT_ONCE = (
    b"\nStopped at once. Run the same command again to go on from here; what was under way may be "
    b"in doubt.\n"
)


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """An event that the first signal sets; a second one ends the process at once."""
    stopping, first = threading.Event(), 0.0
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal first
        if not stopping.is_set():
            first = time.monotonic()
            stopping.set()
        elif time.monotonic() - first > TOGETHER:
            _end_at_once(number, frame)

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def be_impatient() -> None:
    """From now on, a signal ends the process at once."""
    for number in _SIGNALS:
        signal.signal(number, _end_at_once)


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    """As a kill does, which loses nothing: an exception would wait for each thread there is, and
    those for a provider or a database that may never answer.
    """
    os.write(2, _SHOW_CURSOR + _AT_ONCE if os.isatty(2) else _AT_ONCE)
    os._exit(130)
