"""The timer's pulse: when it last did anything, how often it had to be started anew, who leads,
and why the clock is doubted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DEAD_AFTER = 60.0
"""Seconds without a beat after which a timer is dead; it beats every few seconds."""


@dataclass(slots=True)
class Pulse:
    """Beats by a clock that never jumps; shared between the timer, its watchdog and the pages."""

    elapsed: Callable[[], float] = time.monotonic
    leads: Callable[[], bool] = lambda: True
    doubt: Callable[[], str] = lambda: ""
    restarts: int = 0
    _beat: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.beat()

    def beat(self) -> None:
        """The timer lives."""
        self._beat = self.elapsed()

    @property
    def age(self) -> float:
        """Seconds since the last beat."""
        return self.elapsed() - self._beat

    @property
    def is_alive(self) -> bool:
        """Whether the timer has done anything lately."""
        return self.age < DEAD_AFTER
