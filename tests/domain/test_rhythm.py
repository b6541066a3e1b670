"""The rhythm on the calendar: every zone, however often, over both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.occurrence import OCCURRENCE_MOVES, OccurrenceState, Slot
from newsletter.domain.rhythm import (
    Every,
    Rhythm,
    WeekHour,
    days_between,
    occurrences_between,
    occurrences_of,
    parse_every,
    parse_hour,
    parse_skip,
)

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = sorted(available_timezones() - {"localtime"})
hours = st.builds(
    WeekHour,
    st.integers(0, 6),
    st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
)
moments = st.integers(0, 16 * 365 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def rhythm(send="friday 08:00", every="week", **more):
    return Rhythm(send=parse_hour(send), every=parse_every(every), **more)


def local(occurrence, zone=BERLIN):
    return occurrence.at.astimezone(zone).strftime("%a %d %H:%M")


@given(hours, hours, moments, st.sampled_from(ZONES))
def test_no_zone_ever_has_a_week_twice_or_not_at_all(send, gather, start, name):
    zone, end = ZoneInfo(name), start + timedelta(weeks=8)
    found = occurrences_between(Rhythm(send=send, gather=gather), zone, start, end)
    sends = [one for one in found if one.slot is Slot.SEND]
    assert len({one.key for one in found}) == len(found) == 2 * len(sends)
    assert 7 <= len(sends) <= 9
    assert all(later.day - earlier.day == timedelta(weeks=1) for earlier, later in pairwise(sends))
    assert all(earlier.at < later.at for earlier, later in pairwise(sends))
    gathers = {one.day: one.at for one in found if one.slot is Slot.GATHER}
    assert all(gathers[one.day] <= one.at for one in sends)
    assert all(one.at - gathers[one.day] < timedelta(days=7, hours=3) for one in sends)


@given(hours, moments, st.integers(1, 40), st.sampled_from(ZONES))
def test_a_span_cut_anywhere_has_the_same_occurrences(send, start, days, name):
    zone, middle, end = ZoneInfo(name), start + timedelta(days=days), start + timedelta(days=50)
    plain = Rhythm(send=send, gather=WeekHour((send.weekday - 1) % 7, time(6)))
    parts = (
        *occurrences_between(plain, zone, start, middle),
        *occurrences_between(plain, zone, middle, end),
    )
    assert parts == occurrences_between(plain, zone, start, end)


def test_f40_an_hour_that_the_clock_skips_comes_as_much_later():
    (send,) = occurrences_of(rhythm("sunday 02:30"), date(2026, 3, 29), BERLIN, "weekly")
    assert send.at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert local(send) == "Sun 29 03:30"


def test_f41_an_hour_that_comes_twice_counts_the_first_time_and_once():
    found = occurrences_between(
        rhythm("sunday 02:30"),
        BERLIN,
        datetime(2026, 10, 24, tzinfo=UTC),
        datetime(2026, 10, 26, tzinfo=UTC),
    )
    assert [one.at for one in found] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_nothing_comes_after_its_send_though_the_clock_skips_its_own_hour():
    early = rhythm("sunday 03:10", gather=parse_hour("sunday 02:30"))
    gather, send = occurrences_of(early, date(2026, 3, 29), BERLIN, "weekly")
    assert gather.at == send.at
    assert (gather.slot, send.slot) == (Slot.GATHER, Slot.SEND)


def test_what_comes_before_the_send_is_within_the_week_before_it():
    weekly = rhythm(gather=parse_hour("friday 09:00"), remind=parse_hour("thursday 15:00"))
    told = [local(one) for one in occurrences_of(weekly, date(2026, 11, 27), BERLIN, "weekly")]
    assert told == ["Fri 20 09:00", "Thu 26 15:00", "Fri 27 08:00"]


@pytest.mark.parametrize(
    ("send", "every", "since", "days"),
    [
        ("friday 08:00", "2 weeks", date(2026, 11, 25), [27, 11, 25]),
        ("friday 08:00", "week", date(2026, 12, 10), [11, 18, 25]),
        ("friday 08:00", "month", None, [4]),
        ("saturday 08:00", "first saturday", None, [5]),
        ("saturday 08:00", "third Saturday", None, [21, 19]),
        ("friday 08:00", "last friday", None, [27, 25]),
    ],
)
def test_how_often(send, every, since, days):
    found = days_between(rhythm(send, every, since=since), date(2026, 11, 20), date(2026, 12, 31))
    assert [day.day for day in found] == days


@given(st.sampled_from(["first", "second", "third", "fourth", "last"]), st.integers(0, 6))
def test_each_month_has_one_such_day(ordinal, weekday):
    from newsletter.domain.rhythm import DAYS

    monthly = Rhythm(
        send=WeekHour(weekday, time(8)), every=parse_every(f"{ordinal} {DAYS[weekday]}")
    )
    found = list(days_between(monthly, date(2020, 1, 1), date(2035, 12, 31)))
    assert len(found) == len({(day.year, day.month) for day in found}) == 16 * 12


def test_days_taken_out_have_no_issue():
    skipping = rhythm(skip=(parse_skip("2026-12-25"), parse_skip("2026-12-30/2027-01-03")))
    start, end = datetime(2026, 12, 12, tzinfo=UTC), datetime(2027, 1, 9, tzinfo=UTC)
    sends = occurrences_between(skipping, BERLIN, start, end)
    assert [one.day for one in sends] == [date(2026, 12, 18), date(2027, 1, 8)]


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (
            parse_hour,
            "thurday 06:00",
            "“thurday”, which is no day of the week; did you mean thursday",
        ),
        (parse_hour, "tomorrow 06:00", "write one of monday, tuesday"),
        (parse_hour, "thursday", "as in thursday 06:00"),
        (parse_hour, "thursday 24:00", "“24:00”, which is no hour"),
        (parse_every, "fortnight", "“fortnight”; write week, 2 weeks"),
        (parse_every, "0 weeks", "“0 weeks”"),
        (parse_every, "fifth friday", "“fifth friday”"),
        (parse_every, "last", "“last”; write week"),
        (parse_every, "first firday", "did you mean friday"),
        (parse_skip, "christmas", "“christmas”; write a date such as"),
        (parse_skip, "2027-01-03/2026-12-30", "2026-12-21/2027-01-03"),
    ],
)
def test_what_is_not_understood_is_named(parse, text, said):
    with pytest.raises(ValueError, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"every": Every(weeks=2)}, "every: 2 weeks needs since"),
        ({"every": Every(nth=1, weekday=5)}, "every says saturday, and send says friday"),
        (
            {"gather": parse_hour("thursday 06:00"), "remind": parse_hour("wednesday 06:00")},
            "remind comes before gather",
        ),
    ],
)
def test_what_cannot_be_is_refused(more, said):
    with pytest.raises(ValueError, match=said):
        Rhythm(send=parse_hour("friday 08:00"), **more)


@pytest.mark.parametrize("text", ["thu 6:00", "Thursday 06:00", "  THURSDAY   06:00 "])
def test_days_may_be_short_and_in_any_case(text):
    assert parse_hour(text) == WeekHour(3, time(6))


def test_what_has_ended_stays_as_it_is():
    ended = {state for state, after in OCCURRENCE_MOVES.items() if not after}
    assert ended == {OccurrenceState.DONE, OccurrenceState.MISSED, OccurrenceState.SKIPPED}
