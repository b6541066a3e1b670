"""Kills a send with SIGKILL at one step of one batch, runs it again, and says what came of it.

Run as `python crash_driver.py STEP SIMULATOR_URL LEDGER TEMPLATE_DB FOLDER`; a process without
threads, so that it may fork. Prints one JSON object a batch.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import event

from newsletter.delivery import dispatch
from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.token import derive_key
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.store import accounting, campaigns
from newsletter.store.engine import open_store, reading

BATCHES = 20
SECRET = derive_key(b"a secret of the workspace", "unsubscribe")


class Clock:
    def now(self):
        return datetime.now(UTC)

    def sleep(self, seconds):
        time.sleep(seconds)


class Randomness:
    def token(self):
        return os.urandom(16).hex()


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def acceptances(ledger):
    return [json.loads(line) for line in ledger.read_text().splitlines()]


class Stage:
    """One send of the frozen campaign, with a way to die at the chosen step of batch `batch`."""

    def __init__(self, url, database, ledger):
        self.engine = open_store(f"sqlite:///{database}", clock=Clock(), randomness=Randomness())
        self.provider = SendGridProvider(SecretStr("SG.test"), host=url, clock=Clock())
        self.ledger = ledger
        self.dispatch = Dispatch(
            engine=self.engine,
            provider=self.provider,
            clock=Clock(),
            randomness=Randomness(),
            key=SECRET,
            progress=lambda _: None,
        )

    def run(self):
        with reading(self.engine) as connection:
            (campaign,) = campaigns.every(connection)
        return self.dispatch.run(campaign)

    def die_before_the_claim_commits(self, batch):
        commits = count()

        def on_commit(_connection):
            # Commit 0 ends the look-up, 1 makes this a sender, 2 starts the campaign, 3 + n claims batch n.
            if next(commits) == 3 + batch:
                die()

        event.listen(self.engine, "commit", on_commit)

    def die_once_the_claim_is_committed(self, batch):
        composed, compose = count(), dispatch.compose_mailing

        def composing(*arguments, **options):
            if next(composed) == batch:
                die()
            return compose(*arguments, **options)

        dispatch.compose_mailing = composing

    def die_before_the_post(self, batch):
        self._around_submit(batch, before=True)

    def die_after_acceptance_before_the_answer(self, batch):
        requests, before, original = count(), len(acceptances(self.ledger)), None

        def no_answer(connection, *arguments, **options):
            number = next(requests)
            if number < batch:
                return original(connection, *arguments, **options)
            while len(acceptances(self.ledger)) < before + batch + 1:
                time.sleep(0.001)
            return die()

        original = http.client.HTTPConnection.getresponse
        http.client.HTTPConnection.getresponse = no_answer

    def die_before_the_record(self, batch):
        self._around_submit(batch, before=False)

    def die_once_recorded(self, batch):
        recorded = count()

        def on_progress(_count):
            if next(recorded) == batch:
                die()

        self.dispatch.progress = on_progress

    def _around_submit(self, batch, *, before):
        submitted, submit = count(), self.provider.submit

        def submitting(mailing):
            mine = next(submitted) == batch
            if mine and before:
                die()
            receipt = submit(mailing)
            if mine:
                die()
            return receipt

        self.provider.submit = submitting


def trial(step, batch, url, ledger, template, folder):
    database = folder / f"{step}-{batch}.db"
    shutil.copy(template, database)
    before = len(acceptances(ledger))
    child = os.fork()
    if child == 0:
        stage = Stage(url, database, ledger)
        getattr(stage, step)(batch)
        stage.run()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    child = os.fork()
    if child == 0:  # in a process of its own: what the trial patched stays away
        Stage(url, database, ledger).run()
        os._exit(0)
    _, again = os.waitpid(child, 0)
    engine = open_store(f"sqlite:///{database}", clock=Clock(), randomness=Randomness())
    with reading(engine) as connection:
        (campaign,) = campaigns.every(connection)
        sums = accounting.account(connection, campaign.id)
        doubtful = accounting.doubtful(connection, campaign.id)
    engine.dispose()
    return {
        "batch": batch,
        "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "second_run_failed": again != 0,
        "campaign": campaign.state,
        "balances": sums.balances,
        "states": {state.value: number for state, number in sums.states.items()},
        "doubtful": [one.attempt for one in doubtful],
        "database": str(database),
        "accepted": [
            [one["attempt"], [person[0] for person in one["people"]]]
            for one in acceptances(ledger)[before:]
        ],
    }


def main():
    step, url, ledger, template, folder = sys.argv[1:]
    for batch in range(BATCHES):
        print(json.dumps(trial(step, batch, url, Path(ledger), Path(template), Path(folder))))


main()
