"""Whether the wall clock can be believed: it has not jumped for a few minutes, and others agree.

A machine that wakes up, or whose clock is set, sees a jump. Until the clock has had time to be set
right again, and until the other clocks there are show the same, nothing is begun by it and nothing
is called missed (F42).
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from newsletter.usecases.timekeeping import AGREED, APART, Opinion, second_opinion

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.app import Workspace
    from newsletter.ports import Clock

log = logging.getLogger(__name__)

SETTLING = 120.0
"""Seconds; a machine that wakes up asks its time server well within these."""

ASKING = 30.0
"""Seconds between two questions to the other clocks."""


def watched_clock(workspace: Workspace) -> Steadiness:
    """The workspace's clock, held against the database's and the provider's."""
    return Steadiness(workspace.clock, partial(second_opinion, workspace))


class Steadiness:
    """Compares the wall clock with one that never jumps, look by look, and with `others`: at the
    start, and after each jump. `doubt` says why it is not believed, '' while it is.
    """

    def __init__(
        self,
        clock: Clock,
        others: Callable[[], Opinion] = lambda: AGREED,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._others, self._elapsed = clock, others, elapsed
        self._wall, self._ran = clock.now(), elapsed()
        self._steady_from = self._ask_from = self._ran
        self._jumped, self._agreed = False, False
        self._looking, self._asking = threading.Lock(), threading.Lock()
        self.doubt = ""

    def look(self) -> bool:
        """Whether the clock can be believed; to be asked again and again, from any thread."""
        with self._looking:
            self._compare()
            if self._agreed or self._ran < self._steady_from:
                return self._agreed
        with self._asking:
            return self._ask()

    def _ask(self) -> bool:
        """What the other clocks say; over the network, so nobody's look waits for it but those that
        hang on it.
        """
        with self._looking:
            if self._agreed or self._ran < self._ask_from:
                return self._agreed
            self._ask_from, asked_at = self._ran + ASKING, self._ran
        opinion = self._others()
        with self._looking:
            if self._steady_from <= asked_at:  # it has not jumped again meanwhile
                self._judge(opinion)
            return self._agreed

    def _compare(self) -> None:
        wall, ran = self._clock.now(), self._elapsed()
        jump = (wall - self._wall) - timedelta(seconds=ran - self._ran)
        self._wall, self._ran = wall, ran
        if abs(jump) > APART:
            self._jumped, self._agreed = True, False
            self._steady_from = self._ask_from = ran + SETTLING
            self._say(f"the clock has jumped by {jump}; nothing is begun for two minutes")

    def _judge(self, opinion: Opinion) -> None:
        """At the start a clock that cannot be asked is no reason to wait; after a jump it is."""
        self._agreed = opinion.agrees or (opinion.agrees is None and not self._jumped)
        if self._agreed and self.doubt:
            log.info("the clock is believed again")
        if self._agreed:
            self._jumped, self.doubt = False, ""
        else:
            self._say(f"nothing is begun, for {opinion.said}")

    def _say(self, doubt: str) -> None:
        if doubt != self.doubt:
            log.warning("%s", doubt)
        self.doubt = doubt
