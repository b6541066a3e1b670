"""A database of the first release, with rows in every table, opens with nothing lost."""

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import MetaData, insert, select, text
from sqlalchemy.exc import IntegrityError

from newsletter.domain.campaign import BatchState, CampaignState
from newsletter.store import migrations, schema
from newsletter.store.engine import connect, open_store, reading, writing

MOMENT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ATTEMPT = "a" * 32
ROWS = {
    "workspace": [{"id": 1, "pepper": b"old pepper", "created_at": MOMENT}],
    "subscriber": [
        {
            "id": number,
            "address": f"reader{number}@example.com",
            "canonical": f"reader{number}@example.com",
            "digest": f"{number:032}",
            "attributes": {"first_name": "Ida"},
            "created_at": MOMENT,
            "updated_at": MOMENT,
        }
        for number in (1, 2, 3)
    ],
    "subscription": [
        {
            "id": number,
            "subscriber_id": number,
            "list_key": "weekly",
            "status": "subscribed",
            "consent_source": "form",
            "subscribed_at": MOMENT,
        }
        for number in (1, 2, 3)
    ],
    "suppression": [{"digest": "f" * 32, "reason": "bounced", "at": MOMENT}],
    "campaign": [
        {
            "id": 1,
            "issue": "2026-11-20",
            "list_key": "weekly",
            "segment": "",
            "occurrence": "",
            "state": "unsettled",
            "envelope": {"list_id": "<weekly.example.com>"},
            "digest": "d" * 64,
            "candidates": 3,
            "frozen_at": MOMENT,
        }
    ],
    "rendition": [
        {
            "campaign_id": 1,
            "version": "all",
            "subject": "Gold",
            "preheader": "",
            "html": "<p>Gold</p>",
            "text": "Gold",
            "tokens": [],
        }
    ],
    "batch": [
        {
            "id": 1,
            "campaign_id": 1,
            "sequence": 0,
            "version": "all",
            "state": "unknown",
            "attempt_id": ATTEMPT,
        }
    ],
    "attempt": [{"id": ATTEMPT, "batch_id": 1, "recipients": 2, "created_at": MOMENT}],
    "delivery": [
        {
            "id": number,
            "campaign_id": 1,
            "batch_id": 1,
            "subscriber_id": number,
            "subscription_id": number,
            "address": f"reader{number}@example.com",
            "canonical": f"reader{number}@example.com",
            "digest": f"{number:032}",
            "fields": {"first_name": "Ida"},
            "ending": ending,
        }
        for number, ending in ((1, None), (2, "suppressed"))
    ],
    "exclusion": [{"campaign_id": 1, "subscriber_id": 3, "reason": "unsubscribed"}],
    "event": [
        {
            "key": "k",
            "kind": "processed",
            "at": MOMENT,
            "received_at": MOMENT,
            "delivery_id": 1,
            "reason": "",
        }
    ],
    "transition": [
        {
            "id": 1,
            "at": MOMENT,
            "actor": "ada",
            "campaign_id": 1,
            "before": "sending",
            "after": "unsettled",
        }
    ],
}


@pytest.fixture
def old(empty_url):
    """The first release's tables, filled; what each row holds, by table."""
    engine = connect(empty_url)
    with writing(engine) as connection:
        command.upgrade(migrations.alembic_config(connection), "0001")
        tables = MetaData()
        tables.reflect(connection)
        for name, rows in ROWS.items():
            connection.execute(insert(tables.tables[name]), rows)
        held = {name: _held(connection, tables.tables[name]) for name in ROWS}
    engine.dispose()
    assert set(tables.tables) == {*ROWS, "alembic_version"}
    return held


def _held(connection, table):
    """Each row of a table, as column → value."""
    return sorted((dict(row) for row in connection.execute(select(table)).mappings()), key=repr)


@pytest.fixture
def upgraded(old, empty_url, clock, randomness):
    engine = open_store(empty_url, clock=clock, randomness=randomness)
    yield engine
    engine.dispose()


def test_nothing_is_lost(old, upgraded):
    tables = MetaData()
    with reading(upgraded) as connection:
        tables.reflect(connection)
        for name, rows in old.items():
            columns = [tables.tables[name].c[column] for column in rows[0]]
            found = connection.execute(select(*columns)).mappings()
            assert sorted((dict(row) for row in found), key=repr) == rows, name
        assert connection.execute(select(schema.batch.c.domain)).scalar_one() == ""
        assert connection.execute(select(schema.workspace.c.generation)).scalar_one() == 0


def test_what_refers_to_what_is_enforced_afterwards(upgraded):
    if upgraded.dialect.name == "sqlite":
        with reading(upgraded) as connection:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    orphans = (
        insert(schema.batch).values(campaign_id=9, sequence=0, version="all", state="ready"),
        insert(schema.attempt).values(id="b" * 32, batch_id=9, recipients=1, created_at=MOMENT),
        insert(schema.transition).values(
            campaign_id=9, at=MOMENT, actor="ada", before="", after="frozen"
        ),
        schema.delivery.update().values(batch_id=9),
        schema.campaign.delete(),
    )
    for orphan in orphans:
        with pytest.raises(IntegrityError), writing(upgraded) as connection:
            connection.execute(orphan)


def test_new_states_are_allowed_and_no_others(upgraded):
    states = [(schema.campaign, CampaignState.LOCKED), (schema.batch, BatchState.CANCELLING)]
    for table, state in states:
        with writing(upgraded) as connection:
            connection.execute(table.update().values(state=state))
        with pytest.raises(IntegrityError), writing(upgraded) as connection:
            connection.execute(table.update().values(state="lost"))
