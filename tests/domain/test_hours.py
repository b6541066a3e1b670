"""Hours by the clocks of readers: every zone, every change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.countries import ZONE_OF_COUNTRY
from newsletter.domain.hours import (
    EASTERNMOST,
    Punctuality,
    Quiet,
    alike,
    earliest,
    in_quiet,
    moment,
    reached,
    waves,
)

ZONES = tuple(sorted(available_timezones()))
NOW = datetime(2026, 11, 26, 6, tzinfo=UTC)
FRIDAY = datetime.fromisoformat("2026-11-27T08:00")
GRACE = timedelta(hours=6)
DAY, LONGEST_GAP = timedelta(days=1), timedelta(hours=2)

zones = st.sampled_from(ZONES).map(ZoneInfo)
walls = st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2035-01-01"))
moments = walls.map(lambda wall: wall.replace(second=0, microsecond=0, tzinfo=UTC))
minutes = st.times().map(lambda one: one.replace(second=0, microsecond=0))
some_days = st.frozensets(st.integers(0, 6), max_size=6)


def shown(at, zone):
    return at.astimezone(zone).replace(tzinfo=None)


@given(walls, zones)
def test_the_clocks_show_the_hour_or_had_skipped_it(wall, zone):
    at = moment(wall, zone)
    gap = shown(at, zone) - wall
    assert timedelta() <= gap <= LONGEST_GAP
    if gap:  # a clock that never showed the hour
        assert all(shown(at - timedelta(minutes=back), zone) != wall for back in range(0, 240, 15))


@given(walls, zones)
def test_of_an_hour_shown_twice_the_first_counts(wall, zone):
    at = moment(wall, zone)
    assert all(shown(at - timedelta(minutes=back), zone) != wall for back in (30, 60, 120, 180))


@given(walls, zones)
def test_no_clock_shows_an_hour_before_the_earliest(wall, zone):
    assert moment(wall, zone) >= earliest(wall)


@given(moments, zones, minutes, minutes, some_days)
def test_quiet_ends_at_the_first_moment_that_is_not(at, zone, start, end, days):
    quiet = Quiet(start, end, days)
    opens = quiet.opening(at, zone)
    assert opens >= at
    assert not quiet.covers(opens.astimezone(zone))
    # An end that the clocks skip comes as much later, so up to two hours before may be loud.
    loud = [
        at + timedelta(minutes=30) * step
        for step in range(int((opens - at) / timedelta(minutes=30)))
        if not quiet.covers((at + timedelta(minutes=30) * step).astimezone(zone))
    ]
    assert not loud or opens - loud[0] <= timedelta(hours=2)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-27T12:00+01:00", "2026-11-27T12:00+01:00"),
        ("2026-11-27T22:30+01:00", "2026-11-30T07:00+01:00"),  # a Friday evening: over the weekend
        ("2026-11-28T00:00+01:00", "2026-11-30T07:00+01:00"),
        ("2026-11-26T21:00+01:00", "2026-11-27T07:00+01:00"),
        ("2026-11-26T06:59+01:00", "2026-11-26T07:00+01:00"),
        ("2026-10-22T23:00+02:00", "2026-10-23T07:00+02:00"),
        ("2026-10-24T23:00+02:00", "2026-10-26T07:00+01:00"),  # the clocks are put back meanwhile
    ],
)
def test_quiet_nights_and_weekends(at, opens):
    quiet = Quiet(time(21), time(7), frozenset({5, 6}))
    found = quiet.opening(datetime.fromisoformat(at), ZoneInfo("Europe/Zurich"))
    assert found == datetime.fromisoformat(opens)


def test_quiet_that_ends_in_the_hour_shown_twice_ends_at_both():
    quiet, zone = Quiet(time(1), time(2, 30)), ZoneInfo("Europe/Zurich")
    first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)  # 02:15, in summer
    again = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15, in winter
    assert quiet.opening(first, zone) == first + timedelta(minutes=15)
    assert quiet.opening(again, zone) == again + timedelta(minutes=15)


def test_only_the_zones_whose_clocks_show_quiet_hours_are_closed():
    quiet, home = Quiet(time(21), time(7)), ZoneInfo("Europe/Zurich")
    at = datetime(2026, 11, 27, 22, tzinfo=UTC)  # 23:00 at home
    found = in_quiet(("", "Asia/Tokyo", "America/New_York"), quiet, at, home)
    assert found == ("",)  # there it is 07:00 and 17:00


@given(walls, zones, st.integers(-9 * 24, 9 * 24), minutes, minutes, some_days)
def test_nobody_is_mailed_before_their_hour_nor_in_quiet(wall, zone, ahead, start, end, days):
    now = wall.replace(tzinfo=UTC) - timedelta(hours=ahead)
    quiet = Quiet(start, end, days)
    at = reached(wall, zone, Punctuality(now, GRACE, quiet))
    assert at >= now
    assert at >= moment(wall, zone)
    assert not quiet.covers(at.astimezone(zone))


@pytest.mark.parametrize(
    ("zone", "now", "at"),
    [
        ("Asia/Tokyo", "2026-11-26T06:00+00:00", "2026-11-26T23:00+00:00"),
        ("Asia/Tokyo", "2026-11-27T04:00+00:00", "2026-11-27T04:00+00:00"),  # 13:00: late, in grace
        ("Asia/Tokyo", "2026-11-27T07:00+00:00", "2026-11-27T23:00+00:00"),  # 16:00: tomorrow
        ("America/New_York", "2026-11-27T07:00+00:00", "2026-11-27T13:00+00:00"),
    ],
)
def test_an_hour_that_has_passed_comes_at_once_within_grace_or_else_tomorrow(zone, now, at):
    rules = Punctuality(datetime.fromisoformat(now), GRACE)
    assert reached(FRIDAY, ZoneInfo(zone), rules) == datetime.fromisoformat(at)


def test_the_waves_follow_the_sun():
    found = waves(FRIDAY, home="Europe/Zurich", zones=ZONES, rules=Punctuality(NOW, GRACE))
    moments = [wave.at for wave in found.waves]
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] == timedelta(hours=26)
    assert moments[0] == FRIDAY.replace(tzinfo=UTC) - EASTERNMOST
    assert found.waves[found.home].zone == "Europe/Zurich"

    def at(name):
        return found.waves[found.places[name]].at.isoformat()[:16]

    assert at("Asia/Tokyo") == at("japan") == at("jp") == "2026-11-26T23:00"
    assert at("us") == at("united states") == at("America/New_York") == "2026-11-27T13:00"
    assert at("uk") == at("gb") == at("Europe/London") == "2026-11-27T08:00"


def test_zones_that_change_their_clocks_on_other_days_are_no_wave():
    found = alike(frozenset(ZONES), NOW.date(), "Europe/Zurich")
    assert found["Europe/Paris"] == found["Europe/Rome"] == "Europe/Zurich"
    assert found["Africa/Lagos"] != "Europe/Zurich"
    assert found["America/Phoenix"] != found["America/Denver"]
    assert found["Asia/Jerusalem"] != found["Europe/Athens"]  # two days apart in March


@given(zones, st.integers(0, 365))
def test_whoever_shares_a_wave_shares_the_time_of_day_all_year(zone, days):
    other = ZoneInfo(alike(frozenset(ZONES), NOW.date(), "Europe/Zurich")[zone.key])
    noon = datetime.combine(NOW.date() + days * DAY, time(12))
    assert moment(noon, zone) == moment(noon, other)


def test_every_country_has_a_zone_that_is_there():
    assert set(ZONE_OF_COUNTRY.values()) <= set(ZONES)
    assert len([name for name in ZONE_OF_COUNTRY if len(name) == 2 and name != "uk"]) == 247
