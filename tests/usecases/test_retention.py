"""What privacy.* keeps no longer goes, a little at a time, and what reports need stays."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from newsletter.errors import StoreError
from newsletter.store import engine as store_engine
from newsletter.store import schema
from newsletter.store.engine import reading, writing
from newsletter.usecases import retention
from newsletter.usecases.retention import Tidied, tidy, tidy_daily

NOTHING = Tidied(0, 0, 0, 0, 0)


@pytest.fixture
def workspace(workspace, mailed):
    mailed(workspace.engine, 3)
    return workspace


@pytest.fixture
def keep(workspace, clock):
    """Write down something of each kind, so many days old."""

    def write(days, number=1):
        then = clock.now() - timedelta(days=days)
        with writing(workspace.engine) as connection:
            for name, row in {
                "event": {
                    "key": f"k{number}",
                    "kind": "opened",
                    "at": then,
                    "received_at": then,
                    "delivery_id": 1,
                    "reason": "",
                },
                "consent": {
                    "digest": f"{number:032}",
                    "list_key": "weekly",
                    "kind": "joined",
                    "at": then,
                    "source": "form",
                    "network": "192.0.2.1",
                },
                "dead_letter": {
                    "received_at": then,
                    "digest": f"d{number}",
                    "reason": "odd",
                    "body": b"[]",
                },
                "signup": {
                    "address": f"r{number}@example.com",
                    "canonical": f"r{number}@example.com",
                    "lists": [],
                    "attributes": {},
                    "source": "form",
                    "asked_at": then,
                },
                "allowance": {"name": f"a{number}", "since": then, "used": 1},
            }.items():
                connection.execute(insert(schema.metadata.tables[name]).values(row))  # fmt: skip

    return write


def left(workspace):
    with reading(workspace.engine) as connection:
        counts = {
            name: connection.execute(
                select(func.count()).select_from(schema.metadata.tables[name])
            ).scalar_one()
            for name in ("event", "dead_letter", "signup", "allowance", "consent")
        }
        networks = select(func.count(schema.consent.c.network))
        return counts | {"networks": connection.execute(networks).scalar_one()}


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (0, NOTHING),
        (6, Tidied(0, 0, 0, 0, 1)),
        (8, Tidied(0, 0, 0, 1, 1)),
        (31, Tidied(0, 0, 1, 1, 1)),
        (399, Tidied(0, 0, 1, 1, 1)),
        (401, Tidied(1, 0, 1, 1, 1)),
        (1096, Tidied(1, 1, 1, 1, 1)),
    ],
)
def test_each_kind_is_kept_for_its_time_and_no_longer(workspace, keep, days, gone):
    keep(days)
    before = left(workspace)
    assert tidy(workspace, dry_run=True) == gone
    assert left(workspace) == before
    assert tidy(workspace) == gone
    assert left(workspace) == {
        "event": 1 - gone.events, "dead_letter": 1 - gone.dead_letters,
        "signup": 1 - gone.signups, "allowance": 1 - gone.allowances,
        "networks": 1 - gone.networks, "consent": 1,
    }  # fmt: skip
    assert tidy(workspace) == NOTHING


def test_the_settings_decide(open_workspace, workspace, keep):
    keep(2)
    short = open_workspace()
    privacy = short.settings.privacy.model_copy(update={"events": timedelta(days=1)})
    settings = short.settings.model_copy(update={"privacy": privacy})
    assert tidy(type(short)(short.root, settings, short.clock)).events == 1


def test_what_events_proved_stays_with_the_deliveries(workspace, keep, clock):
    keep(500)
    with writing(workspace.engine) as connection:
        table = schema.delivery
        connection.execute(
            table.update().where(table.c.id == 1).values(opened_at=clock.now(), arrival=3)
        )
    tidy(workspace)
    with reading(workspace.engine) as connection:
        row = connection.execute(select(schema.delivery).where(schema.delivery.c.id == 1)).one()
    assert (row.opened_at, row.arrival) == (clock.now(), 3)


def test_no_transaction_takes_more_than_a_slice(workspace, keep, monkeypatch):
    monkeypatch.setattr(retention, "SLICE", 10)
    for number in range(25):
        keep(2000, number)
    removed = []
    remove = retention.retention.remove
    monkeypatch.setattr(
        retention.retention,
        "remove",
        lambda connection, kept, keys: removed.append(len(keys)) or remove(connection, kept, keys),
    )
    assert tidy(workspace) == Tidied(25, 25, 25, 25, 25)
    assert removed == [10, 10, 5] * 3


def test_interrupted_it_goes_on_the_next_time(workspace, keep, monkeypatch):
    monkeypatch.setattr(retention, "SLICE", 10)
    for number in range(25):
        keep(2000, number)
    pauses = iter([None, OSError("stop")])

    class Stopping:
        def now(self):
            return workspace.clock.now()

        def sleep(self, seconds):
            if (error := next(pauses)) is not None:
                raise error

    with pytest.raises(OSError, match="stop"):
        tidy(type(workspace)(workspace.root, workspace.settings, Stopping()))
    assert left(workspace)["event"] == 5
    assert tidy(workspace).events == 5


def test_it_is_done_once_a_day_whoever_asks(workspace, open_workspace, keep, clock, caplog):
    caplog.set_level(logging.INFO)
    keep(2000)
    assert tidy_daily(workspace).events == 1
    other = open_workspace()
    assert tidy_daily(other) is None
    clock.advance(86_399)
    assert tidy_daily(other) is None
    clock.advance(1)
    assert tidy_daily(other) == Tidied(0, 0, 0, 0, 0)
    assert caplog.text.count("tidied: Tidied(events=1") == 1
    assert "@" not in caplog.text


def test_a_locked_database_is_told_in_a_sentence(workspace, monkeypatch):
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.05)
    fresh = type(workspace)(workspace.root, workspace.settings, workspace.clock)
    with writing(workspace.engine), pytest.raises(StoreError, match="in use"):
        tidy_daily(fresh)
    fresh.close()
