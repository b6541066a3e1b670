"""The undo window: mail that can be called back, and the fuse for lost answers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from newsletter.config import Sending
from newsletter.delivery.recall import recall
from newsletter.delivery.settle import settle
from newsletter.domain.campaign import CampaignState, Step
from newsletter.errors import Refusal, Rejected, Uncertain
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.store import campaigns, schema
from newsletter.store.engine import reading, writing

HELD = Sending(provider="sendgrid", hold_for="30m")
FUSED = Sending(provider="sendgrid", hold_for="30m", fuse=True)
NO_WAITING = timedelta()


def people(simulator):
    return sorted(person.address for one in simulator.ledger.effective() for person in one.people)


def settled(engine, sender, *, fuse=False):
    settle(engine, sender.provider, sender.clock, fuse=fuse, webhook=True)


@pytest.fixture
def campaign(engine, subscribe, freeze):
    subscribe(engine, 12)
    return freeze(engine)


@pytest.fixture
def fresh(engine):
    def read(campaign):
        with reading(engine) as connection:
            return campaigns.get(connection, campaign.id)

    return read


@pytest.fixture
def call_back(engine, sender, fresh):
    def call(campaign):
        step = Step(sender.clock.now(), "ada")
        return recall(engine, sender.provider, sender.clock, fresh(campaign), step)

    return call


def test_a_send_stays_until_its_undo_window_has_passed(
    campaign, sender, simulator, books, clock, everybody
):
    sender.settings = HELD
    began = clock.now()
    assert sender.run(campaign).state is CampaignState.DONE
    assert timedelta(minutes=30) <= clock.now() - began < timedelta(minutes=31)
    assert books.states(campaign) == {"submitted": 12}
    assert people(simulator) == everybody(12)
    accepted = simulator.ledger.acceptances()
    assert {one.send_at for one in accepted} == {int((began + timedelta(minutes=30)).timestamp())}
    assert len({one.batch_id for one in accepted}) == 1
    assert not any(one.lost for one in accepted)
    assert books.log_is_whole(campaign)


def test_a_scheduled_campaign_leaves_at_its_hour(campaign, sender, simulator, books, clock):
    hour = clock.now() + timedelta(hours=2)
    with writing(sender.engine) as connection:
        connection.execute(update(schema.campaign).values(send_at=hour))
    sender.settings = HELD
    clock.advance(90 * 60)
    sender.run(replace(campaign, send_at=hour))
    assert {one.send_at for one in simulator.ledger.acceptances()} == {int(hour.timestamp())}


def test_everybody_can_be_called_back(campaign, sender, simulator, books, call_back):
    sender.settings, sender.patience = HELD, NO_WAITING
    assert sender.run(campaign).state is CampaignState.SENDING
    assert books.states(campaign) == {"scheduled": 12}
    told = call_back(campaign)
    assert (told.called_back, told.asked, told.too_late, told.under_way) == (12, 0, 0, 0)
    assert books.states(campaign) == {"cancelled": 12}
    assert books.state(campaign) is CampaignState.CANCELLED
    assert people(simulator) == []
    assert books.log_is_whole(campaign)


def test_what_leaves_within_minutes_is_too_late_to_call_back(
    engine, campaign, sender, simulator, books, clock, call_back, everybody
):
    sender.settings, sender.patience = HELD, NO_WAITING
    sender.run(campaign)
    clock.advance(21 * 60)
    told = call_back(campaign)
    assert (told.called_back, told.too_late) == (0, 12)
    clock.advance(9 * 60)
    settled(engine, sender)
    assert books.states(campaign) == {"submitted": 12}
    assert people(simulator) == everybody(12)


def test_a_recall_that_is_not_confirmed_at_once_is_pursued(
    engine, campaign, sender, simulator, books, clock, call_back, monkeypatch
):
    sender.settings, sender.patience = HELD, NO_WAITING
    sender.run(campaign)
    monkeypatch.setattr(type(sender.provider), "discarded", lambda *_: False)
    assert call_back(campaign).asked == 12
    assert books.states(campaign) == {"unknown": 12}
    monkeypatch.undo()
    told = call_back(campaign)
    assert (told.called_back, told.asked, told.too_late) == (12, 0, 0)
    assert books.states(campaign) == {"cancelled": 12}
    assert people(simulator) == []
    assert call_back(campaign).called_back == 12


def test_a_recall_whose_answer_is_lost_is_asked_again(
    campaign, sender, simulator, books, call_back
):
    sender.settings, sender.patience = HELD, NO_WAITING
    sender.run(campaign)
    simulator.faults.add(Fault(FaultKind.RECALL_500))
    assert call_back(campaign).called_back == 12
    assert people(simulator) == []


@pytest.mark.parametrize("kind", [FaultKind.ERROR_503_BEFORE, FaultKind.RESET_AFTER])
def test_the_fuse_calls_a_lost_request_back_and_sends_it_again(
    campaign, sender, simulator, books, clock, everybody, kind
):
    sender.settings = FUSED
    simulator.faults.add(Fault(kind))
    began = clock.now()
    assert sender.run(campaign).state is CampaignState.DONE
    assert books.states(campaign) == {"submitted": 12}
    assert people(simulator) == everybody(12)
    assert clock.now() - began >= timedelta(minutes=16 + 30)
    assert books.log_is_whole(campaign)


def test_a_fuse_that_is_not_confirmed_in_time_is_held_and_never_sent_again(
    campaign, sender, simulator, books, monkeypatch
):
    monkeypatch.setattr(type(sender.provider), "discarded", lambda *_: False)
    sender.settings = FUSED
    simulator.faults.add(Fault(FaultKind.ERROR_503_AFTER))
    assert sender.run(campaign).state is CampaignState.UNSETTLED
    assert books.states(campaign) == {"submitted": 7, "held": 5}
    assert len(simulator.ledger.acceptances()) == 3


def test_a_request_that_arrives_after_it_was_called_back_reaches_nobody(
    engine, campaign, sender, simulator, books, everybody
):
    sender.settings = FUSED
    late = []
    submit = sender.provider.submit

    def lost(mailing):
        sender.provider.__dict__.pop("submit")
        late.append(mailing)
        raise Uncertain("lost")

    sender.provider.submit = lost
    sender.run(campaign)
    submit(late[0])
    assert people(simulator) == everybody(12)
    assert simulator.ledger.duplicates() == {}


def test_more_lost_requests_than_can_be_called_back_are_held(
    engine, subscribe, freeze, sender, simulator, books
):
    subscribe(engine, 12)
    campaign = freeze(engine, size=1)
    sender.settings, sender.patience = FUSED, NO_WAITING
    simulator.faults.add(Fault(FaultKind.ERROR_503_BEFORE, count=11))
    run = sender.run(campaign)
    while run.state is CampaignState.PAUSED:
        run = sender.run(run)
    settled(engine, sender, fuse=True)
    found = books.states(campaign)
    assert found["held"] == 3
    assert len(simulator.ledger.stopped()) <= 8


def test_a_provider_that_opens_no_undo_window_is_not_sent_to(
    campaign, sender, simulator, books, monkeypatch
):
    def refuse(_self):
        raise Rejected("the key may not", refusal=Refusal.ACCOUNT)

    monkeypatch.setattr(type(sender.provider), "new_recall", refuse)
    sender.settings = HELD
    paused = sender.run(campaign)
    assert paused.state is CampaignState.PAUSED
    assert "the key may not" in paused.reason
    assert simulator.ledger.acceptances() == ()
