"""A sender: a process that may claim batches for as long as it holds the lock on its number.

Several may send one campaign at once; each batch remembers whose it is, and what a dead sender left
behind is told from what a living one is at (`batches.abandon`).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from newsletter.store import guard, locks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from newsletter.ports import Clock


class Sender:
    """One sending run; shared by its threads."""

    def __init__(self, engine: Engine, state: Path | None, clock: Clock) -> None:
        """Take a number and its lock; DeliveryError where `guard.enter` refuses."""
        self._engine, self._state, self._clock = engine, state, clock
        self._renewing = threading.Lock()
        self._take()

    def number(self) -> int:
        """The number under which batches may be claimed now: a new one where the lock was lost.

        Not to be called within a transaction that writes. Raises as the making of a sender does.
        """
        with self._renewing:
            if not self._lock.holds():
                self.release()
                self._take()
            return self._lock.number

    def claimed(self, entry: int) -> None:
        """Remember outside the database that this claim was made, before anything is submitted."""
        self._marks.reach(entry)

    def release(self) -> None:
        """Let everything go."""
        self._lock.release()
        self._marks.close()

    def _take(self) -> None:
        number, self._marks = guard.enter(self._engine, self._state, at=self._clock.now())
        try:
            self._lock = locks.take(self._engine, number)
        except BaseException:
            self._marks.close()
            raise


@contextmanager
def sending(engine: Engine, state: Path | None, clock: Clock) -> Iterator[Sender]:
    """Be a sender for as long as the block lasts."""
    sender = Sender(engine, state, clock)
    try:
        yield sender
    finally:
        sender.release()
