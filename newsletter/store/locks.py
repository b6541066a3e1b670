"""Locks that tell a living sender from a dead one: who dies frees theirs, and no clock is asked.

SQLite: `flock` on a file beside the database (one host). PostgreSQL: an advisory lock on a
connection of its own (any number of hosts). Each sender locks a number nobody had before.
"""

from __future__ import annotations

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from newsletter.errors import StoreError
from newsletter.store.faults import explained

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_LOCK_CLASS = 0x6E6C  # "nl": keeps our advisory locks apart from others in the same database

# By a look, not by trying to take it: else two who ask at once would each think the other lives.
# https://www.postgresql.org/docs/current/view-pg-locks.html
_HELD = text(
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid = :class AND objid = :number"
)


class Lock(Protocol):
    """The lock on a sender's number."""

    number: int

    def holds(self) -> bool:
        """Whether it is still ours: its file may be deleted, or its connection break."""

    def release(self) -> None:
        """Let it go; repeatable."""


def take(engine: Engine, number: int) -> Lock:
    """Lock a number that nobody else uses; StoreError where the file or the server refuses."""
    if engine.dialect.name == "sqlite":
        return _FileLock(engine, number)
    return _AdvisoryLock(engine, number)


def is_dead(connection: Connection, number: int | None) -> bool:
    """Whether the sender with this number has ended: its lock is free. None is nobody's number."""
    if number is None:
        return True
    if connection.dialect.name == "sqlite":
        return _is_free(_path(connection.engine, number))
    return connection.execute(_HELD, {"class": _LOCK_CLASS, "number": number}).first() is None


class _FileLock:
    def __init__(self, engine: Engine, number: int) -> None:
        self.number = number
        self._path = _path(engine, number)
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unlockable(self._path, error) from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise _unlockable(self._path, error) from None

    def holds(self) -> bool:
        if self._descriptor < 0:
            return False
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        if self._descriptor < 0:
            return
        if self.holds():
            self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = -1


class _AdvisoryLock:
    def __init__(self, engine: Engine, number: int) -> None:
        self.number = number
        self._using = threading.Lock()  # the threads of a sender share the connection
        try:
            connection = engine.connect()
            # So that no transaction stays open for as long as the send takes.
            self._connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            lock = func.pg_try_advisory_lock(_LOCK_CLASS, number)
            free = connection.execute(select(lock)).scalar_one()
        except DBAPIError as error:
            raise explained(error, engine.url) or error from error
        if not free:
            connection.close()
            raise StoreError(f"sender number {number} is taken; run the command again")

    def holds(self) -> bool:
        with self._using, suppress(SQLAlchemyError):
            if not self._connection.closed:
                return bool(self._connection.execute(select(1)).scalar_one())
        return False

    def release(self) -> None:
        with self._using:
            if self._connection.closed:
                return
            with suppress(SQLAlchemyError):  # a connection that broke has freed the lock
                unlock = func.pg_advisory_unlock(_LOCK_CLASS, self.number)
                self._connection.execute(select(unlock))
            self._connection.close()


def _path(engine: Engine, number: int) -> Path:
    # A database may have several names; its locks may not.
    return Path(f"{os.path.realpath(str(engine.url.database))}.sender-{number}.lock")


def _is_free(path: Path) -> bool:
    """Whether nobody holds a lock's file; what a dead process left of it is removed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise _unlockable(path, error) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: several may ask at once
    except BlockingIOError:
        return False
    except OSError as error:
        raise _unlockable(path, error) from None
    else:
        with suppress(FileNotFoundError):
            path.unlink()
        return True
    finally:
        os.close(descriptor)


def _unlockable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the send cannot lock {path}: {error.strerror}; check the folder, its rights and its disk"
    )
