"""A send over HTTP to the simulator: once to each person, whatever the provider answers."""

import pytest
from sqlalchemy import insert, select, update

from newsletter.domain.campaign import CampaignState, DeliveryState
from newsletter.errors import DeliveryError
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.store import accounting, campaigns, candidates, schema
from newsletter.store.engine import reading, writing


@pytest.fixture
def frozen(engine, subscribe, freeze):
    subscribe(engine, 12)
    return freeze(engine)


def states(engine, campaign):
    with reading(engine) as connection:
        sums = accounting.account(connection, campaign.id)
    assert sums.balances
    return {state.value: count for state, count in sums.states.items()}


def accepted(simulator):
    return sorted(person.address for one in simulator.ledger.effective() for person in one.people)


def everybody(count=12):
    return sorted(f"reader{number}@example.com" for number in range(1, count + 1))


def test_everybody_is_mailed_once_with_their_own_values(engine, frozen, sender, simulator):
    ended = sender.run(frozen)
    assert ended.state is CampaignState.DONE
    assert states(engine, frozen) == {"submitted": 12}
    assert accepted(simulator) == everybody()
    assert len(simulator.ledger.acceptances()) == 3
    (letter,) = simulator.letters_to("reader7@example.com")
    assert "Dear R7<" in letter.html
    assert "xq" not in letter.html + letter.text


def test_a_second_run_mails_nobody(frozen, sender, simulator):
    ended = sender.run(frozen)
    with pytest.raises(DeliveryError, match="done"):
        sender.run(ended)
    assert accepted(simulator) == everybody()


@pytest.mark.parametrize("kind", [FaultKind.BUSY, FaultKind.BUSY_RESET])
def test_busy_answers_are_waited_out(engine, frozen, sender, simulator, clock, kind):
    simulator.faults.add(Fault(kind, count=2, value=3))
    assert sender.run(frozen).state is CampaignState.DONE
    assert accepted(simulator) == everybody()
    assert states(engine, frozen) == {"submitted": 12}
    assert clock.slept
    assert sum(clock.slept) < 60


def test_a_provider_that_stays_busy_pauses_and_the_next_run_goes_on(
    engine, frozen, sender, simulator
):
    simulator.faults.add(Fault(FaultKind.BUSY, count=50))
    paused = sender.run(frozen)
    assert paused.state is CampaignState.PAUSED
    assert "busy" in paused.reason
    assert states(engine, frozen) == {"planned": 12}
    while simulator.faults.take():
        pass
    assert sender.run(paused).state is CampaignState.DONE
    assert accepted(simulator) == everybody()


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.ERROR_500_AFTER,
        FaultKind.ERROR_503_AFTER,
        FaultKind.RESET_AFTER,
        FaultKind.TRUNCATED_AFTER,
        FaultKind.HANG_AFTER,
    ],
)
def test_an_answer_lost_after_acceptance_is_unknown_then_proven_by_an_event(
    engine, frozen, sender, simulator, kind, clock
):
    simulator.faults.add(Fault(kind, value=1))
    ended = sender.run(frozen)
    assert ended.state is CampaignState.UNSETTLED
    assert states(engine, frozen) == {"submitted": 7, "unknown": 5}
    assert accepted(simulator) == everybody()
    again = sender.run(ended)
    assert again.state is CampaignState.UNSETTLED
    assert accepted(simulator) == everybody()


@pytest.mark.parametrize(
    "kind", [FaultKind.ERROR_500_BEFORE, FaultKind.ERROR_503_BEFORE, FaultKind.CAPTIVE]
)
def test_an_odd_answer_before_acceptance_is_unknown_too_and_never_sent_again(
    engine, frozen, sender, simulator, kind
):
    simulator.faults.add(Fault(kind))
    ended = sender.run(frozen)
    assert ended.state is CampaignState.UNSETTLED
    assert states(engine, frozen) == {"submitted": 7, "unknown": 5}
    with reading(engine) as connection:
        (doubt,) = accounting.doubtful(connection, frozen.id)
    assert (doubt.recipients, doubt.state) == (5, "unknown")
    assert len(accepted(simulator)) == 7
    sender.run(ended)
    assert len(accepted(simulator)) == 7


def test_many_lost_answers_in_a_row_pause_the_campaign(
    engine, subscribe, freeze, sender, simulator
):
    subscribe(engine, 60)
    campaign = freeze(engine)
    simulator.faults.add(Fault(FaultKind.ERROR_500_BEFORE, count=20))
    paused = sender.run(campaign)
    assert paused.state is CampaignState.PAUSED
    assert states(engine, campaign) == {"unknown": 40, "planned": 20}


def test_a_request_that_is_too_large_is_split(engine, frozen, sender, simulator):
    simulator.faults.add(Fault(FaultKind.TOO_LARGE, count=2))
    assert sender.run(frozen).state is CampaignState.DONE
    assert states(engine, frozen) == {"submitted": 12}
    assert accepted(simulator) == everybody()
    sizes = sorted(len(one.people) for one in simulator.ledger.acceptances())
    assert sizes == [1, 1, 2, 3, 5]


def test_a_refused_request_pauses_at_once_and_rejects_nobody(engine, frozen, sender, simulator):
    simulator.faults.add(Fault(FaultKind.UNAUTHORIZED))
    paused = sender.run(frozen)
    assert paused.state is CampaignState.PAUSED
    assert states(engine, frozen) == {"planned": 12}
    assert accepted(simulator) == []
    assert sender.run(paused).state is CampaignState.DONE
    assert accepted(simulator) == everybody()


def test_one_bad_address_is_rejected_and_the_others_go(engine, frozen, sender, simulator):
    simulator.faults.add(Fault(FaultKind.BAD_ADDRESS, value=2))
    assert sender.run(frozen).state is CampaignState.DONE
    assert states(engine, frozen) == {"submitted": 11, "rejected": 1}
    assert accepted(simulator) == [one for one in everybody() if one != "reader3@example.com"]


def test_who_left_between_freeze_and_claim_is_suppressed(engine, frozen, sender, simulator, clock):
    person, entry = schema.subscriber, schema.subscription
    with writing(engine) as connection:
        digest = connection.execute(select(person.c.digest).where(person.c.id == 2)).scalar_one()
        connection.execute(
            insert(schema.suppression).values(digest=digest, reason="complained", at=clock.now())
        )
        connection.execute(
            update(entry).where(entry.c.subscriber_id == 9).values(status="unsubscribed")
        )
    assert sender.run(frozen).state is CampaignState.DONE
    assert states(engine, frozen) == {"submitted": 10, "suppressed": 2}
    gone = {"reader2@example.com", "reader9@example.com"}
    assert accepted(simulator) == [one for one in everybody() if one not in gone]


def test_a_batch_of_which_nobody_is_left_is_cancelled(engine, frozen, sender, simulator):
    entry = schema.subscription
    with writing(engine) as connection:
        connection.execute(
            update(entry).where(entry.c.subscriber_id <= 5).values(status="unsubscribed")
        )
    assert sender.run(frozen).state is CampaignState.DONE
    assert states(engine, frozen) == {"submitted": 7, "suppressed": 5}
    assert len(simulator.ledger.acceptances()) == 2


def test_edits_after_the_freeze_change_nothing(engine, frozen, sender, simulator, subscribe):
    subscribe(engine, 3, start=100)
    with writing(engine) as connection:
        connection.execute(update(schema.subscriber).values(attributes={"first_name": "Changed"}))
    sender.run(frozen)
    assert accepted(simulator) == everybody()
    (letter,) = simulator.letters_to("reader7@example.com")
    assert "Dear R7<" in letter.html


def test_every_move_is_logged_with_its_actor(engine, frozen, sender):
    sender.run(frozen)
    log = schema.transition
    with reading(engine) as connection:
        rows = connection.execute(
            select(log.c.before, log.c.after, log.c.actor).order_by(log.c.id)
        ).all()
    batch = [("ready", "submitting", "sender"), ("submitting", "submitted", "sender")]
    assert [tuple(row) for row in rows] == [
        ("", "frozen", "test"),
        ("frozen", "sending", "sender"),
        *batch * 3,
        ("sending", "done", "sender"),
    ]


def test_a_campaign_cancelled_by_another_process_stops(engine, frozen, sender, simulator):
    def cancel(_count):
        table = schema.campaign
        with writing(engine) as connection:
            connection.execute(update(table).values(state=CampaignState.CANCELLED))

    sender.progress = cancel
    ended = sender.run(frozen)
    assert ended.state is CampaignState.CANCELLED
    assert len(simulator.ledger.acceptances()) == 2  # the second was claimed before the cancel
    assert states(engine, frozen) == {"submitted": 10, "planned": 2}


def test_excluded_people_are_counted_with_their_reason(engine, subscribe, freeze, clock):
    subscribe(engine, 4)
    subscribe(engine, 2, start=50, status="unsubscribed")
    person = schema.subscriber
    with writing(engine) as connection:
        digest = connection.execute(select(person.c.digest).where(person.c.id == 1)).scalar_one()
        connection.execute(
            insert(schema.suppression).values(digest=digest, reason="bounced", at=clock.now())
        )
    campaign = freeze(engine)
    with reading(engine) as connection:
        sums = accounting.account(connection, campaign.id)
        counted = candidates.count_audience(connection, "another", "weekly", None, now=clock.now())
    assert sums.balances
    assert sums.excluded == {"bounced": 1, "unsubscribed": 2}
    assert sums.states == {DeliveryState.PLANNED: 3}
    assert (counted.mailed, counted.excluded) == (3, {"bounced": 1, "unsubscribed": 2})


def test_a_stopped_send_ends_its_request_and_the_next_run_goes_on(
    engine, frozen, sender, simulator
):
    sender.progress = lambda _count: sender.stopping.set()
    stopped = sender.run(frozen)
    assert stopped.state is CampaignState.SENDING
    # The second batch was claimed in the commit that recorded the first, so it goes out too.
    assert states(engine, frozen) == {"submitted": 10, "planned": 2}
    sender.stopping.clear()
    assert sender.run(stopped).state is CampaignState.DONE
    assert accepted(simulator) == everybody()


def test_an_interrupt_leaves_nothing_in_doubt(engine, frozen, sender, simulator, monkeypatch):
    def interrupted(_self, timeout=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("concurrent.futures.Future.result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sender.run(frozen)
    assert "unknown" not in states(engine, frozen)
    sender.stopping.clear()
    with reading(engine) as connection:
        sender.run(campaigns.get(connection, frozen.id))
    assert accepted(simulator) == everybody()


def test_several_threads_mail_nobody_twice(engine, subscribe, freeze, sender, simulator):
    subscribe(engine, 100)
    campaign = freeze(engine)
    sender.concurrency = 4
    simulator.faults.add(Fault(FaultKind.BUSY, count=3), Fault(FaultKind.BAD_ADDRESS, value=1))
    assert sender.run(campaign).state is CampaignState.DONE
    assert states(engine, campaign) == {"submitted": 99, "rejected": 1}
    assert len(accepted(simulator)) == len(set(accepted(simulator))) == 99


def test_nobody_gets_an_issue_twice_for_being_on_two_lists(
    engine, frozen, sender, simulator, subscribe, freeze
):
    sender.run(frozen)
    subscribe(engine, 1, start=50)
    with writing(engine) as connection:
        for number in (3, 4, 50):
            connection.execute(
                insert(schema.subscription).values(
                    subscriber_id=number,
                    list_key="gems",
                    status="subscribed",
                    consent_source="test",
                    subscribed_at=frozen.frozen_at,
                )
            )
    with reading(engine) as connection:
        counted = candidates.count_audience(
            connection, frozen.issue, "gems", None, now=frozen.frozen_at
        )
        next_week = candidates.count_audience(
            connection, "2026-12-04", "gems", None, now=frozen.frozen_at
        )
    assert (counted.mailed, counted.excluded) == (1, {"has this issue": 2})
    assert (next_week.mailed, next_week.excluded) == (3, {})
    gems = freeze(engine, list_key="gems")
    assert states(engine, gems) == {"planned": 1}
    sender.run(gems)
    assert accepted(simulator) == sorted([*everybody(), "reader50@example.com"])
