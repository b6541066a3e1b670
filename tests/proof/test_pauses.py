"""Frozen processes, processes that start together, and a signal in the middle of a request."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.usecases.workspace import init
from tests.proof import stage
from tests.proof.checker import doubted, violations

SIZE = 5
HOURS = 30


@pytest.fixture
def ready(frozen_file, new_simulator, folder):
    """A frozen campaign and its provider."""
    simulator = new_simulator(folder / "provider")
    mine = frozen_file.copy(folder / "workspace")
    mine.configure(host=simulator.url, size=SIZE)
    return mine, simulator, folder / "provider" / "ledger.jsonl"


def wait_until_stopped(process):
    """Linux tells the state of a process in the third field of its stat."""
    while True:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        if stat.rsplit(")", 1)[1].split()[0] == "T":
            return
        assert process.is_alive()
        time.sleep(0.005)


@pytest.mark.parametrize("ahead", [0.0, HOURS], ids=["f24-suspended", "f25-slept-for-a-day"])
@pytest.mark.parametrize(
    "point", ["claim:committed", "post:ready", "post:written", "post:accepted", "record:ready"]
)
def test_f24_f25_a_sender_that_sleeps_in_mid_post_keeps_its_batch(point, ahead, ready, start):
    mine, _, ledger = ready
    sleeper = start(stage.send, mine, f"{point}=stop@3")
    wait_until_stopped(sleeper)
    other = start(stage.send, stage.Stage(mine.root, ahead))
    other.join()
    assert other.exitcode == 0
    assert violations(str(mine.file), ledger, ended=False) == []
    os.kill(sleeper.pid, signal.SIGCONT)
    sleeper.join()
    assert sleeper.exitcode == 0
    assert violations(str(mine.file), ledger) == []
    workspace = mine.workspace()
    assert stage.the_campaign(workspace).state == "done"
    workspace.close()
    assert doubted(str(mine.file)) == 0


@pytest.mark.parametrize("_round", range(3))
def test_f26_senders_that_start_together_share_the_batches(ready, start, processes, _round):
    mine, simulator, ledger = ready
    meeting = processes.Barrier(3)
    senders = [start(stage.send, mine, "", meeting) for _ in range(3)]
    for sender in senders:
        sender.join()
    # Who comes when another has begun is told to look again, or helps.
    assert {sender.exitcode for sender in senders} <= {0, 2}
    assert 0 in {sender.exitcode for sender in senders}
    assert violations(str(mine.file), ledger) == []
    assert len(simulator.ledger.acceptances()) == 20
    assert doubted(str(mine.file)) == 0


def test_f06_a_sigterm_in_mid_post_ends_in_time_with_the_answer_written_down(
    frozen_file, new_simulator, folder
):
    simulator = new_simulator(folder / "provider")
    ledger = folder / "provider" / "ledger.jsonl"
    mine = stage.Stage(init(folder / "workspace"))
    mine = frozen_file.copy(mine.root)
    mine.configure(host=simulator.url, size=SIZE)
    simulator.faults.add(Fault(FaultKind.HANG_AFTER, value=6))
    program = [sys.executable, "-c", "from newsletter.cli.main import main; main()"]
    running = subprocess.Popen(
        [*program, "-C", mine.root, "send", "2026-11-20", "--yes"],
        env=os.environ | stage.SECRETS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not simulator.ledger.acceptances():
        assert running.poll() is None, running.stdout.read()
        time.sleep(0.02)
    began = time.monotonic()
    running.terminate()
    told, _ = running.communicate(timeout=60)
    assert time.monotonic() - began < 30, told
    assert running.returncode == 130, told
    assert len(simulator.ledger.acceptances()) == 1
    assert violations(str(mine.file), ledger, ended=False) == []
