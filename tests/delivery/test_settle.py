"""What is in doubt is settled by evidence, or held for a person; silence never sends it again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from newsletter.delivery.settle import settle
from newsletter.domain.campaign import CampaignState, Step
from newsletter.errors import Busy, Uncertain
from newsletter.events.ingest import ingest
from newsletter.store import accounting, campaigns, claims, control, schema
from newsletter.store.engine import reading, writing

DAY = timedelta(hours=25)


@pytest.fixture
def doubted(engine, subscribe, freeze, dispatch, new_door, books):
    """Ten people in two batches: one was taken and answered, of one the answer was lost."""
    subscribe(engine, 10)
    campaign, door = freeze(engine), new_door()

    def lost(mailing):
        door.take(mailing)
        raise Uncertain("lost")

    door.answers = [lost, None]
    dispatch(door).run(campaign)
    return campaign, door


@pytest.fixture
def settled(engine, clock):
    def run(door, *, webhook=True):
        settle(engine, door, clock, fuse=False, webhook=webhook)

    return run


def note(engine, campaign):
    with reading(engine) as connection:
        return accounting.doubtful(connection, campaign.id)[0].reason


def test_a_batch_in_doubt_waits_for_events_for_a_day_and_is_then_held(
    engine, doubted, settled, clock, books
):
    campaign, door = doubted
    clock.advance(DAY.total_seconds() - 60)
    settled(door)
    assert books.states(campaign) == {"submitted": 5, "unknown": 5}
    clock.advance(120)
    settled(door)
    settled(door)
    assert books.states(campaign) == {"submitted": 5, "held": 5}
    assert "nor of any other request" in note(engine, campaign)
    assert len(door.asked) == 2
    assert books.log_is_whole(campaign)


def test_a_held_batch_tells_that_events_of_others_came(engine, doubted, settled, clock, books):
    campaign, door = doubted
    ingest(engine, [door.event(5)], clock=clock)
    clock.advance(DAY.total_seconds() + 60)
    settled(door)
    assert "while events of other requests did" in note(engine, campaign)


def test_a_held_batch_tells_that_no_event_could_come(engine, doubted, settled, clock):
    campaign, door = doubted
    clock.advance(DAY.total_seconds() + 60)
    settled(door, webhook=False)
    assert "no webhook is set up" in note(engine, campaign)


def test_an_event_settles_a_held_batch(engine, doubted, settled, clock, books):
    campaign, door = doubted
    clock.advance(DAY.total_seconds() + 60)
    settled(door)
    ingest(engine, [door.event(0)], clock=clock)
    settled(door)
    assert books.states(campaign) == {"submitted": 10}
    assert books.state(campaign) is CampaignState.DONE
    assert books.log_is_whole(campaign)


def test_a_provider_that_can_be_asked_settles_what_it_finds(engine, doubted, settled, clock, books):
    campaign, door = doubted
    asked = []

    def took(attempt, *, since):
        asked.append((attempt, since))
        return True

    began = clock.now()
    door.took = took
    settled(door)
    assert asked == []  # it needs a while to know
    clock.advance(11 * 60)
    settled(door)
    assert asked == [(door.asked[0], began)]
    assert books.states(campaign) == {"submitted": 10}
    assert books.state(campaign) is CampaignState.DONE


@pytest.fixture
def cut_off(engine, subscribe, freeze, clock):
    """Ten people in two batches: a process that is dead now had claimed the first."""
    subscribe(engine, 10)
    campaign, step = freeze(engine), Step(clock.now(), "sender")
    with writing(engine) as connection:
        campaigns.move(connection, campaign, CampaignState.SENDING, step)
        claimed = claims.claim(connection, campaign, step, attempt="a" * 32, owner=1)
        assert len(claimed.deliveries) == 5
        return campaigns.get(connection, campaign.id)


@pytest.mark.parametrize("stop", [control.cancel, control.pause])
def test_what_a_dead_sender_left_is_in_doubt_even_where_nobody_sends_any_more(
    engine, cut_off, new_door, settled, clock, books, stop
):
    with writing(engine) as connection:
        stop(connection, cut_off, Step(clock.now(), "Ada"))
    settled(new_door())
    assert books.states(cut_off)["unknown"] == 5
    assert books.log_is_whole(cut_off)


@pytest.mark.parametrize("answer", [False, None, Busy("six a minute")])
def test_a_provider_that_finds_nothing_proves_nothing(doubted, settled, clock, books, answer):
    campaign, door = doubted

    def took(_attempt, *, since):
        if isinstance(answer, Busy):
            raise answer
        return answer

    door.took = took
    clock.advance(11 * 60)
    settled(door)
    assert books.states(campaign) == {"submitted": 5, "unknown": 5}


def test_what_was_looked_for_is_in_the_log(engine, doubted, settled, clock):
    campaign, door = doubted
    clock.advance(DAY.total_seconds() + 60)
    settled(door)
    log = schema.transition
    with reading(engine) as connection:
        actors = connection.execute(
            select(log.c.actor).where(log.c.campaign_id == campaign.id, log.c.after == "held")
        ).scalars()
        assert list(actors) == ["settlement"]
