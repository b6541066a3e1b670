"""The rhythm of a publication: on which days it is sent, and when what comes before is done.

Hours are local. Where the clock is put forward over one, it is read as if it had not been, and so
comes as much later; where the clock is put back, the first of the two counts (RFC 5545, 3.3.5). So
each day has its hour once, whatever the zone does.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from newsletter.domain.calendar_names import WEEKDAYS
from newsletter.domain.occurrence import Occurrence, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

DAYS = WEEKDAYS["en"]
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}

_HOUR = re.compile(r"([a-z]+)\s+([0-9]{1,2}):([0-9]{2})")
_OF_EVERY_YEAR = re.compile(r"[0-9]{2}-[0-9]{2}")
_WEEKS = re.compile(r"([0-9]{1,2})\s+weeks?")
_EVERY_SECOND = ("second week", "other week")

_ANY_LEAP_YEAR = 2000
"""Stands for every year, and has a 29 February."""


@dataclass(frozen=True, slots=True)
class WeekHour:
    """An hour of the week, as in `thursday 06:00`; Monday is 0."""

    weekday: int
    time: time


@dataclass(frozen=True, slots=True)
class Every:
    """How often: every so many `weeks`, or, with `nth`, once a month: 1 is the first such day, -1
    the last. `weekday` is the day that was named, if one was.
    """

    weeks: int = 1
    nth: int | None = None
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Days without an issue, both ends included; with `yearly` in every year, whatever the year of
    both, and perhaps over its end.
    """

    first: date
    last: date
    yearly: bool = False

    def covers(self, day: date) -> bool:
        """Whether a day is one of them."""
        if not self.yearly:
            return self.first <= day <= self.last
        day = day.replace(year=_ANY_LEAP_YEAR)
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last

    def __str__(self) -> str:
        """As it is written in the settings."""
        first, last = (day.isoformat()[5 * self.yearly :] for day in (self.first, self.last))
        return first if first == last else f"{first}/{last}"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a publication is sent; `skip` are the days without an issue.

    Raises ValueError, with a sentence, for what cannot be.
    """

    send: WeekHour
    gather: WeekHour | None = None
    remind: WeekHour | None = None
    every: Every = Every()
    since: date | None = None
    skip: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if self.every.weekday not in (None, self.send.weekday):
            raise ValueError(
                f"every says {DAYS[self.every.weekday or 0]}, and send says "
                f"{DAYS[self.send.weekday]}; name one day in both"
            )
        if self.every.weeks > 1 and self.since is None:
            raise ValueError(
                f"every: {self.every.weeks} weeks needs since, the date of an issue, such as "
                "2026-11-27, to count from"
            )
        if self.gather and self.remind and self.before(self.remind) > self.before(self.gather):
            raise ValueError("remind comes before gather; remind once there is a draft")

    def before(self, hour: WeekHour) -> timedelta:
        """How long before the send an hour comes, by the clock on the wall; within one week."""
        lead = _since_monday(self.send) - _since_monday(hour)
        return lead % timedelta(weeks=1)

    def skips(self, day: date) -> bool:
        """Whether a day was taken out."""
        return any(span.covers(day) for span in self.skip)

    def is_on(self, day: date) -> bool:
        """Whether the rhythm falls on a day, taken out or not."""
        if day.weekday() != self.send.weekday or (self.since is not None and day < self.since):
            return False
        if self.every.nth == -1:
            return (day + timedelta(weeks=1)).month != day.month
        if self.every.nth is not None:
            return (day.day - 1) // 7 + 1 == self.every.nth
        return self.since is None or (_week(day) - _week(self.since)) % self.every.weeks == 0


def parse_hour(text: str) -> WeekHour:
    """`thursday 06:00`; ValueError with a sentence that names the word."""
    match = _HOUR.fullmatch(text.strip().casefold())
    if match is None:
        raise ValueError(f"has “{text}”; write a day and an hour, as in thursday 06:00")
    try:
        hour = time(int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError(
            f"has “{match[2]}:{match[3]}”, which is no hour; write 00:00 to 23:59"
        ) from None
    return WeekHour(_weekday(match[1]), hour)


def parse_every(text: str) -> Every:
    """`week`, `2 weeks`, `second week`, `month` or `first saturday`; ValueError as `parse_hour`.

    `month` is the first such day of each month.
    """
    words = " ".join(text.casefold().split()).removeprefix("every ")
    if words == "week":
        return Every()
    if words in _EVERY_SECOND:
        return Every(weeks=2)
    if words == "month":
        return Every(nth=1)
    weeks = _WEEKS.fullmatch(words)
    if weeks is not None and int(weeks[1]) > 0:
        return Every(weeks=int(weeks[1]))
    ordinal, _, day = words.partition(" ")
    if ordinal in ORDINALS and day:
        return Every(nth=ORDINALS[ordinal], weekday=_weekday(day))
    raise ValueError(f"has “{text}”; write week, 2 weeks, month, first saturday or last friday")


def parse_skip(text: str) -> Span:
    """`2026-12-25`, or `2026-12-21/2027-01-03` with both ends; without the year, as in `12-25`, it
    is of every year. ValueError as `parse_hour`.
    """
    first, _, last = (part.strip() for part in text.partition("/"))
    yearly = all(_OF_EVERY_YEAR.fullmatch(day) for day in (first, last or first))
    year = f"{_ANY_LEAP_YEAR}-" * yearly
    try:
        days = [date.fromisoformat(year + day) for day in (first, last or first)]
    except ValueError:
        days = []
    if not days or (days[0] > days[1] and not yearly):
        raise ValueError(
            f"has “{text}”; write a date such as 2026-12-25, two as 2026-12-21/2027-01-03, or for "
            "every year 12-25"
        )
    return Span(days[0], days[1], yearly)


def days_between(rhythm: Rhythm, first: date, last: date) -> Iterator[date]:
    """The days of issues, those taken out too, both ends included."""
    day = first + timedelta(days=(rhythm.send.weekday - first.weekday()) % 7)
    while day <= last:
        if rhythm.is_on(day):
            yield day
        day += timedelta(weeks=1)


def occurrences_of(
    rhythm: Rhythm, day: date, zone: ZoneInfo, schedule: str
) -> tuple[Occurrence, ...]:
    """The slots of one day's issue, in their order: none comes after its send."""
    sent = instant(datetime.combine(day, rhythm.send.time), zone)
    found = []
    for slot, hour in ((Slot.GATHER, rhythm.gather), (Slot.REMIND, rhythm.remind)):
        if hour is not None:
            local = datetime.combine(day, rhythm.send.time) - rhythm.before(hour)
            # The clock may be put forward over the earlier hour and not over the send's.
            at = min(instant(local, zone), sent)
            found.append(Occurrence(at, schedule, day, slot))
    return (*found, Occurrence(sent, schedule, day, Slot.SEND))


def occurrences_between(
    rhythm: Rhythm, zone: ZoneInfo, start: datetime, end: datetime, *, schedule: str = ""
) -> tuple[Occurrence, ...]:
    """The occurrences of all issues that are sent after `start` and up to `end`, by the day."""
    first = start.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date() + timedelta(days=1)
    weeks = (
        occurrences_of(rhythm, day, zone, schedule)
        for day in days_between(rhythm, first, last)
        if not rhythm.skips(day)
    )
    return tuple(one for week in weeks if start < week[-1].at <= end for one in week)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, of an hour on the wall; see the head of this module."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _since_monday(hour: WeekHour) -> timedelta:
    return timedelta(days=hour.weekday, hours=hour.time.hour, minutes=hour.time.minute)


def _week(day: date) -> int:
    """The number of a week that begins on Monday."""
    return (day.toordinal() - 1) // 7


def _weekday(word: str) -> int:
    """Monday is 0; a day may be cut to three letters."""
    for number, name in enumerate(DAYS):
        if word in (name, name[:3]):
            return number
    close = difflib.get_close_matches(word, DAYS, n=1)
    hint = f"did you mean {close[0]}?" if close else f"write one of {', '.join(DAYS)}"
    raise ValueError(f"has “{word}”, which is no day of the week; {hint}")
