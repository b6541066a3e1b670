"""Where a person stands, from all that is known of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.address import Address
from newsletter.domain.audience import Standing, Subscriber, Subscription, Suppression

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ON = Subscription(1, "weekly", "form", NOW, None)
OFF = Subscription(2, "gems", "form", NOW, NOW)
SUPPRESSION = Suppression("bounced", NOW)


@pytest.mark.parametrize(
    ("subscriptions", "known", "standing"),
    [
        ((ON,), {}, Standing.ACTIVE),
        ((ON, OFF), {}, Standing.ACTIVE),
        ((OFF,), {}, Standing.UNSUBSCRIBED),
        ((), {}, Standing.UNSUBSCRIBED),
        ((), {"pending": True}, Standing.PENDING),
        ((ON,), {"pending": True}, Standing.ACTIVE),
        ((ON,), {"paused_until": NOW + timedelta(seconds=1)}, Standing.PAUSED),
        ((ON,), {"paused_until": NOW}, Standing.ACTIVE),
        ((OFF,), {"paused_until": NOW + timedelta(days=1)}, Standing.UNSUBSCRIBED),
        ((ON,), {"suppression": SUPPRESSION}, Standing.SUPPRESSED),
        ((), {"suppression": SUPPRESSION, "pending": True}, Standing.SUPPRESSED),
    ],
)
def test_what_weighs_more_comes_first(subscriptions, known, standing):
    address = Address("ada@example.com", "ada@example.com")
    known = {"suppression": None} | known
    person = Subscriber(1, address, {}, subscriptions, **known)
    assert person.standing(NOW) is standing
