"""Pause, resume, cancel, unlock: what they change, whom they name, and what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.domain.campaign import CampaignState, DeliveryState, Step
from newsletter.errors import DeliveryError, IssueError
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.store import campaigns
from newsletter.store.engine import writing
from newsletter.usecases import control, planning, sending
from newsletter.usecases.control import Choice
from newsletter.usecases.due import send_due
from newsletter.usecases.status import campaign_status, log

SLUG = "2026-11-20"
ANY = Choice(SLUG)


@pytest.fixture
def frozen(workspace, plan, subscribe):
    """A campaign of three people, begun by Ada."""
    subscribe(3)
    return sending.freeze(workspace, plan(), at=None, by="Ada")


@pytest.fixture
def two(workspace, plan, subscribe):
    """Campaigns to two lists, three people each."""
    subscribe(3)
    subscribe(3, list_key="gems", start=10)
    return [
        sending.freeze(workspace, plan(list_key=key), at=None, by="Ada")
        for key in ("weekly", "gems")
    ]


def last_move(workspace):
    moves = [one for _, moves in log(workspace, SLUG, routine=False) for one in moves]
    return max(moves, key=lambda one: one.at)


def test_what_is_paused_is_not_sent_until_it_is_resumed(workspace, frozen, clock):
    (paused,) = control.pause(workspace, ANY, by="Bea")
    assert (paused.state, paused.reason) == (CampaignState.PAUSED, "paused by Bea")
    assert send_due(workspace) == ()
    (resumed,) = control.resume(workspace, ANY, by="Bea")
    assert resumed.state is CampaignState.SENDING
    (ended,) = send_due(workspace)
    assert ended.state is CampaignState.DONE


def test_who_did_it_and_when_is_in_the_log(workspace, frozen, clock):
    clock.advance(60)
    control.pause(workspace, ANY, by="Bea")
    moved = last_move(workspace)
    assert (moved.at, moved.actor) == (clock.now(), "Bea")
    assert (moved.before, moved.after) == ("frozen", "paused")


def test_resumed_before_its_hour_it_waits_for_it(workspace, plan, subscribe, clock):
    subscribe(3)
    hour = clock.now() + timedelta(hours=1)
    sending.freeze(workspace, plan(), at=hour, by="Ada")
    control.pause(workspace, ANY, by="Ada")
    with pytest.raises(DeliveryError, match="is paused; `newsletter resume 2026-11-20`"):
        sending.freeze(workspace, plan(), at=None, by="Ada")
    clock.advance(60)
    (resumed,) = control.resume(workspace, ANY, by="Ada")
    assert (resumed.state, resumed.send_at) == (CampaignState.FROZEN, hour)
    assert send_due(workspace) == ()
    clock.advance(3600)
    (ended,) = send_due(workspace)
    assert ended.state is CampaignState.DONE


def test_a_missed_campaign_goes_on_by_a_persons_word_only(workspace, plan, subscribe, clock):
    subscribe(3)
    sending.freeze(workspace, plan(), at=clock.now() + timedelta(hours=1), by="Ada")
    clock.advance(10 * 3600)
    (missed,) = send_due(workspace)
    assert missed.state is CampaignState.MISSED
    assert send_due(workspace) == ()
    control.resume(workspace, ANY, by="Ada")
    (ended,) = send_due(workspace)
    assert ended.state is CampaignState.DONE


def test_of_several_campaigns_one_must_be_named_or_all(workspace, two):
    with pytest.raises(DeliveryError) as raised:
        control.pause(workspace, ANY, by="Ada")
    assert "2 campaigns that can be paused: gems, weekly; name one with --list" in str(raised.value)
    (gems,) = control.pause(workspace, Choice(SLUG, list_key="gems"), by="Ada")
    assert gems.list_key == "gems"
    (weekly,) = control.pause(workspace, ANY, by="Ada")  # the only one left to be paused
    assert weekly.list_key == "weekly"
    assert len(control.resume(workspace, Choice(SLUG, every=True), by="Ada")) == 2


def test_what_cannot_be_done_says_why(workspace, frozen):
    with pytest.raises(
        DeliveryError, match="no campaign of “2026-11-20” can be resumed: weekly is"
    ):
        control.resume(workspace, ANY, by="Ada")
    with pytest.raises(DeliveryError, match="has no such campaign; `newsletter status 2026-11-20`"):
        control.pause(workspace, Choice(SLUG, list_key="watches"), by="Ada")


def test_cancel_gives_up_what_has_not_left_and_accounts_for_everybody(workspace, frozen):
    (done,) = control.cancel(workspace, ANY, by="Bea")
    assert done.campaign.state is CampaignState.CANCELLED
    assert (done.states, done.under_way) == ({DeliveryState.CANCELLED: 3}, 0)
    assert campaign_status(workspace, frozen.id).accounting.balances
    with pytest.raises(DeliveryError, match="this campaign is cancelled; nobody is mailed twice"):
        sending.dispatch(workspace, done.campaign)


def test_after_a_cancelled_campaign_the_rest_may_be_mailed_by_a_new_one(
    through_sendgrid, simulator, plan, subscribe
):
    subscribe(250)  # three batches, one request each at a time
    simulator.faults.add(Fault(FaultKind.RESET_AFTER), Fault(FaultKind.UNAUTHORIZED))
    first = sending.freeze(through_sendgrid, plan(here=through_sendgrid), at=None, by="Ada")
    sending.dispatch(through_sendgrid, first)
    (done,) = control.cancel(through_sendgrid, ANY, by="Ada")
    had = 250 - done.states[DeliveryState.CANCELLED]
    again = plan(here=through_sendgrid)
    assert again.excluded == {"has this issue": had}
    second = sending.freeze(through_sendgrid, again, at=None, by="Ada")
    assert second.id != first.id
    assert sending.dispatch(through_sendgrid, second).state is CampaignState.DONE
    mailed = [person.address for one in simulator.ledger.effective() for person in one.people]
    assert len(mailed) == len(set(mailed)) == 250


def test_two_who_send_anew_after_a_cancelled_campaign_make_one(workspace, frozen, plan):
    control.cancel(workspace, ANY, by="Ada")
    mine, theirs = plan(), plan()
    assert sending.freeze(workspace, mine, at=None, by="Ada") == sending.freeze(
        workspace, theirs, at=None, by="Bea"
    )


def test_unlocked_by_a_person_a_campaign_is_paused_and_not_sent(workspace, frozen, clock):
    with writing(workspace.engine) as connection:
        campaigns.move(
            connection, frozen, CampaignState.LOCKED, Step(clock.now(), "guard", "restored")
        )
    (unlocked,) = control.unlock(workspace, ANY, by="Bea")
    assert (unlocked.state, unlocked.reason) == (CampaignState.PAUSED, "unlocked by Bea")
    with pytest.raises(DeliveryError, match="can be unlocked: weekly is paused"):
        control.unlock(workspace, ANY, by="Bea")


def test_the_outbox_cannot_recall(workspace, frozen):
    with pytest.raises(DeliveryError, match="outbox cannot recall mail; `newsletter cancel"):
        control.recall(workspace, ANY, by="Ada")


def test_an_audience_that_is_unknown_is_named_before_anything_is_counted(
    workspace, approved, sample
):
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8")
    heading = next(line for line in text.splitlines() if line.startswith("## "))
    issue.write_text(
        text.replace(heading, f"{heading}\n<!-- audience: nobodies -->", 1), encoding="utf-8"
    )
    with pytest.raises(IssueError, match=r"issue\.md:\d+: there is no segment “nobodies”"):
        planning.plan_send(workspace, SLUG, list_key=None, segment=None)
