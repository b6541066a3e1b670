"""Others at work in the same moment: no transaction undoes, loses or blocks what another does."""

import threading

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError

from newsletter.domain.campaign import CampaignState, Step
from newsletter.domain.event import EventKind
from newsletter.errors import Refusal, Rejected, Uncertain
from newsletter.events.ingest import ingest
from newsletter.store import accounting, campaigns, control, schema
from newsletter.store.engine import reading, writing


@pytest.fixture
def doubted(engine, subscribe, freeze, dispatch, books, new_door):
    """Ten people in two batches, both accepted, both answers lost; and the door."""
    subscribe(engine, 10)
    campaign, door = freeze(engine), new_door()

    def lost(mailing):
        door.take(mailing)
        raise Uncertain("lost")

    door.answers = [lost, lost]
    assert dispatch(door).run(campaign).state is CampaignState.UNSETTLED
    assert books.states(campaign) == {"unknown": 10}
    return campaign, door


@pytest.mark.parametrize("table", ["rendition", "delivery", "exclusion"])
def test_people_who_come_and_go_during_the_freeze_are_in_it_whole_or_not_at_all(
    engine, subscribe, freeze, table
):
    subscribe(engine, 10)
    others = []

    def come_and_go():
        subscribe(engine, 10, start=11)
        entry = schema.subscription
        with writing(engine) as connection:
            leave = update(entry).where(entry.c.subscriber_id <= 2)
            connection.execute(leave.values(status="unsubscribed"))

    def meanwhile(_connection, _cursor, sql, *_):
        if sql.startswith(f"INSERT INTO {table} ") and not others:
            others.append(threading.Thread(target=come_and_go))
            others[0].start()
            others[0].join(0.5)  # on SQLite they wait for the freeze

    event.listen(engine, "before_cursor_execute", meanwhile)
    campaign = freeze(engine)
    others[0].join()
    with reading(engine) as connection:
        sums = accounting.account(connection, campaign.id)
    assert sums.balances
    assert (sums.candidates, sums.deliveries) == (10, 10)


def test_two_freezes_at_once_make_one_campaign(engine, subscribe, freeze, together, books):
    subscribe(engine, 10)
    raised = together(engine, lambda: freeze(engine), lambda: freeze(engine))
    assert {type(error) for error in raised} == {type(None), IntegrityError}
    with reading(engine) as connection:
        (campaign,) = campaigns.every(connection)
    assert books.states(campaign) == {"planned": 10}


def test_two_requests_refused_at_once_are_both_written_down(
    engine, subscribe, freeze, dispatch, books, meet, new_door, everybody
):
    subscribe(engine, 10)
    campaign = freeze(engine)
    requests, commits = threading.Barrier(2), threading.Barrier(2)
    refused = threading.Event()

    def in_step(_connection):
        if refused.is_set():
            meet(commits)

    def refuse(_mailing):
        requests.wait(60)
        refused.set()
        raise Rejected("no such key", refusal=Refusal.ACCOUNT)

    event.listen(engine, "commit", in_step)
    door = new_door(refuse, refuse)
    paused = dispatch(door, concurrency=2).run(campaign)
    assert paused.state is CampaignState.PAUSED
    with reading(engine) as connection:
        found = connection.execute(select(schema.batch.c.state)).scalars().all()
    assert found == ["ready", "ready"]
    assert dispatch(door).run(paused).state is CampaignState.DONE
    assert door.people() == everybody(10)
    assert books.log_is_whole(campaign)


def test_two_requests_too_large_at_once_are_both_halved(
    engine, subscribe, freeze, dispatch, books, meet, new_door, everybody
):
    subscribe(engine, 10)
    campaign = freeze(engine)
    requests, halves = threading.Barrier(2), threading.Barrier(2)

    def in_step(_connection, _cursor, sql, *_):
        if sql.startswith("INSERT INTO batch"):
            meet(halves)

    def refuse(_mailing):
        requests.wait(60)
        raise Rejected("too large", refusal=Refusal.SIZE)

    event.listen(engine, "before_cursor_execute", in_step)
    door = new_door(refuse, refuse)
    assert dispatch(door, concurrency=2).run(campaign).state is CampaignState.DONE
    assert door.people() == everybody(10)
    assert len(door.asked) == 2 + 4
    assert books.states(campaign) == {"submitted": 10}
    assert books.log_is_whole(campaign)


def test_events_of_one_batch_that_come_at_once_are_both_taken(
    engine, doubted, clock, together, books
):
    campaign, door = doubted
    jobs = [
        lambda place=place: ingest(engine, [door.event(place)], clock=clock) for place in (0, 1)
    ]
    assert together(engine, *jobs) == [None, None]
    assert books.states(campaign) == {"submitted": 5, "unknown": 5}


def test_the_last_two_doubts_settled_at_once_end_the_campaign(
    engine, doubted, clock, together, books
):
    campaign, door = doubted
    jobs = [
        lambda place=place: ingest(engine, [door.event(place)], clock=clock) for place in (0, 5)
    ]
    assert together(engine, *jobs) == [None, None]
    assert books.states(campaign) == {"submitted": 10}
    assert books.state(campaign) is CampaignState.DONE


def test_events_of_the_same_people_in_opposite_orders_do_not_lock_each_other_out(
    engine, doubted, clock, together, meet, books
):
    campaign, door = doubted
    meeting = threading.Barrier(2)

    def in_step(_connection, _cursor, sql, *_):
        if sql.startswith("UPDATE delivery"):
            meet(meeting)

    event.listen(engine, "before_cursor_execute", in_step)
    posts = [
        [door.event(first), door.event(last, EventKind.DELIVERED)]
        for first, last in ((0, 9), (9, 0))
    ]
    jobs = [lambda post=post: ingest(engine, post, clock=clock) for post in posts]
    assert together(engine, *jobs) == [None, None]
    assert books.state(campaign) is CampaignState.DONE


def test_events_and_a_second_run_at_once_settle_the_campaign(
    engine, doubted, dispatch, clock, together, books
):
    campaign, door = doubted
    with reading(engine) as connection:
        unsettled = campaigns.get(connection, campaign.id)
    jobs = [
        lambda: ingest(engine, [door.event(0)], clock=clock),
        lambda: dispatch(door).run(unsettled),
    ]
    assert together(engine, *jobs) == [None, None]
    ingest(engine, [door.event(5)], clock=clock)
    assert books.state(campaign) is CampaignState.DONE


def test_a_person_who_cancels_while_an_answer_is_written_down_has_their_way(
    engine, subscribe, freeze, dispatch, books, new_door
):
    subscribe(engine, 10)
    campaign = freeze(engine)
    cancelled = []

    def cancel(_connection, _cursor, sql, *_):
        if sql.startswith("UPDATE attempt") and door.asked and not cancelled:
            other = threading.Thread(target=cancel_now)
            cancelled.append(other)
            other.start()
            other.join(0.5)

    def cancel_now():
        with writing(engine) as connection:
            now = campaigns.hold(connection, campaign.id)
            control.cancel(connection, now, Step(campaign.frozen_at, "ada"))

    def refuse(_mailing):
        raise Rejected("no such key", refusal=Refusal.ACCOUNT)

    event.listen(engine, "before_cursor_execute", cancel)
    door = new_door(refuse)
    # On SQLite the pause is committed first, and a paused campaign can be cancelled too.
    assert dispatch(door).run(campaign).state in (CampaignState.CANCELLED, CampaignState.PAUSED)
    cancelled[0].join()
    assert books.state(campaign) is CampaignState.CANCELLED
    assert books.states(campaign) == {"cancelled": 10}
    assert books.log_is_whole(campaign)


def test_a_sender_that_comes_after_the_end_finds_it_ended(
    engine, subscribe, freeze, dispatch, new_door, everybody
):
    subscribe(engine, 10)
    seen, first, second = freeze(engine), new_door(), new_door()
    assert dispatch(first).run(seen).state is CampaignState.DONE
    assert dispatch(second).run(seen).state is CampaignState.DONE
    assert (first.people(), second.people()) == (everybody(10), [])
