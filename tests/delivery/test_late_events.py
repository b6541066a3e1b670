"""Events and answers in an order nobody planned: evidence counts whenever it comes."""

import pytest
from sqlalchemy import insert

from newsletter.domain.campaign import CampaignState
from newsletter.domain.event import EventKind
from newsletter.errors import Refusal, Rejected, Uncertain
from newsletter.events.ingest import ingest
from newsletter.store import schema
from newsletter.store.engine import writing


@pytest.fixture
def campaign(engine, subscribe, freeze):
    subscribe(engine, 10)
    return freeze(engine)


@pytest.fixture
def door(new_door):
    return new_door()


@pytest.fixture
def lost(door):
    """An answer that is lost after the mailing was taken."""

    def answer(mailing):
        door.take(mailing)
        raise Uncertain("lost")

    return answer


def test_an_event_that_comes_before_its_lost_answer_settles_the_batch(
    engine, campaign, dispatch, door, lost, clock, books
):
    def told_first(mailing):
        with pytest.raises(Uncertain):
            lost(mailing)
        ingest(engine, [door.event()], clock=clock)
        raise Uncertain("lost")

    door.answers = [told_first]
    assert dispatch(door).run(campaign).state is CampaignState.DONE
    assert books.states(campaign) == {"submitted": 10}
    assert books.log_is_whole(campaign)


def test_an_event_that_comes_before_the_answer_changes_nothing_of_it(
    engine, campaign, dispatch, door, clock, books
):
    def told_first(mailing):
        door.take(mailing)
        ingest(engine, [door.event()], clock=clock)
        del door.taken[:]

    door.answers = [told_first]
    assert dispatch(door).run(campaign).state is CampaignState.DONE
    assert books.agree_with(door, campaign)


def test_an_event_of_an_attempt_that_was_refused_proves_nothing_of_the_next(
    engine, campaign, dispatch, door, lost, clock, books
):
    first = []

    def refuse(mailing):
        door.take(mailing)
        first.append(door.event(0))
        del door.taken[:]
        raise Rejected("bad address", refusal=Refusal.RECIPIENTS, positions=(2,))

    door.answers = [refuse, lost]
    assert dispatch(door).run(campaign).state is CampaignState.UNSETTLED
    assert books.states(campaign) == {"submitted": 5, "unknown": 4, "rejected": 1}
    ingest(engine, first, clock=clock)
    assert books.states(campaign) == {"submitted": 5, "unknown": 4, "rejected": 1}
    ingest(engine, [door.event(key="another")], clock=clock)
    assert books.states(campaign) == {"submitted": 9, "rejected": 1}
    assert books.state(campaign) is CampaignState.DONE
    assert books.log_is_whole(campaign)


def test_a_run_of_one_campaign_leaves_no_other_settled_but_open(
    engine, campaign, dispatch, door, lost, freeze, clock, books, new_door
):
    door.answers = [lost, lost]
    dispatch(door).run(campaign)
    with writing(engine) as connection:  # events that came while the answers were being given up
        for one in (door.event(0), door.event(5)):
            values = {"key": one.key, "kind": one.kind, "at": one.at, "received_at": one.at}
            ours = {"delivery_id": one.delivery, "attempt_id": one.attempt, "reason": ""}
            connection.execute(insert(schema.event).values(values | ours))
    dispatch(new_door()).run(freeze(engine, issue="2026-12-04"))
    ingest(engine, [door.event(0, EventKind.DELIVERED)], clock=clock)
    assert books.states(campaign) == {"submitted": 10}
    assert books.state(campaign) is CampaignState.DONE


def test_an_event_with_a_null_character_harms_no_other(
    engine, campaign, dispatch, door, lost, clock, books
):
    door.answers = [lost, lost]
    dispatch(door).run(campaign)
    events = [door.event(0, reason="550 \0 no", url="https://n.example/\0"), door.event(5)]
    assert ingest(engine, events, clock=clock).new == 2
    assert books.state(campaign) is CampaignState.DONE
