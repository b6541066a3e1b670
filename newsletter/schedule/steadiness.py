"""Whether the wall clock can be believed: it has not jumped for a few minutes.

A machine that wakes up, or whose clock is set, sees a jump. Until the clock has had time to be set
right again, nothing is begun by it and nothing is called missed (F42).
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.ports import Clock

log = logging.getLogger(__name__)

JUMP = timedelta(minutes=10)
"""Smaller steps, as a time server makes, move nothing that matters."""

SETTLING = 120.0
"""Seconds; a machine that wakes up asks its time server well within these."""


class Steadiness:
    """Compares the wall clock with one that never jumps, look by look."""

    def __init__(self, clock: Clock, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._elapsed = clock, elapsed
        self._wall, self._ran = clock.now(), elapsed()
        self._steady_from = self._ran
        self._looking = threading.Lock()

    def look(self) -> bool:
        """Whether the clock has gone evenly for a while; to be asked again and again."""
        with self._looking:
            wall, ran = self._clock.now(), self._elapsed()
            jump = (wall - self._wall) - timedelta(seconds=ran - self._ran)
            self._wall, self._ran = wall, ran
            if abs(jump) > JUMP:
                log.warning("the clock has jumped by %s; nothing is begun for two minutes", jump)
                self._steady_from = ran + SETTLING
            return ran >= self._steady_from
