"""Several processes send one campaign: each batch is claimed once, and a dead sender is told from
one that is only slow (F24, F25, F26).
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from newsletter.domain.campaign import CampaignState
from newsletter.errors import StoreError
from newsletter.store import batches, campaigns, claims, locks, schema
from newsletter.store.engine import open_store, reading, writing
from newsletter.store.senders import Sender, sending

DRIVER = Path(__file__).with_name("claim_driver.py")
ROUNDS = 20


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def begin(freeze, issue, step):
    """Freeze a campaign and let it be sent."""

    def start(engine, slug="2026-11-27"):
        frozen = freeze(engine, issue(slug))
        with writing(engine) as connection:
            campaigns.move(connection, frozen, CampaignState.SENDING, step())
        return frozen

    return start


def run_driver(mode, store_url, state, *rest):
    command = [sys.executable, str(DRIVER), mode, store_url, str(state), *map(str, rest)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def give_up(engine, campaign, step):
    with writing(engine) as connection:
        return len(batches.abandon(connection, step("sender"), campaign.id))


def test_two_processes_from_a_barrier_claim_each_batch_once(
    engine, store_url, state, people, begin, ledger
):
    people(engine, 20)
    sent = [begin(engine, f"issue-{number}") for number in range(ROUNDS)]
    driver = run_driver("race", store_url, state, ROUNDS)
    told, _ = driver.communicate(timeout=60)
    assert driver.returncode == 0
    lines = [line.split() for line in told.splitlines()]
    assert len(lines) == len({(line[1], line[2]) for line in lines}) == ROUNDS * 4
    assert {line[0] for line in lines} == {"a", "b"}
    for campaign in sent:
        assert ledger.states(campaign) == {"submitted": 20}
    with reading(engine) as connection:
        attempts = connection.execute(select(func.count(), func.sum(schema.attempt.c.recipients)))
        assert attempts.one() == (ROUNDS * 4, ROUNDS * 20)
        numbers = connection.execute(select(schema.workspace.c.generation)).scalar_one()
    assert numbers == ROUNDS * 2


def test_a_stopped_process_keeps_its_batch_and_a_killed_one_loses_it_at_once(
    engine, store_url, state, people, begin, ledger, step, our_locks
):
    people(engine, 10)
    campaign = begin(engine)
    holder = run_driver("hold", store_url, state)
    assert holder.stdout.readline().strip()
    os.kill(holder.pid, signal.SIGSTOP)
    assert give_up(engine, campaign, step) == 0
    os.kill(holder.pid, signal.SIGCONT)
    assert give_up(engine, campaign, step) == 0
    assert ledger.states(campaign) == {"planned": 10}
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    while engine.dialect.name == "postgresql" and _is_connected(engine, our_locks):
        pass  # the server notices the end of the connection a moment later
    assert give_up(engine, campaign, step) == 1
    assert ledger.states(campaign) == {"planned": 5, "unknown": 5}
    assert give_up(engine, campaign, step) == 0


def _is_connected(engine, our_locks):
    locked = f"SELECT count(*) FROM pg_locks WHERE objsubid = 2 AND {our_locks}"
    with reading(engine) as connection:
        return connection.execute(text(locked)).scalar_one()


def test_a_sender_of_this_process_is_told_apart_too(
    engine, state, people, begin, clock, ledger, step
):
    people(engine, 10)
    campaign = begin(engine)
    with sending(engine, state, clock) as first:
        with writing(engine) as connection:
            claims.claim(connection, campaign, step(), attempt="a" * 32, owner=first.number())
        with sending(engine, state, clock) as second:
            assert second.number() > first.number()
            assert give_up(engine, campaign, step) == 0
        assert give_up(engine, campaign, step) == 0
    assert give_up(engine, campaign, step) == 1


def test_a_sender_that_lost_its_lock_claims_under_a_new_number(
    engine, state, people, begin, clock, ledger, step, lose_lock
):
    people(engine, 10)
    campaign = begin(engine)
    with sending(engine, state, clock) as sender:
        lost = sender.number()
        with writing(engine) as connection:
            claims.claim(connection, campaign, step(), attempt="a" * 32, owner=lost)
        lose_lock()
        renewed = sender.number()
        assert renewed > lost
        assert sender.number() == renewed
        with writing(engine) as connection:
            claims.claim(connection, campaign, step(), attempt="b" * 32, owner=renewed)
        # Only what was claimed under the lost number is given up.
        assert give_up(engine, campaign, step) == 1
    assert ledger.batches(campaign)[0][1] == "unknown"
    assert ledger.batches(campaign)[1][1] == "submitting"


def test_nothing_of_a_lock_stays(file, clock, people, begin, step):
    people(file, 10)
    begin(file)
    folder = Path(file.url.database).parent
    with sending(file, None, clock):
        assert len(list(folder.glob("*.lock"))) == 1
    assert list(folder.glob("*.lock")) == []


def test_what_a_killed_sender_left_of_its_lock_is_removed(
    file, tmp_path, clock, people, begin, step
):
    people(file, 10)
    campaign = begin(file)
    holder = run_driver("hold", file.url.render_as_string(), tmp_path / "state")
    assert holder.stdout.readline().strip()
    holder.kill()
    holder.communicate()
    folder = Path(file.url.database).parent
    assert len(list(folder.glob("*.lock"))) == 1
    assert give_up(file, campaign, step) == 1
    assert list(folder.glob("*.lock")) == []


def test_a_database_with_two_names_has_one_set_of_locks(
    file, people, begin, clock, randomness, step
):
    people(file, 10)
    campaign = begin(file)
    link = Path(file.url.database).parent.parent / "link.db"
    link.symlink_to(file.url.database)
    again = open_store(f"sqlite:///{link}", clock=clock, randomness=randomness)
    with sending(file, None, clock) as sender:
        with writing(file) as connection:
            claims.claim(connection, campaign, step(), attempt="a" * 32, owner=sender.number())
        assert give_up(again, campaign, step) == 0
    assert give_up(again, campaign, step) == 1
    again.dispose()


def test_a_lock_that_cannot_be_made_is_told_in_one_sentence(file, clock):
    Path(f"{file.url.database}.sender-1.lock").mkdir()
    with pytest.raises(StoreError, match=r"cannot lock .*: Is a directory; check"):
        Sender(file, None, clock)


def test_a_program_started_during_the_send_does_not_keep_the_lock(file, clock):
    command = [sys.executable, "-c", "print(flush=True); input()"]
    pipe = subprocess.PIPE
    with sending(file, None, clock) as sender:
        number = sender.number()
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, close_fds=False)
        assert child.stdout.readline() == b"\n"
    with writing(file) as connection:
        assert locks.is_dead(connection, number)
    assert child.poll() is None
    child.communicate(b"\n")
