"""Random kills and a faulty provider, at scale: 0 lost, 0 twice, and only what must be is in doubt.

`python -m tests.proof.torture` sends to 1,000,000 people 20 times over and prints a table.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import signal
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.app import SystemClock, SystemRandomness
from newsletter.events.ingest import ingest
from newsletter.providers.sendgrid.webhook import read_events
from newsletter.providers.simulator.events import Story, events_of
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.providers.simulator.server import LEDGER_FILE, Simulator
from newsletter.store.engine import open_store
from tests.proof import stage
from tests.proof.checker import doubted, violations

POINTS = (
    "claim:taken",
    "claim:committed",
    "post:ready",
    "post:written",
    "post:accepted",
    "record:ready",
    "record:committed",
    "recovery:taken",
    "recovery:committed",
)
FAULTS = {
    FaultKind.HANG_AFTER: 0.02,  # accepted, and the connection ends without an answer
    FaultKind.ERROR_503_BEFORE: 0.02,
    FaultKind.ERROR_503_AFTER: 0.01,
}
ENDS = ("done", "unsettled", "cancelled")
AT_ONCE = 2  # requests of a worker


@dataclass(frozen=True)
class Course:
    """How much is sent, by how many workers, and how often one of them is killed."""

    people: int
    size: int
    kills: int
    workers: int = 2

    @property
    def batches(self) -> int:
        return -(-self.people // self.size)


@dataclass
class Trial:
    """What came of one seed. `ambiguous` bounds the batches whose answer was lost."""

    seed: int
    kills: int = 0
    faults: int = 0
    in_doubt: int = 0  # mails, before events were heard
    held: int = 0  # mails, after them
    broken: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ambiguous(self) -> int:
        return self.kills * AT_ONCE + self.faults

    def __str__(self) -> str:
        verdict = "; ".join(self.broken[:3]) or "0 lost, 0 twice"
        return (
            f"seed {self.seed:4}  {self.kills:3} kills  {self.faults:3} faults  "
            f"{self.in_doubt:7,} in doubt  {self.held:7,} without an event  "
            f"{self.seconds:6.1f} s  {verdict}"
        )


class RandomFaults:
    """A queue of faults that never ends, and mostly holds none."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.taken = 0

    def take(self) -> Fault | None:
        fault = self.chance.choices([*FAULTS, None], [*FAULTS.values(), 1 - sum(FAULTS.values())])
        if fault[0] is None:
            return None
        self.taken += 1
        return Fault(fault[0])


def template(folder: Path, course: Course) -> stage.Stage:
    """A frozen campaign to everybody, to be copied for each seed."""
    made = stage.Stage(folder / "template")
    made.configure(host="http://127.0.0.1:9", size=course.size, concurrency=AT_ONCE)
    url = f"sqlite:///{made.file}"
    stage.fill(url, course.people)
    engine = open_store(url, clock=SystemClock(), randomness=SystemRandomness())
    stage.freeze(engine, size=course.size)
    engine.dispose()
    return made


def play(folder: Path, frozen: stage.Stage, course: Course, seed: int) -> Trial:
    """One seed from the first claim to the judgement."""
    began = time.monotonic()
    chance, trial = random.Random(seed), Trial(seed)
    provider = Simulator(folder / "provider", clock=SystemClock(), randomness=SystemRandomness())
    ledger = folder / "provider" / LEDGER_FILE
    mine = frozen.copy(folder / "workspace")
    with provider:
        provider.service.faults = RandomFaults(chance)
        mine.configure(host=provider.url, size=course.size, concurrency=AT_ONCE)
        _send_under_fire(mine, course, chance, trial)
        trial.faults = provider.service.faults.taken
        trial.in_doubt = doubted(str(mine.file))
        trial.broken = tuple(violations(str(mine.file), ledger))
        _hear(mine, provider)
        trial.held = doubted(str(mine.file))
        trial.broken += tuple(violations(str(mine.file), ledger))
        trial.broken += _settled(mine, provider, ledger, course)
    trial.seconds = time.monotonic() - began
    return trial


def _send_under_fire(
    mine: stage.Stage, course: Course, chance: random.Random, trial: Trial
) -> None:
    """Keep so many workers going, and let each be killed at a random point, while kills last."""
    processes = multiprocessing.get_context("forkserver")
    span = max(1, round(1.4 * course.batches / course.kills))
    workers: list[multiprocessing.Process] = []
    while _state(mine) not in ENDS or workers:
        while len(workers) < course.workers and _state(mine) not in ENDS:
            left = course.kills - trial.kills - len(workers)
            plan = _plan(chance, span) if left > 0 else ""
            workers.append(processes.Process(target=stage.send, args=(mine, plan)))
            workers[-1].start()
        time.sleep(0.005)
        for worker in [one for one in workers if not one.is_alive()]:
            worker.join()
            trial.kills += worker.exitcode == -signal.SIGKILL
            workers.remove(worker)


def _plan(chance: random.Random, span: int) -> str:
    point = chance.choice(POINTS)
    passes_once = point.startswith("recovery")  # a process recovers at its start
    return f"{point}=kill@{1 if passes_once else chance.randint(1, span)}"


def _hear(mine: stage.Stage, provider: Simulator) -> None:
    """One event of each accepted request: it proves the whole of it."""
    accepted = [replace(one, people=one.people[:1]) for one in provider.ledger.effective()]
    workspace = mine.workspace()
    events = read_events(stage.as_body(events_of(accepted, Story()))).events
    ingest(workspace.engine, events, clock=workspace.clock)
    workspace.close()


def _settled(
    mine: stage.Stage, provider: Simulator, ledger: Path, course: Course
) -> tuple[str, ...]:
    """What is still in doubt never left, so a person has it sent again: all is mailed once."""
    provider.service.faults = provider.faults
    workspace = mine.workspace()
    stage.send_again_what_is_in_doubt(workspace)
    campaign = stage.the_campaign(workspace)
    if campaign.state not in ENDS:
        campaign = stage.dispatch(workspace, campaign)
    workspace.close()
    mailed = sum(len(one.people) for one in provider.ledger.effective())
    broken = violations(str(mine.file), ledger)
    if campaign.state != "done" or mailed != course.people:
        broken.append(f"in the end {mailed:,} mails, and the campaign is {campaign.state}")
    return tuple(broken)


def _state(mine: stage.Stage) -> str:
    with closing(sqlite3.connect(mine.file)) as connection:
        return connection.execute("SELECT state FROM campaign").fetchone()[0]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=1_000_000)
    options.add_argument("--size", type=int, default=1000)
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seeds", type=int, default=20)
    chosen = options.parse_args()
    course = Course(chosen.people, chosen.size, chosen.kills)
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tests.proof.stage"])
    with tempfile.TemporaryDirectory() as name:
        frozen, held, broken = template(Path(name), course), 0, 0
        for seed in range(chosen.seeds):
            with tempfile.TemporaryDirectory(dir=name) as mine:
                trial = play(Path(mine), frozen, course, seed)
            print(trial, flush=True)
            held += trial.held
            broken += bool(trial.broken) or trial.held > trial.ambiguous * course.size
    people = course.people * chosen.seeds
    print(f"{people:,} people, {held:,} held for a person, {broken} seeds broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
