"""What is due, by the database's word."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from newsletter.domain.campaign import CampaignState, Step
from newsletter.store import campaigns, schema
from newsletter.store.engine import writing
from newsletter.usecases import sending
from newsletter.usecases.due import send_due
from newsletter.usecases.status import statuses

GRACE = 6 * 3600


@pytest.fixture
def scheduled(workspace, plan, subscribe, clock):
    """A campaign frozen for an hour from now."""
    subscribe(3)
    return sending.freeze(workspace, plan(), at=clock.now() + timedelta(hours=1), by="Ada")


def state(workspace):
    (status,) = statuses(workspace, "2026-11-20")
    return status.campaign.state


def _is(campaign):
    return schema.campaign.c.id == campaign.id


def mails(sample):
    return len(list((sample / ".newsletter" / "outbox").rglob("*.eml")))


def test_nothing_is_sent_before_its_hour(workspace, scheduled, clock, sample):
    clock.advance(3599)
    assert send_due(workspace) == ()
    assert state(workspace) is CampaignState.FROZEN


def test_it_is_sent_when_its_hour_has_come_and_only_once(workspace, scheduled, clock, sample):
    clock.advance(3600)
    (ended,) = send_due(workspace)
    assert ended.state is CampaignState.DONE
    assert send_due(workspace) == ()
    assert mails(sample) == 3


@pytest.mark.parametrize(("late", "end"), [(GRACE, "done"), (GRACE + 1, "missed")])
def test_within_its_grace_it_is_sent_and_after_that_a_person_decides(
    workspace, scheduled, clock, sample, late, end
):
    clock.advance(3600 + late)
    (ended,) = send_due(workspace)
    assert ended.state == end
    assert mails(sample) == (3 if end == "done" else 0)


def test_a_person_may_send_what_was_missed(workspace, scheduled, plan, clock, sample):
    clock.advance(3600 + GRACE + 1)
    (missed,) = send_due(workspace)
    assert "`newsletter send 2026-11-20` sends it now" in missed.reason
    assert send_due(workspace) == ()
    campaign = sending.freeze(workspace, plan(), at=None, by="Ada")
    assert sending.dispatch(workspace, campaign).state is CampaignState.DONE
    assert mails(sample) == 3


def test_what_a_crash_cut_off_goes_on_however_late(workspace, scheduled, clock, sample):
    clock.advance(3600)
    with writing(workspace.engine) as connection:
        campaigns.move(connection, scheduled, CampaignState.SENDING, Step(clock.now(), "sender"))
    clock.advance(10 * GRACE)
    (ended,) = send_due(workspace)
    assert ended.state is CampaignState.DONE
    assert mails(sample) == 3


def test_without_a_moment_only_a_person_starts_it(workspace, plan, subscribe, clock):
    subscribe(1)
    sending.freeze(workspace, plan(), at=None, by="Ada")
    clock.advance(86400)
    assert send_due(workspace) == ()


def test_one_that_cannot_go_does_not_hold_up_the_others(
    workspace, plan, subscribe, clock, sample, caplog
):
    subscribe(2)
    subscribe(2, list_key="gems", start=10)
    moment = clock.now() + timedelta(hours=1)
    first = sending.freeze(workspace, plan(), at=moment, by="Ada")
    second = sending.freeze(workspace, plan(list_key="gems"), at=moment, by="Ada")
    with writing(workspace.engine) as connection:
        connection.execute(update(schema.campaign).where(_is(first)).values(candidates=99))
    clock.advance(3600)
    ended = send_due(workspace)
    assert [campaign.id for campaign in ended] == [second.id]
    assert "99" in caplog.text
    assert "@" not in caplog.text


def test_told_to_stop_it_leaves_the_rest_for_the_next_tick(workspace, scheduled, clock, sample):
    clock.advance(3600)
    stopping = threading.Event()
    stopping.set()
    (stopped,) = send_due(workspace, stopping)
    assert stopped.state is CampaignState.SENDING
    assert mails(sample) == 0
    (ended,) = send_due(workspace)
    assert ended.state is CampaignState.DONE
    assert mails(sample) == 3


def test_an_hour_that_is_not_to_be_believed_sends_nothing(workspace, scheduled, clock, sample):
    """The clock jumped after somebody had asked whether it goes evenly."""
    clock.advance(3600)
    assert send_due(workspace, may=lambda: clock.now() < scheduled.send_at) == ()
    assert mails(sample) == 0
