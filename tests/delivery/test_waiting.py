"""Pace, canary and thresholds in a send: over threads, restarts and two senders."""

import threading
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from newsletter.config import Sending
from newsletter.domain.campaign import CampaignState
from newsletter.domain.event import EventKind
from newsletter.events.ingest import ingest
from newsletter.store import campaigns, schema
from newsletter.store.engine import reading, writing

PACED = Sending(pace={"per_second": 5})
HOURLY = Sending(pace={"per_hour": 10})
CANARY = Sending(canary={"size": 10, "wait": "20m"})


class Watch:
    """Notes when each mail left."""

    def __init__(self, clock):
        self.clock, self.left = clock, []

    def __call__(self, mailing):
        self.left += [self.clock.now()] * len(mailing.recipients)


@pytest.fixture
def watch(clock):
    return Watch(clock)


@pytest.fixture
def fresh(engine):
    def read(campaign):
        with reading(engine) as connection:
            return campaigns.get(connection, campaign.id)

    return read


def canary_of(engine, campaign, batches):
    """The first so many batches are the canary slice."""
    with writing(engine) as connection:
        table = schema.batch
        through = connection.execute(
            select(func.min(table.c.sequence)).where(table.c.campaign_id == campaign.id)
        ).scalar_one()
        connection.execute(update(schema.campaign).values(open_through=through + batches - 1))


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_second_never_holds_more_than_its_pace(
    engine, subscribe, freeze, dispatch, new_door, watch, everybody, concurrency
):
    subscribe(engine, 60)
    door = new_door(*[watch] * 12)
    ended = dispatch(door, settings=PACED, concurrency=concurrency).run(freeze(engine))
    assert ended.state is CampaignState.DONE
    assert door.people() == everybody(60)
    # By when they were claimed: threads share the clock, and one that waits sets it on for all.
    with reading(engine) as connection:
        claimed = sorted(connection.execute(select(schema.attempt.c.created_at)).scalars())
    assert len(claimed) == 12  # of five each
    assert all(later - one >= timedelta(seconds=1) for one, later in pairwise(claimed))
    if concurrency == 1:
        assert watch.left[-1] - watch.left[0] == timedelta(seconds=11)


def test_a_pace_is_remembered_by_the_next_run(
    engine, subscribe, freeze, dispatch, new_door, clock, fresh
):
    subscribe(engine, 15)
    campaign, door = freeze(engine), new_door()
    stopped = dispatch(door, settings=HOURLY, patience=timedelta()).run(campaign)
    assert stopped.state is CampaignState.SENDING
    assert len(door.taken) == 5
    again = dispatch(door, settings=HOURLY, patience=timedelta()).run(stopped)
    assert len(door.taken) == 5
    clock.advance(30 * 60 - 1)
    dispatch(door, settings=HOURLY, patience=timedelta()).run(again)
    assert len(door.taken) == 5
    clock.advance(3 * 3600)  # a rest is no credit
    dispatch(door, settings=HOURLY, patience=timedelta()).run(again)
    assert len(door.taken) == 10


def test_two_senders_share_one_pace(
    engine, subscribe, freeze, dispatch, new_door, watch, fresh, everybody
):
    subscribe(engine, 40)
    campaign, meeting = freeze(engine), threading.Barrier(2)
    doors = [new_door(*[watch] * 8), new_door(*[watch] * 8)]
    first = dispatch(doors[0], settings=PACED, patience=timedelta()).run(campaign)

    def send(door):
        meeting.wait(60)
        dispatch(door, settings=PACED).run(first)

    threads = [threading.Thread(target=send, args=[door]) for door in doors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(doors[0].people() + doors[1].people()) == everybody(40)
    # By when they were claimed: the senders share a clock, and one may set it on for the other.
    with reading(engine) as connection:
        claimed = connection.execute(select(schema.attempt.c.created_at)).scalars().all()
    assert max(Counter(at.replace(microsecond=0) for at in claimed).values()) == 1


def test_a_domain_that_must_wait_lets_the_others_pass(
    engine, subscribe, freeze, dispatch, new_door, clock
):
    subscribe(engine, 20)
    campaign, door = freeze(engine), new_door()
    table = schema.batch
    with writing(engine) as connection:
        first = select(table.c.sequence).order_by(table.c.sequence).limit(2)
        chosen = connection.execute(first).scalars().all()
        connection.execute(
            update(table).where(table.c.sequence.in_(chosen)).values(domain="gmail.com")
        )
    settings = Sending(pace={"domains": {"gmail.com": 10}})
    stopped = dispatch(door, settings=settings, patience=timedelta()).run(campaign)
    assert len(door.taken) == 15
    began = clock.now()
    assert dispatch(door, settings=settings).run(stopped).state is CampaignState.DONE
    assert len(door.taken) == 20
    assert clock.now() - began == timedelta(minutes=30)


def test_a_warm_up_goes_on_the_next_day(
    engine, subscribe, freeze, dispatch, new_door, watch, clock
):
    subscribe(engine, 25)
    settings = Sending(warm_up={"start": "2026-11-27", "first_day": 8, "growth": 2})
    campaign, door, zone = freeze(engine), new_door(*[watch] * 9), ZoneInfo("Europe/Berlin")
    for _ in range(3):
        sender = dispatch(door, settings=settings, zone=zone, patience=timedelta())
        campaign = sender.run(campaign)
        clock.moment = clock.moment.replace(hour=23)  # midnight in Berlin
        clock.advance(24 * 3600 * (len(door.taken) > 5))
    assert campaign.state is CampaignState.DONE
    days = Counter(at.astimezone(ZoneInfo("Europe/Berlin")).date().day for at in watch.left)
    assert days == {27: 5, 28: 15, 29: 5}


def test_the_canary_slice_goes_first_and_the_others_follow(
    engine, subscribe, freeze, dispatch, new_door, watch, clock, books
):
    subscribe(engine, 30)
    campaign, began = freeze(engine), clock.now()
    canary_of(engine, campaign, 2)
    ended = dispatch(new_door(*[watch] * 6), settings=CANARY, concurrency=2).run(campaign)
    assert ended.state is CampaignState.DONE
    followed = [at for at in watch.left if at - began >= timedelta(minutes=20)]
    assert (len(watch.left), len(followed)) == (30, 20)
    assert books.log_is_whole(campaign)


def test_the_wait_behind_a_canary_survives_restarts_and_begins_once(
    engine, subscribe, freeze, dispatch, new_door, clock
):
    subscribe(engine, 30)
    campaign, door = freeze(engine), new_door()
    canary_of(engine, campaign, 2)
    for _ in range(3):
        campaign = dispatch(door, settings=CANARY, patience=timedelta()).run(campaign)
        assert len(door.taken) == 10
        clock.advance(6 * 60)
    clock.advance(2 * 60)
    assert dispatch(door, settings=CANARY).run(campaign).state is CampaignState.DONE


def test_a_canary_that_comes_back_pauses_and_a_person_may_go_on(
    engine, subscribe, freeze, dispatch, new_door, clock, fresh
):
    subscribe(engine, 30)
    campaign, door = freeze(engine), new_door()
    canary_of(engine, campaign, 2)
    campaign = dispatch(door, settings=CANARY, patience=timedelta()).run(campaign)
    ingest(engine, [door.event(place, EventKind.BOUNCED) for place in (0, 3)], clock=clock)
    clock.advance(20 * 60)
    paused = dispatch(door, settings=CANARY).run(campaign)
    assert paused.state is CampaignState.PAUSED
    assert "2 of 10 mails bounced, which is 20.00%" in paused.reason
    assert len(door.taken) == 10
    assert dispatch(door, settings=CANARY).run(paused).state is CampaignState.DONE
    assert len(door.taken) == 30


def test_a_threshold_pauses_in_the_middle_and_is_not_reached_twice(
    engine, subscribe, freeze, dispatch, new_door, clock
):
    subscribe(engine, 40)
    campaign = freeze(engine)
    door = new_door()
    settings = Sending(thresholds={"after": 10, "complaints": 0.1})

    def complain(mailing):
        clock.advance(11)
        if len(door.taken) == 15:
            told = [door.event(place, EventKind.COMPLAINED) for place in (0, 1)]
            ingest(engine, told, clock=clock)

    door.answers = [complain] * 8
    paused = dispatch(door, settings=settings).run(campaign)
    assert paused.state is CampaignState.PAUSED
    assert "complained about" in paused.reason
    assert len(door.taken) == 20
    assert dispatch(door, settings=settings).run(paused).state is CampaignState.DONE
    assert len(door.taken) == 40


def test_who_complains_of_an_early_batch_is_left_out_of_a_later_campaign_and_batch(
    engine, subscribe, freeze, dispatch, new_door, clock, books
):
    subscribe(engine, 10)
    first = freeze(engine, issue="2026-11-20")
    door = new_door()
    dispatch(door).run(first)
    campaign = freeze(engine)

    def complain(_mailing):
        ingest(engine, [door.event(9, EventKind.COMPLAINED)], clock=clock)

    later = new_door(complain)
    dispatch(later).run(campaign)
    assert books.states(campaign) in ({"submitted": 9, "suppressed": 1}, {"submitted": 10})
    assert len(later.taken) == 10 - books.states(campaign).get("suppressed", 0)
