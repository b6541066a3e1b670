"""Who leads: the one process, of any number, whose scheduler ticks.

SQLite: `flock` on a file beside the database (one host). PostgreSQL: an advisory lock on a
connection of its own (any number of hosts). Both fall free when the process dies. The lock is a
courtesy that saves work: what two leaders would do at once, the database still lets happen once.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

log = logging.getLogger(__name__)

LOOK = 0.25
"""Seconds between two looks at the lock."""

STALE = 0.75
"""Seconds after its last good look for which a process believes that it still leads."""

LAST_LOOK = 5.0
"""Seconds a look under way may take at the end: a server that hangs is waited for without end."""

GRACE = 1.0
"""Seconds a new leader on PostgreSQL waits: then the one before knows that its session is gone."""

_LOCK_CLASS, _LEADER = 0x6E6D, 1  # "nm": the class of senders' numbers is another, see store.locks

# A host that is cut off holds its lock until the server gives the connection up.
_GIVEN_UP_SOON = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
)


class Leader:
    """Whether this process leads; a thread of `leading` keeps looking."""

    def __init__(self, engine: Engine) -> None:
        """Not leading yet: `look` finds out."""
        self._seat: _Seat = (
            _FileSeat(engine) if engine.dialect.name == "sqlite" else _SessionSeat(engine)
        )
        self._since: float | None = None
        self._seen = 0.0

    @property
    def leads(self) -> bool:
        """Whether this process leads at this moment; asks nobody, so it may be asked often."""
        now, since = time.monotonic(), self._since
        return since is not None and now - since >= self._seat.grace and now - self._seen < STALE

    def look(self) -> None:
        """Take the lock where it is free, and see whether it is still ours where we had it."""
        began = time.monotonic()
        held = self._seat.holds() if self._since is not None else self._seat.take()
        if held:
            self._seen = began
            self._since = began if self._since is None else self._since
        elif self._since is not None:
            log.warning("this process leads no more, for it has lost its lock")
            self._since = None

    def release(self) -> None:
        """Let another one lead; repeatable."""
        self._since = None
        self._seat.leave()


@contextmanager
def leading(engine: Engine) -> Iterator[Leader]:
    """Stand for leader for as long as the block lasts. At its end nothing may run any more that
    only a leader does, for the next one begins at once.
    """
    leader, ended = Leader(engine), threading.Event()

    def watch() -> None:
        while not ended.is_set():
            leader.look()
            ended.wait(LOOK)

    leader.look()
    watcher = threading.Thread(target=watch, name="leadership", daemon=True)
    watcher.start()
    try:
        yield leader
    finally:
        ended.set()
        watcher.join(LAST_LOOK)
        if watcher.is_alive():
            log.warning("the database does not answer; the lock falls free with this process")
        else:
            leader.release()


class _Seat(Protocol):
    """The lock. `grace` is how long it must be held before its holder acts."""

    grace: float

    def take(self) -> bool:
        """Take it if it is free."""

    def holds(self) -> bool:
        """Whether it is still ours."""

    def leave(self) -> None:
        """Let it go; repeatable."""


class _FileSeat:
    grace = 0.0  # a process that lives keeps its lock

    def __init__(self, engine: Engine) -> None:
        self._path = Path(f"{os.path.realpath(str(engine.url.database))}.leader.lock")
        self._descriptor = -1

    def take(self) -> bool:
        # The file stays for ever: who removed it might remove the one another has just locked.
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.leave()
        except OSError as error:
            log.warning("nobody can lead by %s: %s", self._path, error.strerror)
            self.leave()
        return self._descriptor >= 0

    def holds(self) -> bool:
        with suppress(OSError):
            if os.path.samestat(self._path.stat(), os.fstat(self._descriptor)):
                return True
        self.leave()
        return False

    def leave(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _SessionSeat:
    grace = GRACE

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def take(self) -> bool:
        lock = func.pg_try_advisory_lock(_LOCK_CLASS, _LEADER)
        return self._asked(select(lock))

    def holds(self) -> bool:
        return self._asked(select(text("true")))

    def leave(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # ending the session frees the lock
                self._connection.close()
            self._connection = None

    def _asked(self, question: object) -> bool:
        try:
            if self._connection is None:
                self._connection = self._session()
            return bool(self._connection.execute(question).scalar_one())  # type: ignore[call-overload]
        except SQLAlchemyError as error:
            log.debug("the leader's session broke: %s", type(error).__name__)
            self.leave()
            return False

    def _session(self) -> Connection:
        """A session of its own, which ends when it is closed, and holds no transaction open."""
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        for setting in _GIVEN_UP_SOON:
            connection.exec_driver_sql(setting)
        return connection
