"""Answers given person by person: everybody goes on where their own answer says, once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.parts import divide
from newsletter.delivery.policy import decide
from newsletter.domain.campaign import BatchState, Claim, Outcome, PlannedDelivery
from newsletter.errors import Busy, Partly, Refusal, Rejected, Uncertain

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
KINDS = ("accepted", "refused", "busy", "doubted", "stopped")


def answer(kinds):
    """The answer of a provider that says this of each recipient, in order."""
    places = {kind: tuple(at for at, one in enumerate(kinds) if one == kind) for kind in KINDS}
    made = {
        "refused": Rejected("no", refusal=Refusal.RECIPIENTS, positions=places["refused"]),
        "busy": Busy("later", positions=places["busy"]),
        "doubted": Uncertain("lost", positions=places["doubted"]),
        "stopped": Rejected("spam", refusal=Refusal.MESSAGE, positions=places["stopped"]),
    }
    return Partly("some", parts=tuple(made[kind] for kind in made if places[kind]), reference="r")


def divided(kinds):
    people = tuple(
        PlannedDelivery(100 + at, at, f"reader{at}@example.com", None) for at in range(len(kinds))
    )
    partly = answer(kinds)
    decisions = [decide(part, failures=0, recipients=len(part.positions)) for part in partly.parts]
    return divide(partly, decisions, Claim(1, "a", "all", people, entry=1), now=NOW)


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=12))
def test_everybody_goes_on_where_their_answer_says(kinds):
    if set(kinds) == {"accepted"}:
        return
    division = divided(kinds)
    state = dict.fromkeys((100 + at for at in range(len(kinds))), division.after.value)
    state |= {one: part.state.value for part in division.apart for one in part.deliveries}
    state |= dict.fromkeys(division.refused, "refused")
    meant = {
        "accepted": "submitted",
        "refused": "refused",
        "busy": "ready",
        "doubted": "unknown",
        "stopped": "ready",
    }
    assert state == {100 + at: meant[kind] for at, kind in enumerate(kinds)}
    named = Counter([*division.refused, *(one for p in division.apart for one in p.deliveries)])
    assert all(times == 1 for times in named.values())
    assert division.again == sum(kind in {"busy", "stopped"} for kind in kinds)


@pytest.mark.parametrize(
    ("kinds", "after", "outcome"),
    [
        (("accepted", "doubted"), BatchState.SUBMITTED, Outcome.ACCEPTED),
        (("busy", "doubted"), BatchState.UNKNOWN, Outcome.UNCERTAIN),
        (("refused", "busy"), BatchState.READY, Outcome.BUSY),
        (("refused", "doubted"), BatchState.UNKNOWN, Outcome.UNCERTAIN),
    ],
)
def test_the_batch_is_called_what_its_people_are(kinds, after, outcome):
    division = divided(kinds)
    assert (division.after, division.outcome) == (after, outcome)


def test_who_is_tried_again_waits_a_while():
    (part,) = divided(("accepted", "busy")).apart
    assert part.not_before > NOW


def partly(*kinds):
    """An answer of a door that says this of the first recipients, and takes the accepted."""

    def say(door):
        def respond(mailing):
            people = mailing.recipients
            said = [*kinds, *["accepted"] * len(people)][: len(people)]
            door.taken += [
                (mailing.attempt, one.delivery, one.address)
                for one, kind in zip(people, said, strict=True)
                if kind in {"accepted", "doubted"}
            ]
            raise answer(said)

        return respond

    return say


@pytest.fixture
def door(new_door):
    def make(*answers):
        door = new_door()
        door.answers = [say(door) for say in answers]
        return door

    return make


def test_part_accepted_batch_is_settled_for_each_of_its_people(
    engine, subscribe, freeze, dispatch, door, books, everybody
):
    subscribe(engine, 10)
    campaign = freeze(engine, size=5)
    provider = door(partly("accepted", "refused", "busy", "doubted"))
    dispatch(provider).run(campaign)
    assert books.states(campaign) == {"submitted": 8, "rejected": 1, "unknown": 1}
    assert books.agree_with(provider, campaign)
    assert books.log_is_whole(campaign)
    assert set(everybody(10)) - set(provider.people()) == {"reader2@example.com"}


def test_running_again_offers_nobody_in_doubt_or_accepted_again(
    engine, subscribe, freeze, dispatch, door, books
):
    subscribe(engine, 6)
    campaign = freeze(engine, size=3)
    provider = door(partly("doubted", "stopped", "accepted"))
    paused = dispatch(provider).run(campaign)
    assert paused.state == "paused"
    assert books.states(campaign) == {"submitted": 1, "planned": 4, "unknown": 1}
    dispatch(provider).run(dispatch(provider).run(paused))
    assert books.states(campaign) == {"submitted": 5, "unknown": 1}
    assert books.agree_with(provider, campaign)
    assert books.log_is_whole(campaign)


def test_batch_of_which_nobody_was_accepted_is_not_called_submitted(
    engine, subscribe, freeze, dispatch, door, books
):
    subscribe(engine, 3)
    campaign = freeze(engine, size=3)
    provider = door(partly("doubted", "busy", "refused"))
    dispatch(provider).run(campaign)
    assert books.states(campaign) == {"submitted": 1, "rejected": 1, "unknown": 1}
    assert books.agree_with(provider, campaign)
    assert books.log_is_whole(campaign)
