"""People and a frozen campaign, on either database, without a sender or a provider."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select

from newsletter.domain.address import address_digest
from newsletter.domain.campaign import Campaign, CampaignState, Envelope, Step
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Rendition
from newsletter.store import accounting, campaigns, freezing, schema
from newsletter.store.engine import open_store, pepper, reading, writing

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def rendition(version="all"):
    return Rendition(version, "Gold", "and stones", f"<p>{version}</p>", version, ())


def wanted(issue="2026-11-27", list_key="weekly"):
    return Campaign(
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


def enlist(engine, count, *, start=1, domain="example.com", list_key="weekly", **attributes):
    """Subscribe so many people: reader1@example.com and so on; their row ids are their numbers."""
    numbers = range(start, start + count)
    with writing(engine) as connection:
        secret = pepper(connection)
        addresses = [f"reader{number}@{domain}" for number in numbers]
        connection.execute(
            insert(schema.subscriber),
            [
                {
                    "id": number,
                    "address": address,
                    "canonical": address,
                    "digest": address_digest(secret, address),
                    "attributes": attributes,
                    "created_at": NOW,
                    "updated_at": NOW,
                }
                for number, address in zip(numbers, addresses, strict=True)
            ],
        )
        connection.execute(
            insert(schema.subscription),
            [
                {
                    "subscriber_id": number,
                    "list_key": list_key,
                    "status": "subscribed",
                    "consent_source": "test",
                    "subscribed_at": NOW,
                }
                for number in numbers
            ],
        )


def fix(engine, campaign=None, *, size=5, renditions=None, rule=None, **options):
    """Freeze a campaign; returns it."""
    with writing(engine) as connection:
        campaign_id = freezing.freeze(
            connection,
            campaign or wanted(),
            occurrence="",
            renditions=renditions or [rendition()],
            rule=rule,
            largest_batch=size,
            actor="test",
            **options,
        )
        return campaigns.get(connection, campaign_id)


@dataclass
class Ledger:
    """What the database says of a campaign."""

    engine: object

    def states(self, campaign):
        with reading(self.engine) as connection:
            sums = accounting.account(connection, campaign.id)
        assert sums.balances
        return {state.value: count for state, count in sums.states.items()}

    def campaign(self, campaign):
        with reading(self.engine) as connection:
            return campaigns.get(connection, campaign.id)

    def batches(self, campaign):
        """(sequence, state, version, domain, people) of each batch, in their order."""
        table, people = schema.batch, schema.delivery
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(
                    table.c.sequence,
                    table.c.state,
                    table.c.version,
                    table.c.domain,
                    func.count(people.c.id),
                )
                .outerjoin_from(table, people, people.c.batch_id == table.c.id)
                .where(table.c.campaign_id == campaign.id)
                .group_by(table.c.id)
                .order_by(table.c.sequence)
            )
            return [tuple(row) for row in rows]

    def log(self, campaign):
        """(actor, before, after, reason) of each move, in their order."""
        log = schema.transition
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(log.c.actor, log.c.before, log.c.after, log.c.reason)
                .where(log.c.campaign_id == campaign.id)
                .order_by(log.c.id)
            )
            return [tuple(row) for row in rows]

    def everything(self):
        """Every row of every table that a send changes."""
        with reading(self.engine) as connection:
            return {
                table.name: sorted(map(str, connection.execute(select(table)).all()))
                for table in (schema.campaign, schema.batch, schema.attempt, schema.transition)
            }


@pytest.fixture
def people():
    return enlist


@pytest.fixture
def freeze():
    return fix


@pytest.fixture
def rendered():
    return rendition


@pytest.fixture
def issue():
    return wanted


@pytest.fixture
def ledger(engine):
    return Ledger(engine)


@pytest.fixture
def step():
    return lambda actor="ada", reason="": Step(NOW, actor, reason)


@pytest.fixture
def file(tmp_path, sqlite_template, clock, randomness):
    """A SQLite store, where the file itself matters."""
    path = tmp_path / "store" / "newsletter.db"
    path.parent.mkdir()
    shutil.copy(sqlite_template, path)
    engine = open_store(f"sqlite:///{path}", clock=clock, randomness=randomness)
    yield engine
    engine.dispose()
