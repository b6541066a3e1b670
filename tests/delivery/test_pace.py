"""Limits of pace as rules: what may leave when, whatever batches come at whatever moments."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config import Sending
from newsletter.delivery.pace import (
    HOUR,
    SECOND,
    Rate,
    WarmUp,
    charged,
    largest_batch,
    limits,
    openings,
    refunded,
)
from newsletter.store.pace import Meter

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")

pauses = st.floats(0, 7200).map(lambda seconds: timedelta(seconds=seconds))


def departures(limit, batches):
    """When each (pause, mails) leaves: as soon after its pause as the limit allows."""
    meter, now, left = Meter(NOW), NOW, []
    for pause, mails in batches:
        now = limit.opening(meter, now + pause).at
        meter = limit.charged(meter, mails, now)
        left.append((now, mails))
    return left


@given(st.integers(1, 500), st.lists(st.tuples(pauses, st.integers(1, 500)), max_size=40))
def test_no_hour_holds_more_than_the_rate_and_one_batch(rate, batches):
    left = departures(Rate("hour", rate, HOUR), batches)
    largest = max((mails for _, mails in batches), default=0)
    for start, _ in left:
        inside = sum(mails for at, mails in left if start <= at < start + HOUR)
        assert inside <= rate + largest


@given(st.integers(1, 100), st.integers(1, 100))
def test_batches_that_fit_the_rate_use_it_up_exactly(rate, pieces):
    left = departures(Rate("second", rate, SECOND), [(timedelta(), rate)] * pieces)
    assert left[-1][0] - NOW == (pieces - 1) * SECOND


@given(st.lists(st.tuples(pauses, st.integers(1, 400)), max_size=40), st.floats(1, 3))
def test_no_day_holds_more_than_its_cap(batches, growth):
    limit = WarmUp(date(2026, 11, 27), 400, growth, BERLIN)
    meter, now, days = Meter(NOW), NOW, {}
    for pause, mails in batches:
        now += pause
        opening = limit.opening(meter, now)
        while opening.at > now or (opening.room is not None and mails > opening.room):
            now = max(opening.at, opening.refills_at or opening.at)
            opening = limit.opening(meter, now)
        meter = limit.charged(meter, mails, now)
        day = now.astimezone(BERLIN).date()
        days[day] = days.get(day, 0) + mails
    assert all(count <= limit.cap(day) for day, count in days.items())


def test_a_warm_up_grows_from_day_to_day_and_ends_beyond_counting():
    limit = WarmUp(date(2026, 11, 23), 1000, 2.0, BERLIN)
    assert [limit.cap(date(2026, 11, day)) for day in (20, 23, 24, 26)] == [1000, 1000, 2000, 8000]
    assert limit.cap(date(2027, 11, 23)) is None
    assert limit.cap(date(9999, 12, 31)) is None


@pytest.mark.parametrize("hour", [22, 23])
def test_a_day_of_a_warm_up_ends_at_midnight_of_the_publication(hour):
    limit = WarmUp(date(2026, 11, 1), 10, 1.0, BERLIN)
    at = datetime(2026, 11, 26, hour, 30, tzinfo=UTC)
    meter = limit.charged(Meter(NOW - 3 * HOUR * 24), 10, at)
    ends = datetime(2026, 11, 26, 23, 0, tzinfo=UTC) + (hour == 23) * timedelta(days=1)
    assert limit.opening(meter, at).at == ends


def test_what_was_refused_does_not_count():
    wanted = limits(
        Sending(pace={"per_hour": 100}, warm_up={"start": "2026-11-27", "first_day": 100}), BERLIN
    )
    meters = charged(wanted, {}, 100, "", NOW)
    assert openings(wanted, meters, NOW).everybody.at > NOW
    back = meters | refunded(wanted, meters, 100, "")
    assert openings(wanted, back, NOW).everybody.at == NOW


def test_a_limit_of_one_domain_concerns_that_domain_alone():
    wanted = limits(Sending(pace={"domains": {"GMail.com": 60}}), UTC_ZONE)
    meters = charged(wanted, {}, 30, "gmail.com", NOW)
    open_ = openings(wanted, meters, NOW)
    assert open_.everybody.at == NOW
    assert open_.closed(NOW) == ("gmail.com",)
    assert open_.closed(NOW + HOUR / 2) == ()
    assert charged(wanted, {}, 30, "example.com", NOW) == {}


def test_no_batch_is_larger_than_what_a_limit_allows_at_once():
    assert largest_batch(Sending()) == 500
    assert largest_batch(Sending(pace={"per_second": 20.5})) == 20
    assert largest_batch(Sending(pace={"per_second": 0.2})) == 1
    assert largest_batch(Sending(pace={"per_hour": 300, "domains": {"gmail.com": 40}})) == 40
    assert largest_batch(Sending(warm_up={"start": "2026-11-27", "first_day": 70})) == 70
