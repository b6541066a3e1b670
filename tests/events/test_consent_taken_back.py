"""Who takes consent back, or is erased, leaves nothing of what they opened; also where an open of
theirs is being taken in meanwhile.
"""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from newsletter.domain.address import Address
from newsletter.domain.campaign import Step
from newsletter.domain.consent import Proof
from newsletter.domain.event import EventKind
from newsletter.domain.visit import Sign
from newsletter.events.ingest import take_in
from newsletter.store import preferences, schema
from newsletter.store.engine import reading, writing
from newsletter.store.erasure import erase

ADA = Address("reader1@example.com", "reader1@example.com")


@pytest.fixture
def reader(engine, mailed):
    """The subscription of a reader who agreed to be counted, and was mailed."""
    mailed(engine, 1)
    with writing(engine) as connection:
        connection.execute(update(schema.subscriber).values(tracking=True))
        return connection.execute(select(schema.subscription.c.id)).scalar_one()


def _take_back(engine, subscription, clock):
    with writing(engine) as connection:
        person, before = preferences.find(connection, subscription, changing=True)
        after = replace(before, tracking=False)
        now = clock.now()
        preferences.change(connection, person, before, after, at=now, proof=Proof("page"))


def test_an_open_that_is_being_taken_in_is_forgotten_too(engine, reader, told, clock):
    opened = told(EventKind.OPENED, minutes=30, signs=Sign.BROWSER.value)
    thread = threading.Thread(target=_take_back, args=(engine, reader, clock))
    with writing(engine) as connection:
        take_in(connection, [opened], at=clock.now(), soft_bounces=5)
        thread.start()
        thread.join(0.3)  # it waits for us; had it not begun yet, it would find the open anyway
    thread.join()
    with reading(engine) as connection:
        table, mail = schema.event, schema.delivery
        kept = connection.execute(select(*table.c["delivery_id", "url", "signs", "verdict"])).all()
        moments = connection.execute(select(*mail.c["opened_at", "human_opened_at"])).one()
    assert kept == [(None, None, None, None)]
    assert moments == (None, None)


def test_a_later_open_is_counted_without_a_person(engine, reader, told, clock):
    _take_back(engine, reader, clock)
    with writing(engine) as connection:
        take_in(connection, [told(EventKind.OPENED, minutes=40)], at=clock.now(), soft_bounces=5)
    with reading(engine) as connection:
        assert connection.execute(select(schema.event.c.delivery_id)).scalars().all() == [None]
        assert connection.execute(select(schema.delivery.c.opened_at)).scalar_one() is None


def test_an_erasure_leaves_nothing_of_what_somebody_opened_but_the_sums(
    engine, reader, told, clock
):
    opened = told(EventKind.OPENED, minutes=30, signs=Sign.BROWSER.value)
    with writing(engine) as connection:
        take_in(connection, [opened], at=clock.now(), soft_bounces=5)
    counted = select(schema.tally.c["measure", "subject", "count"]).order_by(schema.tally.c.measure)
    with reading(engine) as connection:
        before = connection.execute(counted).all()
    with writing(engine) as connection:
        erased = erase(connection, ADA, Step(clock.now(), "Bea"))
    assert erased.events == 1
    with reading(engine) as connection:
        assert connection.execute(select(schema.event.c.delivery_id)).scalars().all() == [None]
        moments = select(*schema.delivery.c["opened_at", "human_opened_at"])
        assert connection.execute(moments).one() == (None, None)
        assert connection.execute(counted).all() == before
        assert ("opened", "human", 1) in before
