"""A frozen campaign on a real database, and a real provider over HTTP to send it with."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import event, func, insert, select

from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.address import address_digest
from newsletter.domain.campaign import DELIVERY_OF_BATCH, Campaign, CampaignState, Envelope
from newsletter.domain.event import Event, EventKind
from newsletter.domain.mailing import Mailbox, Receipt
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.domain.token import derive_key
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.sendgrid.transport import Timeouts
from newsletter.providers.simulator.server import Simulator
from newsletter.store import accounting, campaigns, freezing, schema
from newsletter.store.engine import pepper, reading, writing

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
KEY = derive_key(b"a secret of the workspace", "unsubscribe")
RENDITION = Rendition(
    version="all",
    subject="Gold",
    preheader="and stones",
    html="<p>Dear xq2name</p><a href='https://xq1.invalid/0'>leave</a>",
    text="leave: https://xq3.invalid/0",
    tokens=(
        Token("https://xq1.invalid/0", "unsubscribe_url", Part.HTML),
        Token("xq2name", "reader.first_name", Part.HTML, fallback="reader"),
        Token("https://xq3.invalid/0", "unsubscribe_url", Part.TEXT),
    ),
)


def _subscribe(engine, count, *, status="subscribed", start=1):
    with writing(engine) as connection:
        secret = pepper(connection)
        for number in range(start, start + count):
            address = f"reader{number}@example.com"
            connection.execute(
                insert(schema.subscriber).values(
                    id=number,
                    address=address,
                    canonical=address,
                    digest=address_digest(secret, address),
                    attributes={"first_name": f"R{number}"},
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
            connection.execute(
                insert(schema.subscription).values(
                    subscriber_id=number,
                    list_key="weekly",
                    status=status,
                    consent_source="test",
                    subscribed_at=NOW,
                )
            )


def _freeze(engine, *, size=5, issue="2026-11-27", rule=None, list_key="weekly", **options):
    wanted = Campaign(
        id=0,
        issue=issue,
        list_key=list_key,
        segment="",
        state=CampaignState.FROZEN,
        envelope=Envelope(
            Mailbox("desk@example.com", "Desk"), None, "<weekly.example.com>", "https://n.example"
        ),
        digest="d" * 64,
        frozen_at=NOW,
        send_at=None,
        reason="",
    )
    with writing(engine) as connection:
        campaign_id = freezing.freeze(
            connection,
            wanted,
            occurrence="",
            renditions=[RENDITION],
            rule=rule,
            largest_batch=size,
            actor="test",
            **options,
        )
        return campaigns.get(connection, campaign_id)


@pytest.fixture
def subscribe():
    return _subscribe


@pytest.fixture
def freeze():
    return _freeze


@pytest.fixture
def simulator(tmp_path, clock, randomness):
    with Simulator(tmp_path / "simulator", clock=clock, randomness=randomness) as running:
        yield running


@pytest.fixture
def sender(engine, clock, randomness, simulator, tmp_path):
    """A Dispatch over the simulator; `sent` lists what its progress heard."""
    provider = SendGridProvider(
        SecretStr("SG.test"),
        host=simulator.url,
        clock=clock,
        timeouts=Timeouts(connect=30.0, read=30.0),
    )
    yield Dispatch(
        engine=engine,
        state=tmp_path / "state",
        provider=provider,
        clock=clock,
        randomness=randomness,
        key=KEY,
        progress=lambda _: None,
    )
    provider.close()


class Door:
    """A provider in this process. `answers` are called in turn with a mailing before it is taken,
    and may raise instead; `taken` is the ledger of what was accepted.
    """

    name = "door"
    largest_batch = 1000

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []  # attempts
        self.taken = []  # (attempt, delivery, address)

    def submit(self, mailing):
        self.asked.append(mailing.attempt)
        if self.answers and (answer := self.answers.pop(0)) is not None:
            answer(mailing)
        self.take(mailing)
        return Receipt(reference=mailing.attempt, status=202)

    def take(self, mailing):
        self.taken += [(mailing.attempt, one.delivery, one.address) for one in mailing.recipients]

    def people(self):
        return sorted(address for _, _, address in self.taken)

    def event(self, place=0, kind=EventKind.PROCESSED, **facts):
        """What it tells of the delivery it took as number `place`."""
        attempt, delivery, address = self.taken[place]
        return Event(
            key=facts.pop("key", f"{kind}-{delivery}"),
            kind=kind,
            at=NOW,
            address=address,
            delivery=int(delivery),
            attempt=attempt,
            **facts,
        )


class Books:
    """What the database says of a campaign."""

    def __init__(self, engine):
        self.engine = engine

    def state(self, campaign):
        with reading(self.engine) as connection:
            return campaigns.get(connection, campaign.id).state

    def states(self, campaign):
        """How many deliveries stand where; the sums hold."""
        with reading(self.engine) as connection:
            sums = accounting.account(connection, campaign.id)
        assert sums.balances
        return {state.value: count for state, count in sums.states.items()}

    def arrived(self, campaign):
        """How many mails are known to have arrived."""
        people = schema.delivery.c
        query = select(func.count(people.delivered_at)).where(people.campaign_id == campaign.id)
        with reading(self.engine) as connection:
            return connection.execute(query).scalar_one()

    def agree_with(self, door, campaign):
        """Nobody was mailed twice; whom the books call submitted was mailed; whoever was mailed is
        submitted or in doubt.
        """
        people, batch = schema.delivery, schema.batch
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(people.c.address, people.c.ending, batch.c.state)
                .join_from(people, batch, people.c.batch_id == batch.c.id)
                .where(people.c.campaign_id == campaign.id)
            ).all()
        states = {person: ending or DELIVERY_OF_BATCH[state] for person, ending, state in rows}
        submitted = {address for address, state in states.items() if state == "submitted"}
        doubted = {address for address, state in states.items() if state == "unknown"}
        mailed = set(door.people())
        return len(door.taken) == len(mailed) and submitted <= mailed <= submitted | doubted

    def log_is_whole(self, campaign):
        """Each move of the campaign and of its batches begins where the one before ended."""
        log, batch = schema.transition, schema.batch
        with reading(self.engine) as connection:
            moves = connection.execute(
                select(log.c.batch_id, log.c.before, log.c.after)
                .where(log.c.campaign_id == campaign.id)
                .order_by(log.c.id)
            ).all()
            stands = connection.execute(
                select(batch.c.id, batch.c.state).where(batch.c.campaign_id == campaign.id)
            ).all()
        ends = {None: self.state(campaign)} | dict(stands)
        reached = dict.fromkeys(ends, "ready") | {None: ""}
        for place, before, after in moves:
            if reached[place] != before:
                return False
            reached[place] = after
        return reached == ends


@pytest.fixture
def new_door():
    return Door


@pytest.fixture
def books(engine):
    return Books(engine)


@pytest.fixture
def dispatch(engine, clock, randomness, tmp_path):
    """Makes a Dispatch to a door."""

    def make(door, **options):
        return Dispatch(
            **{"engine": engine, "clock": clock, "state": tmp_path / "state"} | options,
            provider=door,
            randomness=randomness,
            key=KEY,
            progress=lambda _: None,
        )

    return make


@pytest.fixture
def everybody():
    return lambda count: sorted(f"reader{number}@example.com" for number in range(1, count + 1))


MEETING = 0.5  # seconds


def _meet(barrier):
    """Wait for the others, but not for long: a lock of the database may keep them away."""
    with suppress(threading.BrokenBarrierError):
        barrier.wait(MEETING)


def _together(engine, *jobs):
    """Run jobs in threads of their own; no commit passes before all want to commit, or for a while
    (on SQLite a writer keeps the others out). Returns what each raised.
    """
    meeting = threading.Barrier(len(jobs))
    event.listen(engine, "commit", lambda _connection: _meet(meeting))
    with ThreadPoolExecutor(len(jobs)) as pool:
        running = [pool.submit(job) for job in jobs]
    return [job.exception() for job in running]


@pytest.fixture
def meet():
    return _meet


@pytest.fixture
def together():
    return _together
