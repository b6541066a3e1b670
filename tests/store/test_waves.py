"""Waves on either database: who is in which, what is frozen of them, and what may be claimed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from sqlalchemy import select, update

from newsletter.domain import hours
from newsletter.domain.hours import Punctuality
from newsletter.store import campaigns, candidates, claims, control, schema, waves
from newsletter.store.claims import Terms
from newsletter.store.engine import reading, writing

NOW = datetime(2026, 11, 26, 6, tzinfo=UTC)
FRIDAY = datetime.fromisoformat("2026-11-27T08:00")
TOKYO = datetime(2026, 11, 26, 23, tzinfo=UTC)
ZURICH = datetime(2026, 11, 27, 7, tzinfo=UTC)
NEW_YORK = datetime(2026, 11, 27, 13, tzinfo=UTC)


def planned(hour=FRIDAY, lead=timedelta()):
    rules = Punctuality(NOW, timedelta(hours=6))
    zones = available_timezones()
    return hours.waves(hour, home="Europe/Zurich", zones=zones, rules=rules, lead=lead)


@pytest.fixture
def readers(engine, people):
    """3 in Tokyo, 2 of the US by country, 4 of whom nothing is known, 1 in Lagos, 1 in Atlantis."""
    people(engine, 3)
    people(engine, 2, start=4, country="US")
    people(engine, 4, start=6)
    people(engine, 1, start=10, country="DE")
    people(engine, 1, start=11, country="Atlantis")
    table = schema.subscriber
    with writing(engine) as connection:
        for zone, ids in (("Asia/Tokyo", (1, 2, 3)), ("Africa/Lagos", (10,))):
            connection.execute(update(table).where(table.c.id.in_(ids)).values(time_zone=zone))


def of_people(engine, campaign):
    """Person → (zone of their batch, when it may go)."""
    batch, delivery = schema.batch, schema.delivery
    with reading(engine) as connection:
        rows = connection.execute(
            select(delivery.c.subscriber_id, batch.c.zone, batch.c.not_before)
            .join_from(delivery, batch, delivery.c.batch_id == batch.c.id)
            .where(delivery.c.campaign_id == campaign.id)
        )
        return {row[0]: (row[1], row[2]) for row in rows}


def taken(engine, campaign, step, moment, **terms):
    """How many of a batch that is claimed at a moment, or None."""
    at = step()
    with writing(engine) as connection:
        one = claims.claim(
            connection,
            campaign,
            type(at)(moment, "ada"),
            attempt=f"{moment:%d%H%M}{len(terms):026}",
            owner=1,
            terms=Terms(**terms),
        )
    return one and len(one.deliveries)


def test_everybody_is_in_the_wave_of_their_clocks(engine, readers, freeze):
    campaign = freeze(engine, hours=planned())
    found = of_people(engine, campaign)
    assert {found[one][1] for one in (1, 2, 3)} == {TOKYO}
    assert {found[one][1] for one in (4, 5)} == {NEW_YORK}
    assert {found[one] for one in (6, 7, 8, 9, 11)} == {("Europe/Zurich", ZURICH)}
    assert found[10][1] == ZURICH  # the zone that is known, before the country
    assert found[10][0] != "Europe/Zurich"  # the same hour that day, but not in summer
    assert campaign.send_at == TOKYO


def test_waves_go_one_after_the_other_and_none_before_its_hour(engine, readers, freeze, step):
    campaign = freeze(engine, hours=planned())
    with writing(engine) as connection:
        control.resume(connection, control_pause(connection, campaign, step), step())
    minute = timedelta(minutes=1)
    assert taken(engine, campaign, step, TOKYO - minute) is None
    assert taken(engine, campaign, step, TOKYO) == 3
    assert taken(engine, campaign, step, ZURICH - minute) is None
    assert taken(engine, campaign, step, ZURICH, quiet=("Europe/Zurich",)) == 1
    assert taken(engine, campaign, step, ZURICH + minute) == 5
    assert taken(engine, campaign, step, NEW_YORK) == 2
    with reading(engine) as connection:
        assert claims.waiting(connection, campaign.id) == ()


def control_pause(connection, campaign, step):
    control.pause(connection, campaign, step())
    return campaigns.get(connection, campaign.id)


def test_a_wave_is_submitted_as_long_before_as_the_provider_keeps_it(engine, readers, freeze):
    campaign = freeze(engine, hours=planned(lead=timedelta(minutes=30)))
    assert of_people(engine, campaign)[1][1] == TOKYO - timedelta(minutes=30)
    assert campaign.send_at == TOKYO


def test_without_an_hour_all_go_at_once_and_keep_their_zones(engine, readers, freeze):
    campaign = freeze(engine, hours=planned(hour=None))
    assert {not_before for _, not_before in of_people(engine, campaign).values()} == {None}
    assert campaign.send_at is None
    with reading(engine) as connection:
        assert len(waves.zones(connection, campaign.id)) == 4


def test_the_count_is_what_the_freeze_makes_of_it(engine, readers, freeze):
    wanted = candidates.Wanted("2026-11-27", "weekly", None, {}, NOW, NOW, by_zone=True)
    with reading(engine) as connection:
        counted = waves.count_people(connection, wanted, planned())
    campaign = freeze(engine, hours=planned())
    with reading(engine) as connection:
        kept = waves.counts(connection, campaign.id)
    assert [(one.zone, one.at, one.people) for one in kept] == sorted(
        ((wave.zone, wave.at, count) for wave, count in counted.items()),
        key=lambda one: (one[1], one[0]),
    )
    assert sum(one.people for one in kept) == 11
    assert {state.value for one in kept for state in one.states} == {"planned"}


def test_the_canary_is_drawn_from_the_first_wave(engine, readers, freeze, ledger):
    campaign = freeze(engine, hours=planned(), canary=2)
    assert [row[4] for row in ledger.batches(campaign)] == [2, 1, 1, 5, 2]
    found = of_people(engine, campaign)
    with reading(engine) as connection:
        first = connection.execute(
            select(schema.delivery.c.subscriber_id)
            .join(schema.batch, schema.batch.c.id == schema.delivery.c.batch_id)
            .where(schema.batch.c.sequence == 0)
        ).scalars()
        assert {found[one][1] for one in first} == {TOKYO}


def test_another_hour_moves_every_wave_that_has_not_left(engine, readers, freeze):
    campaign = freeze(engine, hours=planned())
    day = timedelta(days=1)
    with writing(engine) as connection:
        moments = {one.zone: one.at + day for one in waves.counts(connection, campaign.id)}
        hour = FRIDAY + day
        waves.move(connection, campaign.id, moments, hour=hour, lead=timedelta())
    assert of_people(engine, campaign)[1][1] == TOKYO + day
    with reading(engine) as connection:
        assert campaigns.get(connection, campaign.id).hour == hour


def test_a_campaign_without_waves_is_in_no_zone(engine, readers, freeze):
    campaign = freeze(engine)
    assert set(of_people(engine, campaign).values()) == {("", None)}
    with reading(engine) as connection:
        assert waves.counts(connection, campaign.id) == ()
