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


def take_turn(connection: Connection, *, patience: float) -> None:
    """BEGIN IMMEDIATE, asked for in short steps at first, and then for `patience` seconds more.

    SQLite's own wait sleeps 1, 2, 5, 10 and up to 100 ms (sqliteDefaultBusyCallback in
    https://www.sqlite.org/src/file/src/main.c). Two senders of one campaign hold the file for some
    3 ms each, and would sleep longer than that for every turn. Raises DBAPIError as `execute` does.
    """
    if not _taken_soon(connection, patience):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _taken_soon(connection: Connection, patience: float) -> bool:
    plain = connection.connection.driver_connection
    if not isinstance(plain, sqlite3.Connection):
        raise TypeError(f"a turn is taken on SQLite only, not on {type(plain).__name__}")
    plain.execute("PRAGMA busy_timeout = 0").close()
    try:
        for _ in range(STEPS):
            try:
                plain.execute("BEGIN IMMEDIATE").close()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    return False  # asked once more, it says the same, in SQLAlchemy's words
                time.sleep(STEP)
            else:
                return True
        return False
    finally:
        plain.execute(f"PRAGMA busy_timeout = {patience * 1000:.0f}").close()
