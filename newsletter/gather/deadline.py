"""One deadline for a whole fetch, however slowly its bytes trickle in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

SLACK = 0.02
"""Seconds by which one wait on a connection may outlast the deadline."""


class Deadline:
    """The end of a fetch. Whoever waits for the other side asks `left` how long it may.

    A timeout of its own for each read would never be met by a server that sends a byte now and
    then; what is left of one deadline is met.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def allows(self, seconds: float) -> bool:
        """Whether there is time to wait for so long."""
        return self._end - time.monotonic() > seconds

    def left(self) -> float:
        """Seconds left, more than none; TimeoutError when the time is up."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def bind(self, wire: socket.socket) -> None:
        """Let no wait on a connection outlast the deadline; TimeoutError when the time is up.

        A timeout that still fits stays: each new one is a system call.
        """
        left = self.left()
        bound = wire.gettimeout()
        if bound is None or not left <= bound <= left + SLACK:
            wire.settimeout(left)
