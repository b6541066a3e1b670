"""Waiting for the one writer of SQLite, on real files."""

from __future__ import annotations

import signal
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from newsletter.store import turn
from newsletter.store.turn import take_turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Connection]:
    """Who wants to write."""
    engine = create_engine(f"sqlite:///{tmp_path / 'one.db'}")
    with engine.connect() as connection:
        plain = connection.connection.driver_connection
        assert isinstance(plain, sqlite3.Connection)
        plain.isolation_level = None
        yield connection
    engine.dispose()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another who writes."""
    connection = sqlite3.connect(
        tmp_path / "one.db", isolation_level=None, timeout=0, check_same_thread=False
    )
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_a_turn_comes_soon_after_the_other_writer_is_done(
    waiting: Connection, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def done_after_three(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            other.execute("COMMIT")

    monkeypatch.setattr("newsletter.store.turn.time.sleep", done_after_three)
    take_turn(waiting, patience=0)
    assert looks == [turn.STEP] * 3
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        other.execute("BEGIN IMMEDIATE")


def test_a_long_writer_is_waited_for_as_well(
    waiting: Connection, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "STEPS", 1)
    done = threading.Timer(0.1, other.execute, ("COMMIT",))
    done.start()
    take_turn(waiting, patience=60)
    done.join()
    (left,) = waiting.exec_driver_sql("PRAGMA busy_timeout").one()
    assert left == 60_000  # commits and reads wait as long


def test_ctrl_c_is_heard_while_a_long_writer_is_waited_for(
    waiting: Connection, other: sqlite3.Connection
) -> None:
    interrupt = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    done = threading.Timer(30, other.execute, ("COMMIT",))

    def wait() -> None:
        for timer in (interrupt, done):
            timer.start()
        take_turn(waiting, patience=60)

    with pytest.raises(KeyboardInterrupt):
        wait()
    assert done.is_alive()
    done.cancel()
    for timer in (interrupt, done):
        timer.join()


def test_who_waits_in_vain_is_told_by_the_database(
    waiting: Connection, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "STEPS", 2)
    with pytest.raises(OperationalError, match="database is locked"):
        take_turn(waiting, patience=0.01)


def test_a_turn_inside_a_turn_is_a_mistake_and_not_waited_for(waiting: Connection) -> None:
    take_turn(waiting, patience=60)
    with pytest.raises(OperationalError, match="within a transaction"):
        take_turn(waiting, patience=60)
