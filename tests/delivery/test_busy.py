"""A provider that is busy is left alone, by every thread, and as long as it asked for."""

import threading
from datetime import timedelta

import pytest

from newsletter.domain.campaign import CampaignState
from newsletter.errors import Busy


@pytest.fixture
def campaign(engine, subscribe, freeze):
    subscribe(engine, 60)
    return freeze(engine)


def test_nothing_is_asked_of_it_before_the_moment_it_named(
    campaign, dispatch, clock, new_door, everybody
):
    quiet_until = clock.now() + timedelta(seconds=60)
    asked = []

    def busy(_mailing):
        asked.append(clock.now())
        if clock.now() < quiet_until:
            raise Busy("too many", retry_after=60)

    door = new_door(*[busy] * 30)
    assert dispatch(door).run(campaign).state is CampaignState.DONE
    assert door.people() == everybody(60)
    assert len([moment for moment in asked if moment < quiet_until]) == 1


@pytest.mark.parametrize("concurrency", [4, 8])
def test_requests_turned_away_at_once_count_as_one_try(
    campaign, dispatch, new_door, everybody, concurrency
):
    meeting = threading.Barrier(concurrency)

    def busy(_mailing):
        meeting.wait(60)
        raise Busy("too many", retry_after=3)

    door = new_door(*[busy] * concurrency)
    ended = dispatch(door, concurrency=concurrency).run(campaign)
    assert ended.state is CampaignState.DONE, ended.reason
    assert door.people() == everybody(60)


def test_nobody_waits_for_it_once_patience_is_spent_and_the_campaign_paused(
    campaign, dispatch, clock, new_door, books
):
    def busy(_mailing):
        raise Busy("too many", retry_after=20)

    paused = dispatch(new_door(*[busy] * 6)).run(campaign)
    assert paused.state is CampaignState.PAUSED
    assert sum(clock.slept) == 5 * 20
    assert books.states(campaign) == {"planned": 60}
