"""One deadline for a whole fetch, however slowly its bytes trickle in."""

from __future__ import annotations

import time


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
