"""The freeze heeds what people wish, asks rules at its own moment, and keeps the links."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from newsletter.audience.segments import parse_segment
from newsletter.domain.campaign import BatchState
from newsletter.domain.rendition import PlacedLink
from newsletter.store import accounting, candidates, schema
from newsletter.store.engine import reading, writing


def change(engine, person, **values):
    with writing(engine) as connection:
        table = schema.subscriber
        connection.execute(update(table).where(table.c.id == person).values(**values))


def excluded(engine, campaign):
    with reading(engine) as connection:
        sums = accounting.account(connection, campaign.id)
    assert sums.balances
    return dict(sums.excluded)


def submit(engine, state=BatchState.SUBMITTED):
    with writing(engine) as connection:
        connection.execute(update(schema.batch).values(state=state))


@pytest.fixture
def next_issue(issue):
    """A campaign that leaves so long after the first one of the list."""

    def make(list_key="weekly", **later):
        campaign = issue("2026-12-04", list_key)
        return replace(campaign, frozen_at=campaign.frozen_at + timedelta(**later))

    return make


def test_who_is_paused_gets_nothing_until_the_day_has_come(engine, people, freeze, issue):
    people(engine, 4)
    now = issue().frozen_at
    change(engine, 1, paused_until=now + timedelta(days=2))
    change(engine, 2, paused_until=now)
    change(engine, 3, paused_until=now + timedelta(hours=3))
    due = replace(issue(), send_at=now + timedelta(days=1))
    assert excluded(engine, freeze(engine, due)) == {"paused": 1}


def test_a_suppression_is_told_before_a_wish(engine, people, freeze, issue):
    people(engine, 2)
    now = issue().frozen_at
    change(engine, 1, paused_until=now + timedelta(days=9))
    with writing(engine) as connection:
        digest = select(schema.subscriber.c.digest).where(schema.subscriber.c.id == 1)
        connection.execute(
            schema.suppression.insert().values(
                digest=connection.execute(digest).scalar_one(), reason="bounced", at=now
            )
        )
    assert excluded(engine, freeze(engine)) == {"bounced": 1}


@pytest.mark.parametrize(
    ("frequency", "later", "mailed"),
    [
        ("every", {"hours": 1}, True),
        ("weekly", {"days": 5}, False),
        ("weekly", {"days": 6}, True),
        ("weekly", {"days": 7, "hours": -1}, True),
        ("monthly", {"days": 7}, False),
        ("monthly", {"days": 26}, False),
        ("monthly", {"days": 28}, True),
        ("monthly", {"days": -3}, False),
        ("monthly", {"days": -28}, True),
    ],
)
def test_who_wants_mail_less_often_is_left_out(
    engine, people, freeze, next_issue, frequency, later, mailed
):
    people(engine, 2)
    change(engine, 1, frequency=frequency)
    freeze(engine)
    submit(engine)
    campaign = next_issue(**later)
    with reading(engine) as connection:
        counted = candidates.count_audience(
            connection, campaign.issue, "weekly", None, now=campaign.frozen_at
        )
    expected = {} if mailed else {"frequency": 1}
    assert counted.excluded == expected
    assert excluded(engine, freeze(engine, campaign)) == expected


def test_mail_of_another_list_does_not_count(engine, people, freeze, next_issue, issue):
    people(engine, 2)
    change(engine, 1, frequency="monthly")
    with writing(engine) as connection:
        both = insert(schema.subscription).values(
            subscriber_id=1, list_key="gems", status="subscribed", consent_source="test",
            subscribed_at=issue().frozen_at,
        )  # fmt: skip
        connection.execute(both)
    freeze(engine, issue(list_key="gems"))
    submit(engine)
    assert excluded(engine, freeze(engine, next_issue(days=1))) == {}


def test_mail_that_never_left_does_not_count(engine, people, freeze, next_issue):
    people(engine, 2)
    change(engine, 1, frequency="monthly")
    freeze(engine)
    submit(engine, BatchState.CANCELLED)
    assert excluded(engine, freeze(engine, next_issue(days=7))) == {}


def test_a_rule_is_asked_at_the_moment_of_the_freeze(engine, people, freeze, issue):
    people(engine, 3)
    now = issue().frozen_at
    for person in (1, 2, 3):
        change(engine, person, created_at=now - timedelta(days=person))
    rule = parse_segment("created within 2 days")
    assert freeze(engine, rule=rule).state == "frozen"
    later = replace(issue("2026-11-28"), frozen_at=now + timedelta(days=1))
    freeze(engine, later, rule=rule)
    with reading(engine) as connection:
        table = schema.delivery
        mailed = connection.execute(select(table.c.campaign_id, table.c.subscriber_id)).all()
    assert sorted(map(tuple, mailed)) == [(1, 1), (1, 2), (2, 1)]


def test_links_of_all_versions_are_kept_once(engine, people, freeze, rendered):
    people(engine, 1)
    shared = PlacedLink("https://a.example.com/", "latest", "0123456789ab", "Gold")
    others = [PlacedLink("https://b.example.com/", "x" * 300), PlacedLink("https://c.example.com/")]
    renditions = [
        replace(rendered(), links=(shared, others[0])),
        replace(rendered("other"), links=(others[1], shared)),
    ]
    campaign = freeze(engine, renditions=renditions)
    with reading(engine) as connection:
        rows = connection.execute(select(schema.link).order_by(schema.link.c.place)).all()
    assert [tuple(row) for row in rows] == [
        (campaign.id, place, one.url, one.section, one.brief, one.headline)
        for place, one in enumerate((shared, *others))
    ]
