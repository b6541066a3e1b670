"""A provider in trouble: few requests, few people in doubt, the one at fault found and no other."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update

from newsletter.domain.campaign import CampaignState
from newsletter.errors import Busy, Refusal, Rejected, Uncertain
from newsletter.store import schema
from newsletter.store.engine import reading, writing


def refuses(*addresses, positions=False):
    """A provider that refuses every request that holds one of these, and may name its place."""

    def answer(mailing):
        found = [place for place, one in enumerate(mailing.recipients) if one.address in addresses]
        if found:
            raise Rejected(
                "400",
                refusal=Refusal.RECIPIENTS,
                positions=tuple(found) if positions else (),
                status=400,
            )

    return answer


@pytest.fixture
def asked_at(clock):
    return []


@pytest.mark.parametrize("told", [0, -1, 1e9, float("nan"), float("inf"), None])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_f07_a_busy_provider_is_asked_once_a_second_at_most(
    engine, subscribe, freeze, dispatch, new_door, clock, asked_at, told, concurrency
):
    subscribe(engine, 60)
    under_way = threading.Barrier(concurrency)  # a claim cannot know what is not yet answered

    def busy(_mailing):
        asked_at.append(clock.now())
        if len(asked_at) <= concurrency:
            under_way.wait(30)
        raise Busy("too many", retry_after=told)

    door = new_door(*[busy] * 50)
    paused = dispatch(door, concurrency=concurrency).run(freeze(engine))
    assert paused.state is CampaignState.PAUSED
    later = asked_at[concurrency - 1 :]
    assert all(two - one >= timedelta(seconds=1) for one, two in pairwise(later))
    assert len(asked_at) == 6 + concurrency - 1


def test_f07_quiet_is_kept_by_the_next_process(
    engine, subscribe, freeze, dispatch, new_door, clock, everybody
):
    subscribe(engine, 20)
    campaign = freeze(engine)
    began, asked = clock.now(), []

    def busy(_mailing):
        raise Busy("too many", retry_after=300)

    stopped = dispatch(new_door(busy), patience=timedelta()).run(campaign)
    assert stopped.state is CampaignState.SENDING
    door = new_door(*[lambda _mailing: asked.append(clock.now())] * 4)
    assert dispatch(door).run(stopped).state is CampaignState.DONE
    assert asked[0] == began + timedelta(seconds=300)


@pytest.mark.parametrize("concurrency", [1, 4, 8])
def test_f66_an_outage_leaves_few_batches_in_doubt(
    engine, subscribe, freeze, dispatch, new_door, books, concurrency
):
    subscribe(engine, 200)
    campaign = freeze(engine)
    under_way = threading.Barrier(concurrency)

    def lost(_mailing):
        under_way.wait(60)
        raise Uncertain("lost")

    def lost_alone(_mailing):
        raise Uncertain("lost")

    door = new_door(*[lost] * concurrency, *[lost_alone] * 100)
    paused = dispatch(door, concurrency=concurrency).run(campaign)
    assert paused.state is CampaignState.PAUSED
    assert books.states(campaign)["unknown"] == 8 * 5
    assert len(door.asked) == 8


@pytest.mark.parametrize("concurrency", [1, 4])
def test_f66_one_lost_answer_holds_nobody_up_for_good(
    engine, subscribe, freeze, dispatch, new_door, books, concurrency
):
    subscribe(engine, 100)
    campaign = freeze(engine)

    def lost(_mailing):
        raise Uncertain("lost")

    door = new_door(lost, None, None, lost, None, lost)
    ended = dispatch(door, concurrency=concurrency).run(campaign)
    assert ended.state is CampaignState.UNSETTLED
    assert books.states(campaign) == {"submitted": 85, "unknown": 15}


def test_trouble_is_forgotten_once_a_mailing_is_taken(
    engine, subscribe, freeze, dispatch, new_door
):
    subscribe(engine, 20)

    def lost(_mailing):
        raise Uncertain("lost")

    dispatch(new_door(lost, lost)).run(freeze(engine))
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(schema.pace)).scalar_one() == 0


@pytest.mark.parametrize("bad", [1, 417, 1000])
def test_f17_one_of_a_thousand_that_is_not_named_is_found_by_halves(
    engine, subscribe, freeze, dispatch, new_door, books, bad
):
    subscribe(engine, 1000)
    campaign = freeze(engine, size=500)
    with writing(engine) as connection:  # as large batches as an audience of this size never has
        table, people = schema.batch, schema.delivery
        first = connection.execute(select(func.min(table.c.id))).scalar_one()
        connection.execute(update(people).where(people.c.id <= 500).values(batch_id=first))
        connection.execute(update(people).where(people.c.id > 500).values(batch_id=first + 1))
    address = f"reader{bad}@example.com"
    door = new_door(*[refuses(address)] * 60)
    assert dispatch(door).run(campaign).state is CampaignState.DONE
    assert books.states(campaign) == {"submitted": 999, "rejected": 1}
    assert address not in door.people()
    assert len(door.asked) <= 20


def test_f17_several_threads_find_it_too(
    engine, subscribe, freeze, dispatch, new_door, books, everybody
):
    subscribe(engine, 60)
    campaign = freeze(engine)
    door = new_door(*[refuses("reader7@example.com")] * 60)
    assert dispatch(door, concurrency=4).run(campaign).state is CampaignState.DONE
    assert books.states(campaign) == {"submitted": 59, "rejected": 1}
    assert books.log_is_whole(campaign)


@pytest.mark.parametrize("people", [1, 4, 60])
def test_f18_a_message_that_is_refused_pauses_after_three_requests_and_rejects_nobody(
    engine, subscribe, freeze, dispatch, new_door, books, people
):
    subscribe(engine, people)
    campaign = freeze(engine)

    def refuse(_mailing):
        raise Rejected("400", refusal=Refusal.RECIPIENTS, status=400)

    door = new_door(*[refuse] * 50)
    paused = dispatch(door).run(campaign)
    assert paused.state is CampaignState.PAUSED
    assert len(door.asked) <= 3
    assert books.states(campaign) == {"planned": people}


def poison(engine, *subscribers):
    """Their names are far too long for a mail."""
    with writing(engine) as connection:
        connection.execute(
            update(schema.delivery)
            .where(schema.delivery.c.subscriber_id.in_(subscribers))
            .values(fields={"first_name": "x" * 1_000_000})
        )


def test_f52_a_row_that_no_mail_can_carry_is_rejected_and_the_others_go(
    engine, subscribe, freeze, dispatch, new_door, books
):
    subscribe(engine, 100)
    campaign, door = freeze(engine), new_door()
    poison(engine, 42)
    assert dispatch(door).run(campaign).state is CampaignState.DONE
    assert books.states(campaign) == {"submitted": 99, "rejected": 1}
    with reading(engine) as connection:
        ending = schema.delivery.c.ending
        reason = connection.execute(
            select(schema.delivery.c.reason).where(ending == "rejected")
        ).scalar_one()
    assert "cannot be put into a mail" in reason


def test_f52_many_such_rows_pause_once_and_a_person_may_go_on(
    engine, subscribe, freeze, dispatch, new_door, books
):
    subscribe(engine, 100)
    campaign, door = freeze(engine), new_door()
    poison(engine, 3, 42, 43, 88)
    paused = dispatch(door).run(campaign)
    assert paused.state is CampaignState.PAUSED
    assert "of 100 people cannot be mailed" in paused.reason
    assert dispatch(door).run(paused).state is CampaignState.DONE
    assert books.states(campaign) == {"submitted": 96, "rejected": 4}
