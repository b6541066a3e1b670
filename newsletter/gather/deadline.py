"""One deadline for a whole fetch, however slowly its bytes trickle in."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Lock, Timer
from typing import Any


class Deadline:
    """Cuts the connection it watches once the time is up; close it when the fetch is over.

    The HTTP client's timeouts count from byte to byte, so a server that sends one byte every few
    seconds would never meet them.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._lock = Lock()
        self._wire: socket.socket | None = None
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds left, never quite none (a timeout of 0 would mean “do not wait at all”)."""
        return max(self._end - time.monotonic(), 0.001)

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Remember a new connection; the HTTP client calls this with each of its steps."""
        if event == "connection.connect_tcp.complete":
            wire = info["return_value"].get_extra_info("socket")
            with self._lock:
                self._forget()
                # TLS takes the socket object over; a duplicate still reaches the connection.
                self._wire = wire.dup()
            if self.passed:
                self._cut()

    def close(self) -> None:
        """Stop watching."""
        self._timer.cancel()
        with self._lock:
            self._forget()

    def _cut(self) -> None:
        with self._lock:
            if self._wire is not None:
                with suppress(OSError):
                    self._wire.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None
