"""Events come back repeated, shuffled, late and foreign; the result is always the same."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import insert, select

from newsletter.domain.address import address_digest
from newsletter.domain.campaign import BatchState, CampaignState, DeliveryState
from newsletter.domain.event import Event, EventKind
from newsletter.events.ingest import ingest
from newsletter.store import accounting, schema
from newsletter.store.engine import pepper, reading, writing

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
PEOPLE = 4


@pytest.fixture
def deliveries(engine):
    """Four submitted deliveries in one batch whose answer was lost."""
    with writing(engine) as connection:
        secret = pepper(connection)
        connection.execute(
            insert(schema.campaign).values(
                id=1, issue="x", list_key="weekly", segment="", occurrence="",
                state=CampaignState.UNSETTLED, digest="", candidates=PEOPLE, frozen_at=AT,
                envelope={
                    "sender": {"email": "d@example.com", "name": ""},
                    "reply_to": None, "list_id": "", "base_url": "",
                },
            )
        )  # fmt: skip
        connection.execute(
            insert(schema.batch).values(
                id=1, campaign_id=1, sequence=0, version="all", state=BatchState.UNKNOWN,
                attempt_id="a" * 32,
            )
        )  # fmt: skip
        connection.execute(
            insert(schema.attempt).values(id="a" * 32, batch_id=1, recipients=PEOPLE, created_at=AT)
        )
        for number in range(1, PEOPLE + 1):
            address = f"reader{number}@example.com"
            connection.execute(
                insert(schema.subscriber).values(
                    id=number, address=address, canonical=address, attributes={},
                    digest=address_digest(secret, address), created_at=AT, updated_at=AT,
                )
            )  # fmt: skip
            connection.execute(
                insert(schema.subscription).values(
                    id=number, subscriber_id=number, list_key="weekly", status="subscribed",
                    consent_source="test", subscribed_at=AT,
                )
            )  # fmt: skip
            connection.execute(
                insert(schema.delivery).values(
                    id=number, campaign_id=1, batch_id=1, subscriber_id=number,
                    subscription_id=number, address=address, canonical=address,
                    digest=address_digest(secret, address),
                )
            )  # fmt: skip


def event(kind, *, person=1, minutes=0, attempt=None, address=None, permanent=False, key=None):
    return Event(
        key=key or f"{kind}-{person}-{minutes}",
        kind=kind,
        at=AT + timedelta(minutes=minutes),
        address=address or f"Reader{person}@Example.com",
        delivery=person,
        attempt=attempt,
        permanent=permanent,
    )


def snapshot(engine):
    table = schema.delivery
    with reading(engine) as connection:
        people = connection.execute(select(table).order_by(table.c.id)).all()
        gone = connection.execute(
            select(schema.suppression.c.digest, schema.suppression.c.reason).order_by(
                schema.suppression.c.digest
            )
        ).all()
        left = connection.execute(
            select(schema.subscription.c.id).where(schema.subscription.c.status == "unsubscribed")
        ).all()
    return people, gone, left


STORY = (
    event(EventKind.PROCESSED, minutes=1),
    event(EventKind.DEFERRED, minutes=2),
    event(EventKind.DELIVERED, minutes=3),
    event(EventKind.OPENED, minutes=5),
    event(EventKind.OPENED, minutes=4),
    event(EventKind.COMPLAINED, minutes=6),
)


def test_order_and_repeats_cannot_matter(engine, deliveries, clock):
    results = []
    with writing(engine) as connection:
        digests = connection.execute(select(schema.event.c.key)).all()
    assert digests == []
    for order in list(permutations(STORY))[::90]:
        for one in order:
            ingest(engine, [one] * 3, clock=clock)
        ingest(engine, order * 4, clock=clock)
        results.append(snapshot(engine))
        with writing(engine) as connection:
            connection.execute(schema.event.delete())
            connection.execute(schema.suppression.delete())
            connection.execute(
                schema.delivery.update().values(
                    arrival=0, delivered_at=None, opened_at=None, complained_at=None
                )
            )
    assert all(result == results[0] for result in results)
    person = results[0][0][0]
    assert person.arrival == 3
    assert person.opened_at == AT + timedelta(minutes=4)


def test_repeats_are_counted_and_change_nothing(engine, deliveries, clock):
    first = ingest(engine, STORY, clock=clock)
    before = snapshot(engine)
    for _ in range(46):
        again = ingest(engine, STORY, clock=clock)
        assert (again.new, again.repeated, again.suppressed) == (0, len(STORY), 0)
    assert first.new == len(STORY)
    assert snapshot(engine) == before


def test_a_late_processed_does_not_undo_a_delivery(engine, deliveries, clock):
    ingest(engine, [event(EventKind.DELIVERED, minutes=1)], clock=clock)
    ingest(engine, [event(EventKind.PROCESSED, minutes=9)], clock=clock)
    assert snapshot(engine)[0][0].arrival == 3


def test_one_event_proves_the_batch_and_ends_the_campaign(engine, deliveries, clock):
    ingest(engine, [event(EventKind.PROCESSED, attempt="a" * 32)], clock=clock)
    with reading(engine) as connection:
        states = accounting.account(connection, 1).states
        campaign = connection.execute(select(schema.campaign.c.state)).scalar_one()
    assert states == {DeliveryState.SUBMITTED: PEOPLE}
    assert campaign == CampaignState.DONE


def test_an_event_of_another_attempt_proves_nothing(engine, deliveries, clock):
    ingest(engine, [event(EventKind.PROCESSED, attempt="b" * 32)], clock=clock)
    with reading(engine) as connection:
        states = accounting.account(connection, 1).states
    assert states == {DeliveryState.UNKNOWN: PEOPLE}


def test_foreign_events_are_counted_and_ignored(engine, deliveries, clock):
    before = snapshot(engine)
    taken = ingest(
        engine,
        [
            event(EventKind.COMPLAINED, address="somebody@example.org"),
            event(EventKind.COMPLAINED, person=99),
            Event(key="k", kind=EventKind.BOUNCED, at=AT, address="reader1@example.com"),
        ],
        clock=clock,
    )
    assert (taken.new, taken.foreign, taken.suppressed) == (0, 3, 0)
    assert snapshot(engine) == before


def test_only_a_hard_bounce_or_complaint_suppresses(engine, deliveries, clock):
    taken = ingest(
        engine,
        [
            event(EventKind.BOUNCED, person=1),
            event(EventKind.BOUNCED, person=2, permanent=True),
            event(EventKind.COMPLAINED, person=3),
            event(EventKind.UNSUBSCRIBED, person=4),
        ],
        clock=clock,
    )
    people, gone, left = snapshot(engine)
    assert taken.suppressed == 3
    assert {reason for _, reason in gone} == {"bounced", "complained"}
    assert {digest for digest, _ in gone} == {people[1].digest, people[2].digest}
    assert left == [(4,)]


def test_events_are_kept_as_they_came(engine, deliveries, clock):
    ingest(engine, STORY, clock=clock)
    with reading(engine) as connection:
        rows = connection.execute(select(schema.event.c.kind, schema.event.c.at)).all()
    assert sorted(json.dumps([kind, at.isoformat()]) for kind, at in rows) == sorted(
        json.dumps([one.kind, one.at.isoformat()]) for one in STORY
    )
