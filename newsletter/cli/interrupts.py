"""Ctrl-C and SIGTERM during a send: nothing more is begun, and what is under way ends first."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """An event that the first signal sets; a second signal interrupts as it always does."""
    stopping = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(_number: int, _frame: FrameType | None) -> None:
        restore()
        stopping.set()

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopping
    finally:
        restore()
