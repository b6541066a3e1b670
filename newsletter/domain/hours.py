"""Hours as the clocks of readers show them: quiet ones, and the waves a campaign goes in.

An hour that a zone's clocks skip comes as much later; of one they show twice, the first counts
(RFC 5545, 3.3.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from newsletter.domain.countries import FAMILIAR, ZONE_OF_COUNTRY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

DAY = timedelta(days=1)

EASTERNMOST = timedelta(hours=14)
"""No clock is further ahead of UTC than Kiritimati's."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Local hours from `start` to `end`, perhaps over midnight, and weekdays (Monday is 0) on which
    nobody is mailed. Without hours start and end are the same. Not all days may be quiet.
    """

    start: time = time.min
    end: time = time.min
    days: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is quiet at all."""
        return self.start != self.end or bool(self.days)

    def covers(self, wall: datetime) -> bool:
        """Whether a clock that shows this moment shows a quiet one."""
        return wall.weekday() in self.days or self._hours_cover(wall.time())

    def _hours_cover(self, hour: time) -> bool:
        if self.start <= self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end

    def opening(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first moment from `at` on, in UTC, that is not quiet in a zone."""
        while self.covers(wall := at.astimezone(zone)):
            at = min(moment for moment in self._ends(wall, zone) if moment > at)
        return at.astimezone(UTC)

    def _ends(self, wall: datetime, zone: ZoneInfo) -> Iterable[datetime]:
        """Moments at which quiet may end: of this day or the next, at midnight or at the hour.

        Where the clock is put back, an hour comes twice, and may end quiet twice.
        """
        for day in (wall.date(), wall.date() + DAY):
            for hour in {time.min, self.end}:
                for fold in (0, 1):
                    yield datetime.combine(day, hour, zone).replace(fold=fold).astimezone(UTC)


NOTHING_QUIET = Quiet()


@dataclass(frozen=True, slots=True)
class Wave:
    """Readers who are mailed together: those whose clocks go as the zone's. `at` is when, in UTC;
    None for at once.
    """

    zone: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Waves:
    """Every wave there can be, in the order they go. `places` tells which is whose, by time zone or
    by country in small letters; `home` is the place of whoever has neither. Mails are submitted
    `lead` before their hour. `hour` is what the readers' clocks show then, if there is one.
    """

    waves: tuple[Wave, ...]
    places: Mapping[str, int]
    home: int
    hour: datetime | None = None
    lead: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Punctuality:
    """What moves an hour: it is `now`, an hour may be late by `grace`, and some are quiet."""

    now: datetime
    grace: timedelta
    quiet: Quiet = NOTHING_QUIET


def moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks of a zone show this, in UTC."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def earliest(wall: datetime) -> datetime:
    """The first moment, in UTC, at which any clock shows this."""
    return wall.replace(tzinfo=UTC) - EASTERNMOST


def reached(wall: datetime, zone: ZoneInfo, rules: Punctuality) -> datetime:
    """When readers in a zone are mailed for an hour: at it, or now while it is late within grace,
    or else at the next day's; after quiet hours where it falls into them.
    """
    at = moment(wall, zone)
    while at < rules.now - rules.grace:
        wall += DAY
        at = moment(wall, zone)
    return rules.quiet.opening(max(at, rules.now), zone)


def waves(
    hour: datetime | None,
    *,
    home: str,
    zones: Iterable[str],
    rules: Punctuality,
    lead: timedelta = timedelta(),
) -> Waves:
    """The waves of a campaign for an hour of the readers' clocks; without one, all go at once.

    `zones` are the names of all time zones, `home` is the publication's.
    """
    of = alike(frozenset(zones) | {home}, rules.now.date(), home)
    found = sorted(
        (
            Wave(zone, None if hour is None else reached(hour, ZoneInfo(zone), rules))
            for zone in set(of.values())
        ),
        key=lambda wave: (wave.at or rules.now, wave.zone),
    )
    place = {wave.zone: number for number, wave in enumerate(found)}
    names = {**of, **{country: of.get(zone, zone) for country, zone in ZONE_OF_COUNTRY.items()}}
    return Waves(
        waves=tuple(found),
        places={name: place[zone] for name, zone in names.items() if zone in place},
        home=place[of[home]],
        hour=hour,
        lead=lead,
    )


@lru_cache(maxsize=4)
def alike(zones: frozenset[str], since: date, home: str) -> dict[str, str]:
    """Time zone → the first by name of those whose clocks agree with its on each day of a year."""
    noon = datetime.combine(since, time(12))
    days = [noon + day * DAY for day in range(366)]
    known = {name: place for place, name in enumerate((home, *FAMILIAR))}
    ordered = sorted(zones, key=lambda name: (known.get(name, len(known)), "Etc/" in name, name))
    first: dict[tuple[timedelta | None, ...], str] = {}
    return {
        name: first.setdefault(tuple(map(ZoneInfo(name).utcoffset, days)), name) for name in ordered
    }


def in_quiet(zones: Iterable[str], quiet: Quiet, at: datetime, home: ZoneInfo) -> tuple[str, ...]:
    """Those of the zones ('' is the home zone) in which nobody may be mailed at a moment."""
    return tuple(zone for zone in zones if quiet.covers(at.astimezone(_zone(zone, home))))


def opening(zone: str, quiet: Quiet, at: datetime, home: ZoneInfo) -> datetime:
    """When somebody in a zone ('' is the home zone) may be mailed, `at` being the earliest."""
    return quiet.opening(at, _zone(zone, home))


def _zone(name: str, home: ZoneInfo) -> ZoneInfo:
    return ZoneInfo(name) if name else home
