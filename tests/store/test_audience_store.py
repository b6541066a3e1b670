from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from newsletter.audience.addresses import parse_address
from newsletter.domain.address import address_digest
from newsletter.domain.audience import (
    Admission,
    Entry,
    Field,
    ListSize,
    ListStanding,
    Suppression,
)
from newsletter.domain.segment import Comparison
from newsletter.store import audience, consent, people, schema
from newsletter.store.admission import admitting
from newsletter.store.engine import pepper, reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from newsletter.domain.segment import Value
    from newsletter.ports import Clock

    Admitter = Callable[..., Admission]

PRESS = Comparison("role", "=", "press")


def _entry(address: str, *lists: str, **attributes: Value) -> Entry:
    return Entry(parse_address(address), attributes, tuple(map(ListStanding, lists)))


@pytest.fixture
def admitted(engine: Engine, clock: Clock) -> Admitter:
    def admit(*entries: Entry, source: str = "form") -> Admission:
        with (
            writing(engine) as connection,
            admitting(connection, consent_source=source, at=clock.now()) as one,
        ):
            return one(entries)

    return admit


def _suppressed(connection: Connection, address: str, clock: Clock) -> bool:
    digest = address_digest(pepper(connection), address)
    return audience.suppress(connection, digest, reason="complained", at=clock.now())


def _subscription(connection: Connection, canonical: str) -> int:
    person = audience.find_subscriber(connection, canonical)
    assert person is not None
    (entry,) = person.subscriptions
    return entry.id


def test_somebody_new_is_added_and_subscribed(engine: Engine, admitted: Admitter) -> None:
    assert admitted(_entry("Ana@Example.org", "weekly", role="press", visits=3)) == Admission(
        added=1, subscribed=1
    )
    with reading(engine) as connection:
        ana = audience.find_subscriber(connection, "ana@example.org")
    assert ana is not None
    assert ana.address.mailed == "Ana@example.org"
    assert ana.attributes == {"role": "press", "visits": 3}
    assert ana.suppression is None


def test_coming_again_with_the_same_changes_nothing(engine: Engine, admitted: Admitter) -> None:
    entry = _entry("ana@example.org", "weekly", city="K\u00f6ln \u2603", visits=1.5, vip=True)
    admitted(entry)
    assert admitted(entry) == Admission(unchanged=1)


def test_attributes_are_laid_over_those_known(
    engine: Engine, admitted: Admitter, clock: Clock
) -> None:
    admitted(_entry("ana@example.org", role="press", city="Rome"))
    clock.sleep(60)
    assert admitted(_entry("ANA@example.org", city="Lyon", visits=2)) == Admission(updated=1)
    with reading(engine) as connection:
        row = connection.execute(select(schema.subscriber)).one()
    assert row.attributes == {"role": "press", "city": "Lyon", "visits": 2}
    assert row.address == "ana@example.org"
    assert row.updated_at - row.created_at == timedelta(seconds=60)


def test_the_same_person_twice_in_one_file_is_one_person(
    engine: Engine, admitted: Admitter
) -> None:
    assert admitted(
        _entry("ana@example.org", "weekly", city="Rome"),
        _entry("Ana@Example.ORG", "daily", "weekly", city="Lyon"),
    ) == Admission(added=1, repeated=1, subscribed=2)
    with reading(engine) as connection:
        ana = audience.find_subscriber(connection, "ana@example.org")
    assert ana is not None
    assert ana.attributes == {"city": "Lyon"}


def test_who_unsubscribed_stays_so_and_is_counted(
    engine: Engine, admitted: Admitter, clock: Clock
) -> None:
    admitted(_entry("ana@example.org", "weekly"))
    with writing(engine) as connection:
        subscription = _subscription(connection, "ana@example.org")
        assert consent.unsubscribe(connection, subscription, at=clock.now())
        assert not consent.unsubscribe(connection, subscription, at=clock.now())
        assert not consent.unsubscribe(connection, 999, at=clock.now())
    assert admitted(_entry("ana@example.org", "weekly", "daily"), source="again") == Admission(
        unchanged=1, subscribed=1, kept_unsubscribed=1
    )
    with reading(engine) as connection:
        ana = audience.find_subscriber(connection, "ana@example.org")
        assert audience.list_sizes(connection) == {
            "daily": ListSize(1, 0, 0),
            "weekly": ListSize(0, 1, 0),
        }
    assert ana is not None
    assert {entry.list_key: entry.unsubscribed_at for entry in ana.subscriptions} == {
        "daily": None,
        "weekly": clock.now(),
    }
    assert [entry.consent_source for entry in ana.subscriptions] == ["again", "form"]


def test_suppressed_people_are_left_out_whole(
    engine: Engine, admitted: Admitter, clock: Clock
) -> None:
    admitted(_entry("ana@example.org", "weekly"))
    with writing(engine) as connection:
        assert _suppressed(connection, "ana@example.org", clock)
        assert _suppressed(connection, "erased@example.org", clock)
        assert not _suppressed(connection, "ana@example.org", clock)
    assert admitted(
        _entry("Ana@example.org", "daily", city="Lyon"), _entry("Erased@example.org", "weekly")
    ) == Admission(suppressed=2)
    with reading(engine) as connection:
        ana = audience.find_subscriber(connection, "ana@example.org")
        assert audience.find_subscriber(connection, "erased@example.org") is None
        assert audience.find_suppression(connection, "erased@example.org") == Suppression(
            "complained", clock.now()
        )
        assert audience.find_suppression(connection, "ben@example.org") is None
        assert audience.list_sizes(connection) == {"weekly": ListSize(0, 0, 1)}
    assert ana is not None
    assert ana.attributes == {}
    assert ana.suppression == Suppression("complained", clock.now())


def test_nobody_and_several_loads_in_one_transaction(engine: Engine, clock: Clock) -> None:
    with (
        writing(engine) as connection,
        admitting(connection, consent_source="form", at=clock.now()) as admit,
    ):
        assert admit([]) == Admission()
        first = admit([_entry(f"p{n}@example.org", "weekly") for n in range(500)])
        second = admit([_entry(f"p{n}@example.org", "weekly", x="y") for n in range(400, 600)])
    assert first == Admission(added=500, subscribed=500)
    assert second == Admission(added=100, updated=100, subscribed=100)


def test_lists_whose_names_resemble_one_another_are_kept_apart(
    engine: Engine, admitted: Admitter
) -> None:
    admitted(_entry("ana@example.org", "a_b"), _entry("ben@example.org", "axb", "a_b_c"))
    with reading(engine) as connection:
        assert audience.list_sizes(connection) == {
            name: ListSize(1, 0, 0) for name in ("a_b", "a_b_c", "axb")
        }


def test_people_are_counted_by_list_and_rule(
    engine: Engine, admitted: Admitter, clock: Clock
) -> None:
    admitted(
        _entry("ana@example.org", "weekly", role="press"),
        _entry("ben@example.org", "weekly", "daily", role="retailer"),
        _entry("cleo@example.org", "daily", role="press"),
        _entry("dora@example.org", "weekly", role="press"),
    )
    with writing(engine) as connection:
        _suppressed(connection, "dora@example.org", clock)
    with reading(engine) as connection:
        assert audience.count_people(connection, now=clock.now()) == 3
        assert audience.count_people(connection, now=clock.now(), list_key="weekly") == 2
        assert audience.count_people(connection, now=clock.now(), rule=PRESS) == 2
        assert (
            audience.count_people(connection, now=clock.now(), list_key="weekly", rule=PRESS) == 1
        )
        assert audience.count_people(connection, now=clock.now(), list_key="monthly") == 0


def test_people_stream_out_with_the_lists_they_are_on(
    engine: Engine, admitted: Admitter, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "STREAM_ROWS", 2)
    readers = [
        _entry("ana@example.org", "daily", "weekly", role="press"),
        _entry("ben@example.org", visits=2),
        _entry("cleo@example.org", "daily"),
        _entry("dora@example.org", "weekly"),
    ]
    admitted(*readers)
    since = clock.now()
    clock.sleep(60)
    with writing(engine) as connection:
        subscription = _subscription(connection, "dora@example.org")
        consent.unsubscribe(connection, subscription, at=clock.now())
    since_then = [
        one._replace(lists=tuple(ListStanding(key, since) for key, *_ in one.lists))
        for one in readers
    ]
    since_then[3] = readers[3]._replace(lists=(ListStanding("weekly", since, clock.now()),))

    def streamed(**chosen: object) -> list[Entry]:
        with reading(engine) as connection:
            return list(people.stream_people(connection, now=clock.now(), **chosen))  # type: ignore[arg-type]

    assert streamed() == since_then
    assert streamed(list_key="daily") == [since_then[0], since_then[2]]
    assert streamed(list_key="weekly", rule=PRESS) == [since_then[0]]
    with reading(engine) as connection:
        assert audience.attribute_names(connection) == ("role", "visits")
        assert people.fields_in_use(connection) == {Field.UNSUBSCRIBED}


def test_an_unsubscribe_marks_the_mail_it_came_from_and_no_other(
    engine: Engine, admitted: Admitter, clock: Clock
) -> None:
    admitted(_entry("ana@example.org", "weekly"), _entry("ben@example.org", "weekly"))
    with writing(engine) as connection:
        ana = _subscription(connection, "ana@example.org")
        ben = _subscription(connection, "ben@example.org")
        _campaign_to(connection, (ana, ben), clock)
        consent.unsubscribe(connection, ana, at=clock.now(), delivery=1)
        consent.unsubscribe(connection, ben, at=clock.now(), delivery=1)
        marked = connection.execute(
            select(schema.delivery.c.unsubscribed_at).order_by(schema.delivery.c.id)
        ).scalars()
        assert list(marked) == [clock.now(), None]


def _campaign_to(connection: Connection, subscriptions: tuple[int, ...], clock: Clock) -> None:
    """One batch with a delivery to each subscription, numbered from 1."""
    connection.execute(
        insert(schema.campaign).values(
            id=1,
            issue="2026-11-27",
            list_key="weekly",
            segment="",
            occurrence="",
            state="sending",
            envelope={},
            digest="",
            candidates=len(subscriptions),
            frozen_at=clock.now(),
        )
    )
    connection.execute(
        insert(schema.batch).values(
            id=1, campaign_id=1, sequence=1, version="all", state="submitted"
        )
    )
    connection.execute(
        insert(schema.delivery),
        [
            {
                "id": place,
                "campaign_id": 1,
                "batch_id": 1,
                "subscriber_id": place,
                "subscription_id": subscription,
                "address": f"p{place}@example.org",
                "canonical": f"p{place}@example.org",
                "digest": f"{place}",
            }
            for place, subscription in enumerate(subscriptions, start=1)
        ],
    )
