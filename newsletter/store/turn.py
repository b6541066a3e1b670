"""Waiting for one's turn to write on SQLite, which has one writer at a time."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

STEP = 0.0003
"""Seconds between two of the first looks whether the other writer is done."""

STEPS = 100

SPELL = 0.5
"""Seconds that SQLite itself waits at a time: Ctrl-C is heard between two spells only."""


def take_turn(connection: Connection, *, patience: float) -> None:
    """BEGIN IMMEDIATE, asked for in short steps at first, and then for `patience` seconds more.

    SQLite's own wait sleeps 1, 2, 5, 10 and up to 100 ms (sqliteDefaultBusyCallback in
    https://www.sqlite.org/src/file/src/main.c). Two senders of one campaign hold the file for some
    3 ms each, and would sleep longer than that for every turn. Raises DBAPIError as `execute` does.
    """
    plain = connection.connection.driver_connection
    if not isinstance(plain, sqlite3.Connection):
        raise TypeError(f"a turn is taken on SQLite only, not on {type(plain).__name__}")
    try:
        if not _taken(plain, patience):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # it says why, in SQLAlchemy's words
    finally:
        _wait_for(plain, patience)


def _taken(plain: sqlite3.Connection, patience: float) -> bool:
    """Whether the turn came before the patience was over; False at once where it cannot come."""
    _wait_for(plain, 0)
    for _ in range(STEPS):
        if (came := _begun(plain)) is not None:
            return came
        time.sleep(STEP)
    ends = time.monotonic() + patience
    while (left := ends - time.monotonic()) > 0:
        _wait_for(plain, min(left, SPELL))
        if (came := _begun(plain)) is not None:
            return came
    return False


def _begun(plain: sqlite3.Connection) -> bool | None:
    """None where another one writes; False for any other refusal."""
    try:
        plain.execute("BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError as error:
        return None if error.sqlite_errorcode == sqlite3.SQLITE_BUSY else False
    return True


def _wait_for(plain: sqlite3.Connection, seconds: float) -> None:
    plain.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}").close()
