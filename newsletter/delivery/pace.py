"""How much may leave and when: rates spread evenly, and the caps of a warm-up. Pure.

A rate is a leaky bucket (the generic cell rate algorithm, ITU-T I.371): a batch goes when the one
before has paid its time, so a pause is never followed by a burst. Moments are those at which mail
leaves; within an undo window that is later than its submission.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from newsletter.store.pace import Meter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from zoneinfo import ZoneInfo

    from newsletter.config.sending import Sending

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

_BEYOND_COUNTING = 1_000_000_000  # mails a day; a warm-up that came so far limits nobody


@dataclass(frozen=True, slots=True)
class Rate:
    """`mails` in each `period`; of one recipients' `domain`, or '' for all of them."""

    name: str
    mails: float
    period: timedelta
    domain: str = ""

    def opening(self, meter: Meter, at: datetime) -> Opening:
        """When a batch may leave, `at` being the earliest."""
        return Opening(max(meter.free_at, at), f"the pace of {self}")

    def charged(self, meter: Meter, mails: int, at: datetime) -> Meter:
        """After a batch of so many left at this moment."""
        return Meter(max(meter.free_at, at) + self._time_of(mails))

    def refunded(self, meter: Meter, mails: int) -> Meter:
        """After the provider refused them."""
        return Meter(meter.free_at - self._time_of(mails))

    def _time_of(self, mails: int) -> timedelta:
        return self.period * (mails / self.mails)

    def __str__(self) -> str:
        """For people: `5,000 an hour to gmail.com`."""
        where = f" to {self.domain}" if self.domain else ""
        return f"{self.mails:,g} {'a second' if self.period == SECOND else 'an hour'}{where}"


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A cap on each day of the publication's zone, which grows from day to day.

    Its meter counts the mails of a day until `free_at`, the midnight that ends it.
    """

    start: date
    first_day: int
    growth: float
    zone: ZoneInfo
    name: str = "warm-up"
    domain: str = ""

    def cap(self, day: date) -> int | None:
        """How many mails may leave on this day; None once it is beyond counting."""
        days = max((day - self.start).days, 0)
        if math.log(self.first_day) + days * math.log(self.growth) > math.log(_BEYOND_COUNTING):
            return None
        return int(self.first_day * self.growth**days)

    def opening(self, meter: Meter, at: datetime) -> Opening:
        """When a batch may leave, and how many mails it may hold.

        The first of a day may always leave, or one larger than the cap would never.
        """
        cap = self.cap(at.astimezone(self.zone).date())
        used = meter.used if at < meter.free_at else 0
        if cap is None or not used:
            return Opening(at, "")
        why = f"the warm-up's {cap:,} mails of this day"
        if used >= cap:
            return Opening(meter.free_at, why)
        return Opening(at, why, room=cap - used, refills_at=meter.free_at)

    def charged(self, meter: Meter, mails: int, at: datetime) -> Meter:
        """After a batch of so many left at this moment."""
        if at < meter.free_at:
            return Meter(meter.free_at, meter.used + mails)
        return Meter(self._midnight_after(at), mails)

    def refunded(self, meter: Meter, mails: int) -> Meter:
        """After the provider refused them."""
        return Meter(meter.free_at, max(meter.used - mails, 0))

    def _midnight_after(self, at: datetime) -> datetime:
        tomorrow = at.astimezone(self.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time.min, self.zone).astimezone(UTC)


Limit = Rate | WarmUp


@dataclass(frozen=True, slots=True)
class Opening:
    """When the next batch may leave and why not before; with `room`, it holds no more than that,
    and a larger one waits until `refills_at`.
    """

    at: datetime
    why: str
    room: int | None = None
    refills_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Openings:
    """What all limits together allow to everybody, and each to the domain it is for."""

    everybody: Opening
    domains: Mapping[str, Opening]

    def closed(self, at: datetime) -> tuple[str, ...]:
        """The domains to which nothing may leave at this moment."""
        return tuple(domain for domain, opening in self.domains.items() if opening.at > at)


def limits(sending: Sending, zone: ZoneInfo) -> tuple[Limit, ...]:
    """The limits of config.yaml."""
    pace, warm_up = sending.pace, sending.warm_up
    found: list[Limit] = []
    if pace.per_second is not None:
        found.append(Rate("second", pace.per_second, SECOND))
    if pace.per_hour is not None:
        found.append(Rate("hour", pace.per_hour, HOUR))
    found += [
        Rate(f"to {domain}", mails, HOUR, domain) for domain, mails in sorted(pace.domains.items())
    ]
    if warm_up.start is not None:
        found.append(WarmUp(warm_up.start, warm_up.first_day, warm_up.growth, zone))
    return tuple(found)


def largest_batch(sending: Sending) -> int:
    """Recipients a batch may hold at most, so that no single one exceeds a limit."""
    pace, warm_up = sending.pace, sending.warm_up
    bounds = (
        pace.per_second,
        pace.per_hour,
        *pace.domains.values(),
        None if warm_up.start is None else warm_up.first_day,
    )
    return max(1, int(min([sending.batch_size, *(bound for bound in bounds if bound)])))


def openings(limits: tuple[Limit, ...], meters: Mapping[str, Meter], at: datetime) -> Openings:
    """When what may leave, `at` being the earliest. A limit without a meter was never used."""
    everybody, domains = Opening(at, ""), {}
    for limit in limits:
        opening = limit.opening(meters.get(limit.name, Meter(at)), at)
        if limit.domain:
            domains[limit.domain] = opening
        else:
            everybody = _stricter(everybody, opening)
    return Openings(everybody, domains)


def _stricter(one: Opening, other: Opening) -> Opening:
    later = max(one, other, key=lambda opening: opening.at)
    roomy = one if other.room is None else other
    return replace(later, room=roomy.room, refills_at=roomy.refills_at)


def charged(
    limits: tuple[Limit, ...], meters: Mapping[str, Meter], mails: int, domain: str, at: datetime
) -> dict[str, Meter]:
    """The meters that change when a batch to this domain ('' mixes them) leaves."""
    return {
        limit.name: limit.charged(meters.get(limit.name, Meter(at)), mails, at)
        for limit in limits
        if limit.domain in ("", domain)
    }


def refunded(
    limits: tuple[Limit, ...], meters: Mapping[str, Meter], mails: int, domain: str
) -> dict[str, Meter]:
    """The meters that change when the provider refused such a batch for certain."""
    return {
        limit.name: limit.refunded(meters[limit.name], mails)
        for limit in limits
        if limit.domain in ("", domain) and limit.name in meters
    }
