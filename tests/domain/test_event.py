"""What events of one mail prove is the same in every order, however grouped and repeated (F56)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.event import (
    RANK,
    Event,
    EventKind,
    Standing,
    bounced_softly,
    ends_subscription,
    joined,
    standing,
    suppression_reason,
)

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
EIGHT = (
    EventKind.PROCESSED,
    EventKind.DEFERRED,
    EventKind.DELIVERED,
    EventKind.BOUNCED,
    EventKind.OPENED,
    EventKind.CLICKED,
    EventKind.UNSUBSCRIBED,
    EventKind.COMPLAINED,
)


def told(kind, minutes=0, **more):
    return Event(f"{kind}{minutes}", kind, AT + timedelta(minutes=minutes), "a@example.com", **more)


events = st.builds(
    told,
    st.sampled_from(EventKind),
    st.integers(0, 5),
    message=st.none() | st.integers(0, 3),
)
standings = st.lists(events, max_size=5).map(standing)


def test_every_order_of_the_eight_kinds_ends_the_same():
    proofs = [standing([told(kind, place)]) for place, kind in enumerate(EIGHT)]
    ends = set()
    orders = 0
    for order in permutations(proofs):
        end = Standing()
        for proof in order:
            end = joined(end, proof)
        ends.add(end)
        orders += 1
    assert orders == 40_320
    assert len(ends) == 1
    (end,) = ends
    assert end.arrival == RANK[EventKind.BOUNCED]
    assert end.delivered_at == AT + timedelta(minutes=2)
    assert end.complained_at == AT + timedelta(minutes=7)


@given(standings, standings, standings)
def test_joining_knows_no_order_no_grouping_and_no_repetition(one, other, third):
    assert joined(one, other) == joined(other, one)
    assert joined(joined(one, other), third) == joined(one, joined(other, third))
    assert joined(joined(one, other), other) == joined(one, other)
    assert joined(one, Standing()) == one


@given(st.lists(events, max_size=8), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_events_prove_the_same(some, chance):
    often = [event for event in some for _ in range(chance.randrange(1, 46))]
    chance.shuffle(often)
    assert standing(often) == standing(some)


def test_the_highest_rank_and_the_earliest_moment_stay():
    end = standing(
        [
            told(EventKind.DELIVERED, 3),
            told(EventKind.PROCESSED, 9),
            told(EventKind.OPENED, 5),
            told(EventKind.OPENED, 4),
        ]
    )
    assert end.arrival == RANK[EventKind.DELIVERED]
    assert end.opened_at == AT + timedelta(minutes=4)


def test_two_names_of_one_mail_are_two_mails():
    one = standing([told(EventKind.PROCESSED, message=7), told(EventKind.DELIVERED, message=7)])
    assert one.message_least == one.message_greatest == 7
    two = standing([told(EventKind.OPENED, message=3), told(EventKind.BOUNCED)], one)
    assert (two.message_least, two.message_greatest) == (3, 7)


def test_only_the_address_at_fault_and_complaints_suppress():
    bounced, dropped = EventKind.BOUNCED, EventKind.DROPPED
    reasons = {
        told(EventKind.COMPLAINED): "complained",
        told(bounced, permanent=True): "bounced",
        told(bounced): None,
        told(dropped): None,
        told(dropped, 1, earlier=bounced): "bounced",
        told(dropped, 2, earlier=EventKind.COMPLAINED): "complained",
        told(dropped, 3, earlier=EventKind.UNSUBSCRIBED): None,
        told(EventKind.UNSUBSCRIBED): None,
        told(EventKind.RESUBSCRIBED): None,
    }
    assert {event: suppression_reason(event) for event in reasons} == reasons


def test_who_left_and_who_bounced_softly():
    dropped = told(EventKind.DROPPED, earlier=EventKind.UNSUBSCRIBED)
    assert ends_subscription(dropped)
    assert ends_subscription(told(EventKind.UNSUBSCRIBED))
    assert not ends_subscription(told(EventKind.DROPPED))
    assert bounced_softly(told(EventKind.BOUNCED))
    assert not bounced_softly(told(EventKind.BOUNCED, permanent=True))
    assert not bounced_softly(told(EventKind.DROPPED, earlier=EventKind.BOUNCED))
