"""How often one host is asked: a pause between requests, and longer where it says so."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING

from newsletter.errors import GatherError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.gather.target import Target

_UNITS = ((86_400, "days"), (3_600, "h"), (60, "min"))


class Politeness:
    """Turns at each host, `pause` seconds apart; safe to share between threads."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._free: dict[str, float] = {}
        self._closed: dict[str, float] = {}
        self._lock = Lock()

    def wait(self, target: Target, *, patience: float) -> None:
        """Wait for a turn at the target's host, however many wait before.

        GatherError at once where the host has asked to be left alone for longer than `patience`
        seconds.
        """
        with self._lock:
            now = time.monotonic()
            closed = self._closed.get(target.place, now) - now
            if closed > patience:
                raise busy(target, closed)
            turn = max(now + closed, self._free.get(target.place, now))
            self._free[target.place] = turn + self._pause
        if turn > now:
            time.sleep(turn - now)

    def note(self, target: Target) -> None:
        """A request that takes no turn, as one that follows a redirect, still counts."""
        with self._lock:
            free = time.monotonic() + self._pause
            self._free[target.place] = max(free, self._free.get(target.place, free))

    def close(self, target: Target, seconds: float) -> None:
        """Leave the target's host alone for so long."""
        with self._lock:
            self._closed[target.place] = time.monotonic() + seconds


def busy(target: Target, seconds: float) -> GatherError:
    """The host does not want to be asked now."""
    size, unit = next((one for one in _UNITS if seconds >= 2 * one[0]), (1, "s"))
    wait = f"{round(seconds / size)} {unit}"
    return GatherError(f"{target.name} is busy and asks to be left alone for {wait}; gather later")


def retry_after(status: int, headers: Mapping[str, str]) -> float | None:
    """The seconds a busy host asks for (RFC 9110, 10.2.3), counted on its own clock."""
    text = headers.get("retry-after", "")
    if status not in (429, 503) or not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until, now = (parsedate_to_datetime(one) for one in (text, headers.get("date", "")))
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
