"""Hosts around one PostgreSQL: each is a process with a workspace folder of its own, doing jobs."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from newsletter import config, failpoints
from newsletter.jobs import procrastinate
from newsletter.store.engine import writing
from newsletter.usecases import working
from newsletter.usecases.hints import hint_dispatch
from tests.proof import island, stage

if TYPE_CHECKING:
    from pathlib import Path

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign

SIZE = 5


@dataclass(frozen=True)
class Crowd:
    """The database and the provider that all hosts share."""

    folder: Path
    url: str
    provider: str

    def host(self, name: str, *, size: int = SIZE) -> stage.Stage:
        """A workspace of its own on the shared database."""
        made = stage.Stage(self.folder / name)
        made.configure(host=self.provider, size=size, database=f'"{self.url}"')
        settings = made.root / config.CONFIG_FILE
        settings.write_text(settings.read_text() + "jobs: procrastinate\n")
        return made

    def frozen(self, people: int) -> Workspace:
        """The desk's workspace, and a campaign to so many people; nothing of it is hinted at."""
        stage.fill(self.url, people)
        desk = self.host("desk").workspace()
        stage.freeze(desk.engine, size=SIZE)
        working.join(desk)
        return desk

    def end_sessions(self) -> int:
        """End every session of this database, as a restart of the server does; how many."""
        administrator = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        ends = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with administrator.connect() as connection:
            return connection.execute(text(ends)).scalar_one()


def hint(desk: Workspace) -> Campaign:
    """What the ticker does while a campaign is due; returns it as it stands."""
    campaign = stage.the_campaign(desk)
    with writing(desk.engine) as connection:
        hint_dispatch(desk, connection, campaign)
    return campaign


def until(what, seconds: float = 30.0) -> float:
    """Seconds until something became true; fails where it never does."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it never came about"
        time.sleep(0.01)
    return time.monotonic() - began


# What runs in a process of its own


def work(mine: stage.Stage, ready: threading.Event, points: str = "") -> None:
    """Do jobs until SIGTERM, or to the failpoint; with little patience for the dead."""
    failpoints.reach = failpoints.armed(points)
    procrastinate.HEARTBEAT, procrastinate.STALLED, procrastinate.LOOK = 0.2, 1.0, 0.3
    procrastinate.ROUND, procrastinate.REST = 0.3, 0.2
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    workspace = mine.workspace()
    working.join(workspace)
    with working.working(workspace, stopping, may=lambda: True):
        ready.set()
        while not stopping.wait(0.05):
            pass
    workspace.close()
    os._exit(0)


def work_apart(
    mine: stage.Stage, ready: threading.Event, name: str, provider: tuple[str, int]
) -> None:
    """As `work`, on an island; its provider, which is spoken to in the open on the same host only,
    is reached by the same port of the island.
    """
    island.move_to(name)
    with island.Landing(("127.0.0.1", provider[1]), island.to(provider)):
        work(mine, ready)
