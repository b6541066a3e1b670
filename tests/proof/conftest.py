"""Processes that may be killed, and stages made once and copied."""

from __future__ import annotations

import multiprocessing
import tempfile
from pathlib import Path

import pytest

from newsletter.app import SystemClock, SystemRandomness
from newsletter.events.ingest import ingest
from newsletter.providers.sendgrid.webhook import read_events
from newsletter.providers.simulator.server import Simulator
from tests.proof import stage

BATCHES, SIZE = 20, 5


@pytest.fixture(scope="session")
def memory():
    """A folder in memory where there is one: a kill, unlike a power cut, loses no page of it."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def folder(memory):
    """A folder of one test's own, in memory."""
    with tempfile.TemporaryDirectory(dir=memory) as mine:
        yield Path(mine)


@pytest.fixture(scope="session")
def processes():
    """Forks of one clean process that has imported everything, so that a start takes 10 ms."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.proof.crowd", "procrastinate"])
    return context


@pytest.fixture
def start(processes):
    """Run a function in a process of its own; whatever still runs at the end is killed."""
    running = []

    def begin(job, *arguments):
        child = processes.Process(target=job, args=arguments)
        child.start()
        running.append(child)
        return child

    yield begin
    for child in running:
        if child.is_alive():
            child.kill()
        child.join()


@pytest.fixture
def new_simulator():
    """Simulators, each with a ledger of its own."""
    opened = []

    def make(folder, **options):
        simulator = Simulator(
            folder, clock=SystemClock(), randomness=SystemRandomness(), **options
        ).__enter__()
        opened.append(simulator)
        return simulator

    yield make
    for simulator in opened:
        simulator.__exit__(None, None, None)


@pytest.fixture(scope="session")
def frozen_file(memory, sqlite_template):
    """A stage on SQLite with a frozen campaign of 20 batches of 5."""
    made = stage.Stage(memory / "frozen")
    made.configure(host="http://127.0.0.1:9", size=SIZE)
    made.file.write_bytes(sqlite_template.read_bytes())
    stage.fill(f"sqlite:///{made.file}", BATCHES * SIZE)
    workspace = made.workspace()
    stage.freeze(workspace.engine, size=SIZE)
    workspace.close()
    return made


@pytest.fixture
def hear():
    """Take in all events of what a provider has accepted."""

    def listen(workspace, simulator):
        ingest(
            workspace.engine, read_events(stage.told_by(simulator)).events, clock=workspace.clock
        )

    return listen


@pytest.fixture
def again():
    """Send once more, as an operator would, where anything is left to send."""

    def run(workspace):
        campaign = stage.the_campaign(workspace)
        return campaign if campaign.state == "done" else stage.dispatch(workspace, campaign)

    return run


@pytest.fixture
def repository():
    return Path(__file__).parents[2]
