"""Who is not mailed any more because of what came back, and that nothing brings them back (F47)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import delete

from newsletter.domain.address import Address
from newsletter.domain.audience import Entry, ListStanding
from newsletter.domain.campaign import Step
from newsletter.domain.event import Event, EventKind
from newsletter.events.ingest import LATE_BOUNCE, ingest
from newsletter.store import audience, campaigns, claims, schema
from newsletter.store.admission import admitting
from newsletter.store.engine import reading, writing


@pytest.fixture
def deliveries(engine, mailed):
    mailed(engine, 4)


def test_a_hard_bounce_and_a_complaint_suppress_and_a_block_does_not(
    engine, deliveries, clock, books, told
):
    taken = ingest(
        engine,
        [
            told(EventKind.BOUNCED, person=1),
            told(EventKind.BOUNCED, person=2, permanent=True),
            told(EventKind.COMPLAINED, person=3),
            told(EventKind.UNSUBSCRIBED, person=4),
        ],
        clock=clock,
    )
    assert taken.suppressed == 3
    assert books.suppressed() == {2: "bounced", 3: "complained"}
    assert books.left() == [4]


def test_a_drop_means_what_the_address_did_before(engine, deliveries, clock, books, told):
    dropped = EventKind.DROPPED
    ingest(
        engine,
        [
            told(dropped, person=1, earlier=EventKind.BOUNCED),
            told(dropped, person=2, earlier=EventKind.COMPLAINED),
            told(dropped, person=3, earlier=EventKind.UNSUBSCRIBED),
            told(dropped, person=4),
        ],
        clock=clock,
    )
    assert books.suppressed() == {1: "bounced", 2: "complained"}
    assert books.left() == [3]
    # It is no bounce and no complaint of this issue.
    assert {(row.arrival, row.bounced_at, row.complained_at) for row in books.people()} == {
        (4, None, None)
    }


def test_of_leaving_and_coming_back_the_later_one_counts(engine, deliveries, clock, books, told):
    left, back = EventKind.UNSUBSCRIBED, EventKind.RESUBSCRIBED
    words = [told(left, minutes=1), told(back, minutes=3), told(left, minutes=5)]
    for count, expected in ((1, [1]), (2, []), (3, [1])):
        for order in permutations(words[:count]):
            with writing(engine) as connection:
                connection.execute(delete(schema.event))
                connection.execute(
                    schema.subscription.update().values(
                        status="subscribed", unsubscribed_at=None, resubscribed_at=None
                    )
                )
            for one in order:
                ingest(engine, [one, one], clock=clock)
            assert books.left() == expected, order


def test_coming_back_does_not_lift_a_suppression(engine, deliveries, clock, books, told):
    ingest(engine, [told(EventKind.COMPLAINED, minutes=1)], clock=clock)
    ingest(engine, [told(EventKind.RESUBSCRIBED, minutes=2)], clock=clock)
    assert books.suppressed() == {1: "complained"}


@pytest.fixture
def five_issues(engine, mailed, clock):
    """Five campaigns, a week apart, to the same two people."""
    for number in range(1, 6):
        mailed(engine, 2, campaign=number)
        clock.advance(7 * 86400)


def bounces(told, *campaigns, person=1):
    return [told(EventKind.BOUNCED, person=person, campaign=number) for number in campaigns]


def test_soft_bounces_in_a_row_suppress_in_whatever_order_they_are_told(
    engine, five_issues, clock, books, told
):
    for order in permutations((2, 3, 4)):
        with writing(engine) as connection:
            connection.execute(delete(schema.event))
            connection.execute(delete(schema.suppression))
            connection.execute(schema.delivery.update().values(arrival=0, bounced_at=None))
        first, second, third = bounces(told, *order)
        ingest(engine, [first, first, second], clock=clock, soft_bounces=3)
        assert books.suppressed() == {}
        ingest(engine, [third], clock=clock, soft_bounces=3)
        assert books.suppressed() == {1: "soft bounces"}


def test_an_issue_that_arrived_between_ends_the_row(engine, five_issues, clock, books, told):
    ingest(engine, bounces(told, 1, 2, 4, 5), clock=clock, soft_bounces=3)
    assert books.suppressed() == {}
    ingest(engine, bounces(told, 3), clock=clock, soft_bounces=3)
    assert books.suppressed() == {1: "soft bounces"}


def test_an_issue_that_never_left_does_not_end_the_row(engine, five_issues, clock, books, told):
    with writing(engine) as connection:
        connection.execute(
            schema.delivery.update()
            .where(schema.delivery.c.campaign_id == 3)
            .values(ending="suppressed")
        )
    ingest(engine, bounces(told, 1, 2, 4), clock=clock, soft_bounces=3)
    assert books.suppressed() == {1: "soft bounces"}


def test_many_soft_bounces_of_one_issue_are_one(engine, five_issues, clock, books, told):
    some = [told(EventKind.BOUNCED, minutes=number) for number in range(9)]
    ingest(engine, some, clock=clock, soft_bounces=2)
    assert books.suppressed() == {}


def late(at, address="Reader1@Example.com", *, permanent=True):
    return Event("late", EventKind.BOUNCED, at, address, permanent=permanent)


@pytest.mark.parametrize(
    ("after", "suppressed"),
    [
        (timedelta(hours=1), {1: "bounced"}),
        (LATE_BOUNCE, {1: "bounced"}),
        (LATE_BOUNCE + timedelta(minutes=1), {}),
        (-timedelta(hours=1), {}),
    ],
)
def test_a_bounce_without_our_ids_counts_where_we_mailed_the_address_lately(
    engine, deliveries, clock, books, after, suppressed
):
    taken = ingest(engine, [late(clock.now() + after)], clock=clock)
    assert books.suppressed() == suppressed
    assert taken.foreign == 1 - len(suppressed)


def test_a_bounce_without_our_ids_of_a_stranger_is_foreign(engine, deliveries, clock, books):
    event = late(clock.now() + timedelta(hours=1), "somebody@example.org")
    assert ingest(engine, [event], clock=clock).foreign == 1
    assert books.suppressed() == {}


def test_a_bounce_without_our_ids_is_of_the_newest_mail(engine, mailed, clock, books):
    mailed(engine, 1)
    clock.advance(86400)
    mailed(engine, 1, campaign=2)
    ingest(engine, [late(clock.now() + timedelta(hours=1), permanent=False)], clock=clock)
    assert [row.bounced_at is not None for row in books.people()] == [False, True]


def test_who_bounced_hard_is_left_out_of_a_later_batch_of_the_same_campaign(
    engine, mailed, clock, told
):
    """F48, where the bounce is of an earlier mail to the address."""
    mailed(engine, 2)
    mailed(engine, 2, campaign=2, state="sending", batch="ready")
    ingest(engine, [told(EventKind.BOUNCED, person=2, permanent=True)], clock=clock)
    with writing(engine) as connection:
        campaign = campaigns.get(connection, 2)
        step = Step(clock.now(), "test")
        claim = claims.claim(connection, campaign, step, attempt="b" * 32, owner=1)
    assert [one.id for one in claim.deliveries] == [1001]


def imported(engine, clock, address="reader1@example.com"):
    with (
        writing(engine) as connection,
        admitting(connection, consent_source="again.csv", at=clock.now()) as admit,
    ):
        admit([Entry(Address(address, address), {}, (ListStanding("weekly"),))])


@pytest.mark.parametrize("order", ["import first", "event first", "at once"])
def test_a_suppression_wins_over_an_import_in_every_order(
    engine, deliveries, clock, books, told, order
):
    jobs = [
        lambda: imported(engine, clock),
        lambda: ingest(engine, [told(EventKind.COMPLAINED)], clock=clock),
    ]
    if order == "at once":
        barrier = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            running = [pool.submit(lambda job=job: (barrier.wait(60), job())) for job in jobs]
            for one in running:
                one.result()
    else:
        for job in jobs if order == "import first" else reversed(jobs):
            job()
    imported(engine, clock)
    assert books.suppressed() == {1: "complained"}
    with reading(engine) as connection:
        assert audience.count_people(connection, now=clock.now(), list_key="weekly") == 3
