"""How long a send takes at least."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from newsletter.config.sending import Canary, Pace, Sending, WarmUp
from newsletter.usecases.forecast import shortest_time

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("people", "sending", "time"),
    [
        (5_000, Sending(), None),
        (5_000, Sending(pace=Pace(per_second=100)), timedelta(seconds=50)),
        (5_000, Sending(pace=Pace(per_second=100, per_hour=1000)), timedelta(hours=5)),
        (1_000, Sending(warm_up=WarmUp(start=MONDAY)), timedelta(0)),
        (1_001, Sending(warm_up=WarmUp(start=MONDAY)), timedelta(days=1)),
        (7_000, Sending(warm_up=WarmUp(start=MONDAY)), timedelta(days=2)),
        (7_000, Sending(warm_up=WarmUp(start=MONDAY - timedelta(days=3))), timedelta(0)),
        (500, Sending(canary=Canary(size=200)), timedelta(minutes=20)),
        (200, Sending(canary=Canary(size=200)), None),
    ],
)
def test_the_strictest_limit_decides(people, sending, time):
    assert shortest_time(people, sending, today=MONDAY) == time
