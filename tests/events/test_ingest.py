"""Events come back repeated, shuffled, late and foreign; the result is always the same."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from newsletter.domain.campaign import BatchState, CampaignState, DeliveryState
from newsletter.domain.event import Event, EventKind, Standing
from newsletter.events.ingest import ingest
from newsletter.store import accounting, schema
from newsletter.store.engine import reading, writing
from newsletter.store.events import MOMENTS

PEOPLE = 4


@pytest.fixture
def deliveries(engine, mailed):
    """Four submitted deliveries in one batch."""
    mailed(engine, PEOPLE)


@pytest.fixture
def doubt(engine, mailed):
    """The same, but the provider's answer was lost."""
    mailed(engine, PEOPLE, state="unsettled", batch="unknown")


@pytest.fixture
def story(told):
    return (
        told(EventKind.PROCESSED, minutes=1),
        told(EventKind.DEFERRED, minutes=2),
        told(EventKind.DELIVERED, minutes=3),
        told(EventKind.BOUNCED, minutes=8),
        told(EventKind.OPENED, minutes=5),
        told(EventKind.OPENED, minutes=4),
        told(EventKind.CLICKED, minutes=5),
        told(EventKind.UNSUBSCRIBED, minutes=7),
        told(EventKind.COMPLAINED, minutes=6),
    )


def forget(engine):
    """As if nothing had been reported."""
    with writing(engine) as connection:
        for table in (schema.event, schema.suppression):
            connection.execute(delete(table))
        blank = {name: getattr(Standing(), name) for name in Standing.__slots__}
        connection.execute(update(schema.delivery).values(blank))
        connection.execute(
            update(schema.subscription).values(
                status="subscribed", unsubscribed_at=None, resubscribed_at=None
            )
        )


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(seed=st.integers(0, 2**32))
def test_46_copies_in_any_order_over_many_posts_end_as_one(
    engine, deliveries, clock, books, story, seed
):
    forget(engine)
    ingest(engine, story, clock=clock)
    once = books.all()
    forget(engine)
    chance = random.Random(seed)
    often = [event for event in story for _ in range(46)]
    chance.shuffle(often)
    while often:
        size = chance.randrange(1, 150)
        post, often = often[:size], often[size:]
        ingest(engine, post, clock=clock)
    assert books.all() == once
    assert len(books.events()) == len(story)


def test_repeats_are_counted_and_change_nothing(engine, deliveries, clock, books, story):
    first = ingest(engine, story, clock=clock)
    before = books.all()
    for _ in range(45):
        again = ingest(engine, story, clock=clock)
        assert (again.new, again.repeated, again.suppressed) == (0, len(story), 0)
    assert first.new == len(story)
    assert books.all() == before


def test_each_kind_leaves_its_earliest_moment(engine, deliveries, clock, books, told):
    for kind in MOMENTS:
        ingest(engine, [told(kind, minutes=4), told(kind, minutes=2)], clock=clock)
        ingest(engine, [told(kind, minutes=3)], clock=clock)
    person, other, *_ = books.people()
    assert {getattr(person, column.name) for column in MOMENTS.values()} == {
        told(EventKind.OPENED, minutes=2).at
    }
    assert other.opened_at is None


def test_a_late_processed_does_not_undo_a_delivery(engine, deliveries, clock, books, told):
    ingest(engine, [told(EventKind.DELIVERED, minutes=1)], clock=clock)
    ingest(engine, [told(EventKind.PROCESSED, minutes=9)], clock=clock)
    assert books.people()[0].arrival == 3


def test_one_event_proves_the_batch_and_ends_the_campaign(engine, doubt, clock, told, attempt):
    ingest(engine, [told(EventKind.PROCESSED, attempt=attempt)], clock=clock)
    with reading(engine) as connection:
        states = accounting.account(connection, 1).states
        campaign = connection.execute(select(schema.campaign.c.state)).scalar_one()
    assert states == {DeliveryState.SUBMITTED: PEOPLE}
    assert campaign == CampaignState.DONE


def test_a_repeated_event_proves_what_came_into_doubt_after_it(
    engine, deliveries, clock, told, attempt
):
    proof = told(EventKind.PROCESSED, attempt=attempt)
    ingest(engine, [proof], clock=clock)
    with writing(engine) as connection:
        connection.execute(update(schema.batch).values(state=BatchState.UNKNOWN))
        connection.execute(update(schema.campaign).values(state=CampaignState.UNSETTLED))
    assert ingest(engine, [proof], clock=clock).repeated == 1
    with reading(engine) as connection:
        assert accounting.account(connection, 1).states == {DeliveryState.SUBMITTED: PEOPLE}


def test_an_event_of_another_attempt_proves_nothing(engine, doubt, clock, told):
    ingest(engine, [told(EventKind.PROCESSED, attempt="b" * 32)], clock=clock)
    with reading(engine) as connection:
        states = accounting.account(connection, 1).states
    assert states == {DeliveryState.UNKNOWN: PEOPLE}


def test_foreign_events_are_counted_and_ignored(engine, deliveries, clock, books, told):
    before = books.all()
    foreign = [
        told(EventKind.COMPLAINED, address="somebody@example.org"),
        told(EventKind.COMPLAINED, address=""),
        told(EventKind.COMPLAINED, person=99),
        told(EventKind.BOUNCED, permanent=True, delivery=99),
        Event("k", EventKind.COMPLAINED, told(EventKind.OPENED).at, "reader1@example.com"),
    ]
    taken = ingest(engine, foreign, clock=clock)
    assert (taken.new, taken.foreign, taken.suppressed) == (0, len(foreign), 0)
    assert books.all() == before
    assert books.events() == []


def test_events_are_kept_as_they_came(engine, deliveries, clock, books, story):
    ingest(engine, story, clock=clock)
    assert [(row.kind, row.at, row.delivery_id) for row in books.events()] == sorted(
        (one.kind.value, one.at, one.delivery) for one in story
    )
    assert {row.received_at for row in books.events()} == {clock.now()}
