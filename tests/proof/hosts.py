"""Hosts with a database of the simulated world: at each of their commits somebody else may go on.

The engines are made once and serve one world after another, for half of a short simulation would be
the compiling of statements otherwise.
"""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

from sqlalchemy import event

from newsletter.app import SystemClock, SystemRandomness
from newsletter.store.engine import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.proof.world import World

HOSTS = 3
TROUBLE = 0.02
"""How often a commit of a host fails, or its answer is lost, while the world is troubled."""


class Hosts:
    """One database file and an engine for each host; `quiet` belongs to people and the webhook."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "hosts"
        self.file = self.folder / "newsletter.db"
        self.template = folder / "template.db"
        url = f"sqlite:///{self.template}"
        open_store(url, clock=SystemClock(), randomness=SystemRandomness()).dispose()
        self.world: World | None = None
        self.troubled = False
        self.quiet, *self.senders = [self._engine(place > 0) for place in range(HOSTS + 1)]

    def begin(self, world: World) -> None:
        """A new database for a new world."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        shutil.copy(self.template, self.file)
        self.world, self.troubled = world, True

    def end(self) -> None:
        """Close what is open."""
        for engine in (self.quiet, *self.senders):
            engine.dispose()
        self.world = None

    def _engine(self, fails: bool) -> Engine:
        self.folder.mkdir(exist_ok=True)
        url = f"sqlite:///{self.file}"
        engine = open_store(url, clock=SystemClock(), randomness=SystemRandomness())
        engine.dispose()
        commit = engine.dialect.do_commit

        @event.listens_for(engine, "engine_connect")
        def connect(_: object) -> None:
            self.world.pause()

        @event.listens_for(engine, "begin")
        def begin(_: object) -> None:
            self.world.in_transaction(True)

        @event.listens_for(engine, "checkin")
        def checkin(*_: object) -> None:
            if self.world is not None:
                self.world.in_transaction(False)

        @event.listens_for(engine, "before_cursor_execute")
        def execute(*_: object) -> None:
            self.world.live()

        def committing(connection: object) -> None:
            world = self.world
            world.live()
            trouble = fails and self.troubled and world.chance.random() < TROUBLE
            if trouble and world.chance.random() < 0.5:
                raise _busy("the database is locked")
            commit(connection)
            world.in_transaction(False)
            world.pause()
            if trouble:
                world.note("does not hear that its commit has passed")
                raise _busy("the answer to a commit is lost")

        engine.dialect.do_commit = committing
        return engine


def _busy(message: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorname = "SQLITE_BUSY"
    return error
