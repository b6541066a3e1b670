"""SIGKILL at each of the six steps of a send, for each of 20 batches: nobody twice, nobody lost.

The judge is the simulator's own ledger, which shares no code with the sender.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from newsletter.events.ingest import ingest
from newsletter.providers.sendgrid.webhook import read_events
from newsletter.providers.simulator.events import Story, events_of
from newsletter.store import accounting, campaigns
from newsletter.store.engine import open_store, reading

BATCHES, SIZE = 20, 5
EVERYBODY = {f"reader{number}@example.com" for number in range(1, BATCHES * SIZE + 1)}

LAST = BATCHES - 1

# Step → for the batch it was in: whether the one batch left in doubt had been accepted, or None
# where nothing is in doubt. Recording a batch and claiming the next share one commit, so a kill
# before that commit doubts the batch before, and one after it doubts the batch after.
STEPS = {
    "die_before_the_claim_commits": lambda batch: True if batch else None,
    "die_once_the_claim_is_committed": lambda _: False,
    "die_before_the_post": lambda _: False,
    "die_after_acceptance_before_the_answer": lambda _: True,
    "die_before_the_record": lambda _: True,
    "die_once_recorded": lambda batch: False if batch < LAST else None,
}


@pytest.fixture
def template(tmp_path, sqlite_template, clock, randomness, subscribe, freeze):
    """A database with a frozen campaign of 20 batches, and nothing sent."""
    path = tmp_path / "template.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_store(f"sqlite:///{path}", clock=clock, randomness=randomness)
    subscribe(engine, BATCHES * SIZE)
    freeze(engine, size=SIZE)
    engine.dispose()
    return path


@pytest.fixture
def trials(tmp_path, template, simulator):
    def run(step):
        driver = Path(__file__).parent / "crash_driver.py"
        ledger = tmp_path / "simulator" / "ledger.jsonl"
        ledger.touch()
        done = subprocess.run(
            [sys.executable, driver, step, simulator.url, ledger, template, tmp_path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_send_mails_nobody_twice_and_loses_nobody(
    step, trials, simulator, clock, randomness
):
    results = trials(step)
    assert len(results) == BATCHES
    for result in results:
        accepted = STEPS[step](result["batch"])
        judge(result, accepted=accepted)
        if accepted is not None:
            settle(result, simulator, clock, randomness, accepted=accepted)


def judge(result, *, accepted):
    assert result["killed"], result
    assert not result["second_run_failed"], result
    assert result["balances"], result
    times = Counter(address for _, people in result["accepted"] for address in people)
    assert not [address for address, often in times.items() if often > 1], "mailed twice"
    doubt = 0 if accepted is None else SIZE
    expected = {"submitted": BATCHES * SIZE - doubt} | ({"unknown": doubt} if doubt else {})
    assert result["states"] == expected
    assert len(result["doubtful"]) == (1 if doubt else 0)
    missing = EVERYBODY - set(times)
    assert len(missing) == (SIZE if accepted is False else 0), "lost in silence"


def settle(result, simulator, clock, randomness, *, accepted):
    """Events prove what was accepted; what was not stays unknown, for a person to decide."""
    attempts = {attempt for attempt, _ in result["accepted"]}
    mine = [one for one in simulator.ledger.effective() if one.attempt in attempts]
    events = read_events(json.dumps(events_of(mine, Story())).encode()).events
    engine = open_store(f"sqlite:///{result['database']}", clock=clock, randomness=randomness)
    ingest(engine, events, clock=clock)
    with reading(engine) as connection:
        (campaign,) = campaigns.every(connection)
        sums = accounting.account(connection, campaign.id)
    engine.dispose()
    assert sums.balances
    assert campaign.state == ("done" if accepted else "unsettled")
    assert sums.settled == accepted
