"""Small writes of many threads, several of them in one commit.

SQLite has one writer at a time, and most of a small write is its commit's way to the disk. Whoever
comes while another waits for that turn shares it.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from newsletter.store.engine import writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Write:
    """One write, and what came of it."""

    work: Callable[[Connection], Any]
    outcome: Future[Any] = field(default_factory=Future)


class SharedCommits:
    """Runs writes; each is durable once `run` returns.

    On PostgreSQL each has a commit of its own: there, they need not wait for one another.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shared = engine.dialect.name == "sqlite"
        self._waiting: deque[_Write] = deque()
        self._turn = threading.Lock()

    def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns; where it raises, its changes are undone and nobody else's.

        `work` may run twice, the first time for nothing: where another write beside it failed.
        """
        if not self._shared:
            with writing(self._engine) as connection:
                return work(connection)
        write = _Write(work)
        self._waiting.append(write)
        with self._turn:
            if not write.outcome.done():
                self._commit_waiting()
        result: T = write.outcome.result()
        return result

    def _commit_waiting(self) -> None:
        """Commit all that waits by the time it is our turn; where one fails, each by itself."""
        taken: tuple[_Write, ...] = ()
        try:
            with writing(self._engine) as connection:
                taken = self._take()
                results = [write.work(connection) for write in taken]
        except BaseException as error:  # noqa: BLE001 - told to whoever asked
            if not taken:  # the database is locked or gone, for all of them
                for write in self._take():
                    write.outcome.set_exception(error)
            for write in taken:
                self._commit(write)
        else:
            for write, result in zip(taken, results, strict=True):
                write.outcome.set_result(result)

    def _commit(self, write: _Write) -> None:
        try:
            with writing(self._engine) as connection:
                result = write.work(connection)
        except BaseException as error:  # noqa: BLE001 - told to whoever asked
            write.outcome.set_exception(error)
        else:
            write.outcome.set_result(result)

    def _take(self) -> tuple[_Write, ...]:
        return tuple(self._waiting.popleft() for _ in range(len(self._waiting)))
