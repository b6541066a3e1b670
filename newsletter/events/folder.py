"""Folds the posts that wait into the database, a little at a time; killed anywhere, it goes on.

A post is removed only after all it says is committed. What is folded twice changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from newsletter.domain.event import KEPT, SOFT_BOUNCES
from newsletter.errors import StoreError
from newsletter.events.ingest import Ingested, ingest
from newsletter.events.spool import QUIET
from newsletter.providers.sendgrid.webhook import read_events
from newsletter.store import dead_letters
from newsletter.store.engine import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from newsletter.domain.event import Event
    from newsletter.events.spool import Post, Spool
    from newsletter.ports import Clock

log = logging.getLogger(__name__)

SLICE = 200
"""Events in one transaction: on SQLite nobody else writes meanwhile, for some 15 ms."""

LONGEST_PAUSE = 0.02
"""Seconds; after each transaction the database is left to others for as long as it took."""

PATIENCE = timedelta(seconds=5)
"""How long a post waits for those that come after it."""

LOOK = 0.25
"""Seconds between looks at the spool."""

REST = 5.0
"""Seconds to leave a database or disk alone that has just failed."""

LAST_WORDS = 5.0
"""Seconds that the transaction under way may take at the end."""


@dataclass(slots=True)
class Folder:
    """Takes posts out of the spool, the oldest first; several processes may do so at once."""

    engine: Engine
    spool: Spool
    clock: Clock
    soft_bounces: int = SOFT_BOUNCES
    kept: timedelta = KEPT
    stopping: threading.Event = field(default_factory=threading.Event)
    total: Ingested = field(default_factory=Ingested)
    _swept_at: datetime | None = None

    def run(self) -> None:
        """Fold what comes, until `stopping` is set; a database that is away is waited for."""
        while not self.stopping.is_set():
            try:
                self.sweep()
                self.fold()
            except (StoreError, OSError) as error:
                log.warning("events wait, for they cannot be folded: %s", error)
                self.stopping.wait(REST)
            self.stopping.wait(LOOK)

    def fold(self) -> None:
        """Fold all that waits now, or less where `stopping` is set."""
        group: list[Post] = []
        events: list[Event] = []
        for post in self.spool.waiting():
            self._let_come(post)
            if self.stopping.is_set():
                break
            group.append(post)
            events += self._read(post)
            if len(events) >= SLICE:
                self._settle(group, events)
                group, events = [], []
        self._settle(group, events)

    def _let_come(self, post: Post) -> None:
        """Answers come first: while posts pour in, folding waits, though not for long."""
        while self.spool.is_busy and self.clock.now() - post.received_at < PATIENCE:
            if self.stopping.wait(QUIET):
                return

    def _read(self, post: Post) -> tuple[Event, ...]:
        """The events of a post; what is unreadable in it is buried."""
        try:
            batch = read_events(post.path.read_bytes())
        except FileNotFoundError:  # another process was here
            return ()
        self._bury([(one.reason, one.raw) for one in batch.unreadable])
        return batch.events

    def _settle(self, group: Sequence[Post], events: Sequence[Event]) -> None:
        """Commit these events, then remove the posts they came in."""
        try:
            for some in _slices(events):
                began = time.monotonic()
                self.total += ingest(
                    self.engine,
                    some,
                    clock=self.clock,
                    soft_bounces=self.soft_bounces,
                    kept=self.kept,
                )
                # Whoever waits for SQLite's one writer only looks now and then.
                self.stopping.wait(min(time.monotonic() - began, LONGEST_PAUSE))
        except DBAPIError as error:
            self._settle_apart(group, type(error).__name__)
        for post in group:
            self.spool.remove(post)

    def _settle_apart(self, group: Sequence[Post], refusal: str) -> None:
        """The database refuses something of these posts: find which one, and bury that."""
        if len(group) > 1:
            for post in group:
                self._settle([post], self._read(post))
        else:
            log.error("the database refuses a post of events (%s); it is a dead letter", refusal)
            self._bury([(f"the database refuses it: {refusal}", group[0].path.read_bytes())])

    def _bury(self, letters: Sequence[tuple[str, bytes]]) -> None:
        for start in range(0, len(letters), SLICE):
            with writing(self.engine) as connection:
                part = letters[start : start + SLICE]
                dead_letters.bury(connection, part, at=self.clock.now())
        if letters:
            log.warning("%d events could not be read; they are dead letters", len(letters))

    def sweep(self) -> None:
        """Once a day, clear away what killed processes were writing."""
        now = self.clock.now()
        if self._swept_at is None or now >= self._swept_at + timedelta(days=1):
            self._swept_at = now
            self.spool.sweep()


def _slices(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Of about `SLICE` each, and none much smaller than the others."""
    size = -(-len(events) // max(len(events) // SLICE, 1))
    return (events[start : start + size] for start in range(0, len(events), size or 1))


@contextmanager
def folding(folder: Folder) -> Iterator[None]:
    """Fold in a thread of its own for as long as the block lasts."""
    # A daemon, for a database that hangs would hold the process for ever. A kill loses nothing.
    thread = threading.Thread(target=folder.run, name="folder", daemon=True)
    thread.start()
    try:
        yield
    finally:
        folder.stopping.set()
        thread.join(LAST_WORDS)
