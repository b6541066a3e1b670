"""A send in which some agreed to be tracked: everybody once, and nobody tracked who did not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.config.sending import Sending
from newsletter.domain.campaign import CampaignState, Step
from newsletter.domain.mailing import Tracking
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.store import campaigns, claims, control
from newsletter.store.claims import Terms
from newsletter.store.engine import writing

BOTH = Tracking.OPENS | Tracking.CLICKS
ON = Sending(provider="sendgrid", tracking=("opens", "clicks"))


@pytest.fixture
def frozen(engine, subscribe, freeze, consent):
    """Twelve people, of whom the first seven agreed."""
    subscribe(engine, 12)
    consent(*range(1, 8))
    return freeze(engine, tracking=BOTH)


@pytest.fixture
def mailed(simulator):
    """Whether opens are noted → the numbers of those mailed so, each as often as they were."""

    def look():
        found = {True: [], False: []}
        for one in simulator.ledger.effective():
            found[one.opens] += [
                int(person.address.removeprefix("reader").partition("@")[0])
                for person in one.people
            ]
        return {opens: sorted(people) for opens, people in found.items()}

    return look


def test_only_who_agreed_is_tracked(frozen, sender, mailed):
    assert replace(sender, settings=ON).run(frozen).state is CampaignState.DONE
    assert mailed() == {True: [1, 2, 3, 4, 5, 6, 7], False: [8, 9, 10, 11, 12]}


def test_who_takes_it_back_after_the_freeze_gets_the_mail_untracked(
    frozen, sender, mailed, consent
):
    consent(3, 6, 7, tracking=False)
    assert replace(sender, settings=ON).run(frozen).state is CampaignState.DONE
    assert mailed() == {True: [1, 2, 4, 5], False: [3, 6, 7, 8, 9, 10, 11, 12]}


def test_who_takes_it_back_before_the_second_try_gets_the_mail_untracked(
    frozen, sender, simulator, mailed, consent
):
    simulator.faults.add(Fault(FaultKind.BUSY, count=50))
    paused = replace(sender, settings=ON).run(frozen)
    assert paused.state is CampaignState.PAUSED
    consent(1, 2, tracking=None)
    while simulator.faults.take():
        pass
    assert replace(sender, settings=ON).run(paused).state is CampaignState.DONE
    assert mailed() == {True: [3, 4, 5, 6, 7], False: [1, 2, 8, 9, 10, 11, 12]}


def test_several_threads_mail_everybody_once(engine, frozen, sender, mailed, consent, books):
    consent(*range(1, 7), tracking=False)
    ended = replace(sender, settings=ON, concurrency=4).run(frozen)
    assert ended.state is CampaignState.DONE
    assert mailed() == {True: [7], False: [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12]}
    assert books.log_is_whole(frozen)


def test_a_setting_taken_out_after_the_freeze_tracks_nobody(frozen, sender, mailed):
    assert sender.run(frozen).state is CampaignState.DONE
    assert mailed() == {True: [], False: list(range(1, 13))}


def test_a_split_request_keeps_who_is_tracked(frozen, sender, simulator, mailed):
    simulator.faults.add(Fault(FaultKind.TOO_LARGE, count=1))
    assert replace(sender, settings=ON).run(frozen).state is CampaignState.DONE
    assert mailed() == {True: [1, 2, 3, 4, 5, 6, 7], False: [8, 9, 10, 11, 12]}


def test_a_cancel_at_the_moment_somebody_is_set_apart_leaves_nothing_ready(
    engine, frozen, consent, clock, together, books
):
    consent(1, tracking=False)
    with writing(engine) as connection:
        campaign = control.resume(connection, frozen, Step(clock.now(), "ada"))

    def cancel():
        with writing(engine) as connection:
            held = campaigns.get(connection, frozen.id)
            control.cancel(connection, held, Step(clock.now(), "ada"))

    def claim():
        with writing(engine) as connection:
            terms = Terms(tracking=BOTH)
            step = Step(clock.now(), "sender")
            claims.claim(connection, campaign, step, attempt="a" * 32, owner=1, terms=terms)

    assert together(engine, cancel, claim) == [None, None]
    stands = books.states(frozen)
    assert stands in ({"cancelled": 12}, {"cancelled": 8, "planned": 4})
    assert books.log_is_whole(frozen)
