"""A sender without a provider, as a process of its own; see `test_senders.py`.

`race URL STATE ROUNDS`: two children claim every batch of the campaigns 1, 2, ... at the same
moment; prints each attempt they got as `child campaign batch`.
`hold URL STATE`: claims one batch of campaign 1, says so, and keeps it until it is killed.
"""

import os
import sys
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from newsletter.domain.campaign import BatchState, Outcome, Step
from newsletter.store import batches, campaigns, claims
from newsletter.store.engine import connect, writing
from newsletter.store.senders import sending


class Clock:
    def now(self):
        return datetime.now(UTC)


def attempt():
    return os.urandom(16).hex()


def claim(engine, campaign_id, sender):
    number, step = sender.number(), Step(Clock().now(), "sender")
    with writing(engine) as connection:
        campaign = campaigns.get(connection, campaign_id)
        claimed = claims.claim(connection, campaign, step, attempt=attempt(), owner=number)
    if claimed is not None:
        sender.claimed(claimed.entry)
    return campaign, claimed


def send_all(engine, campaign_id, sender):
    while True:
        campaign, claimed = claim(engine, campaign_id, sender)
        if claimed is None:
            return
        with writing(engine) as connection:
            batches.record(
                connection,
                campaign,
                claimed,
                BatchState.SUBMITTED,
                Step(Clock().now(), "sender"),
                outcome=Outcome.ACCEPTED,
            )
        yield claimed.batch


def race(name, barrier, *rest):
    try:
        claim_all(name, barrier, *rest)
    except BaseException:
        barrier.abort()  # or the other one waits for ever
        raise


def claim_all(name, barrier, url, state, rounds):
    engine = connect(url)
    for campaign_id in range(1, rounds + 1):
        barrier.wait()
        with sending(engine, state, Clock()) as sender:
            for batch in send_all(engine, campaign_id, sender):
                os.write(1, f"{name} {campaign_id} {batch}\n".encode())
    engine.dispose()


def main():
    mode, url, state = sys.argv[1:4]
    if mode == "race":
        context = get_context("fork")
        barrier = context.Barrier(2)
        arguments = (barrier, url, Path(state), int(sys.argv[4]))
        children = [context.Process(target=race, args=(name, *arguments)) for name in "ab"]
        for child in children:
            child.start()
        for child in children:
            child.join()
        sys.exit(any(child.exitcode for child in children))
    engine = connect(url)
    with sending(engine, Path(state), Clock()) as sender:
        _, claimed = claim(engine, 1, sender)
        print(claimed.batch, flush=True)
        sys.stdin.read()


main()
