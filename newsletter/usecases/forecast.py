"""How long a send takes at the configured pace. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from newsletter.config.sending import Sending, WarmUp


def shortest_time(people: int, sending: Sending, *, today: date) -> timedelta | None:
    """No send to so many people ends sooner than this; None where nothing limits it.

    Limits of single domains are left out: how many people have an address there is not counted.
    """
    limits = []
    if sending.pace.per_second:
        limits.append(timedelta(seconds=people / sending.pace.per_second))
    if sending.pace.per_hour:
        limits.append(timedelta(hours=people / sending.pace.per_hour))
    if sending.warm_up.start is not None:
        limits.append(timedelta(days=_warm_up_days(people, sending.warm_up, today)))
    if sending.canary.size and people > sending.canary.size:
        limits.append(sending.canary.wait)
    return max(limits, default=None)


def _warm_up_days(people: int, warm_up: WarmUp, today: date) -> int:
    """Midnights to wait for, until the caps of the days add up to so many people."""
    passed = max((today - warm_up.start).days, 0) if warm_up.start else 0
    days = 0
    cap = warm_up.first_day * warm_up.growth**passed
    while people > cap:
        people -= int(cap)
        cap *= warm_up.growth
        days += 1
    return days
