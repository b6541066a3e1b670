"""What a person does to a campaign, and what becomes of its batches and people."""

import pytest
from sqlalchemy import select, update

from newsletter.domain.campaign import BatchState, CampaignState, Outcome
from newsletter.errors import DeliveryError
from newsletter.store import batches, campaigns, candidates, claims, control, moves, schema
from newsletter.store.engine import reading, writing


@pytest.fixture
def campaign(engine, people, freeze, step):
    """Fifteen people in three batches, sending."""
    people(engine, 15)
    frozen = freeze(engine)
    with writing(engine) as connection:
        return control.resume(connection, frozen, step())


@pytest.fixture
def claim(engine, campaign, step):
    def take(attempt):
        with writing(engine) as connection:
            return claims.claim(connection, campaign, step("sender"), attempt=attempt * 32, owner=1)

    return take


@pytest.fixture
def answer(engine, campaign, step):
    def record(claimed, after, outcome):
        with writing(engine) as connection:
            batches.record(
                connection, campaign, claimed, after, step("sender", "told"), outcome=outcome
            )

    return record


def test_cancelling_ends_what_is_ready_and_leaves_what_may_have_left(
    engine, campaign, claim, answer, ledger, step
):
    under_way, lost = claim("a"), claim("b")
    answer(lost, BatchState.UNKNOWN, Outcome.UNCERTAIN)
    with writing(engine) as connection:
        assert control.cancel(connection, campaign, step(reason="the wrong issue")) == 1
    assert ledger.states(campaign) == {"planned": 5, "unknown": 5, "cancelled": 5}
    assert ledger.log(campaign)[-1] == ("ada", "ready", "cancelled", "the wrong issue")
    answer(under_way, BatchState.SUBMITTED, Outcome.ACCEPTED)
    assert ledger.states(campaign) == {"submitted": 5, "unknown": 5, "cancelled": 5}
    assert claim("c") is None


def test_what_a_busy_provider_gives_back_to_a_cancelled_campaign_is_cancelled(
    engine, campaign, claim, answer, ledger, step
):
    under_way = claim("a")
    with writing(engine) as connection:
        control.cancel(connection, campaign, step())
    answer(under_way, BatchState.READY, Outcome.BUSY)
    assert ledger.states(campaign) == {"cancelled": 15}


def test_who_was_in_a_cancelled_campaign_and_not_mailed_does_not_have_the_issue(
    engine, campaign, claim, answer, step
):
    answer(claim("a"), BatchState.SUBMITTED, Outcome.ACCEPTED)
    answer(claim("b"), BatchState.UNKNOWN, Outcome.UNCERTAIN)
    with writing(engine) as connection:
        control.cancel(connection, campaign, step())
    with reading(engine) as connection:
        counted = candidates.count_audience(
            connection, campaign.issue, "weekly", None, now=campaign.frozen_at
        )
    assert (counted.mailed, counted.excluded) == (5, {"has this issue": 10})


def test_a_paused_campaign_gives_nothing_out_until_it_is_resumed(engine, campaign, claim, step):
    with writing(engine) as connection:
        paused = control.pause(connection, campaign, step(reason="lunch"))
    assert (paused.state, paused.reason) == (CampaignState.PAUSED, "lunch")
    assert claim("a") is None
    with writing(engine) as connection:
        control.resume(connection, paused, step())
    assert claim("a") is not None


def test_only_a_locked_campaign_is_unlocked_and_it_is_paused_then(engine, campaign, step):
    told = pytest.raises(DeliveryError, match="is not locked, but sending")
    with told, writing(engine) as connection:
        control.unlock(connection, campaign, step())
    with writing(engine) as connection:
        campaigns.move(connection, campaign, CampaignState.LOCKED, step())
        locked = campaigns.get(connection, campaign.id)
        assert control.unlock(connection, locked, step()).state is CampaignState.PAUSED


@pytest.fixture
def doubted(engine, campaign, claim, answer, step):
    """All three batches tried; the first and second in doubt, the third submitted."""
    taken = [claim(letter) for letter in "abc"]
    for one, after in zip(taken, ("unknown", "unknown", "submitted"), strict=True):
        outcome = Outcome.ACCEPTED if after == "submitted" else Outcome.UNCERTAIN
        answer(one, BatchState(after), outcome)
    with writing(engine) as connection:
        return campaigns.conclude(connection, campaign.id, step("sender"))


@pytest.mark.parametrize(
    ("word", "stand"),
    [("submitted", "submitted"), ("ready", "planned"), ("cancelled", "cancelled")],
)
def test_a_person_decides_a_batch_and_the_log_says_who_and_why(
    engine, doubted, ledger, step, word, stand
):
    why = step("ada", "the provider's page shows nothing")
    with writing(engine) as connection:
        assert (
            control.decide(connection, doubted, 0, BatchState(word), why).state
            is CampaignState.UNSETTLED
        )
    states = ledger.states(doubted)
    assert states["unknown"] == 5
    assert states[stand] == (10 if stand == "submitted" else 5)
    assert [entry[1:3] for entry in ledger.log(doubted)[-2:]] == [
        ("unknown", "held"),
        ("held", word),
    ]
    assert {(entry[0], entry[3]) for entry in ledger.log(doubted)[-2:]} == {
        ("ada", "the provider's page shows nothing")
    }


def test_the_last_decision_ends_the_campaign(engine, doubted, ledger, step):
    with writing(engine) as connection:
        control.decide(connection, doubted, 0, BatchState.CANCELLED, step())
        ended = control.decide(connection, doubted, 1, BatchState.SUBMITTED, step())
    assert ended.state is CampaignState.DONE
    assert ledger.states(doubted) == {"submitted": 10, "cancelled": 5}


@pytest.mark.parametrize(("sequence", "told"), [(2, "it is submitted"), (3, "it is not there")])
def test_what_is_not_in_doubt_is_not_decided(engine, doubted, ledger, step, sequence, told):
    known = ledger.everything()
    with pytest.raises(DeliveryError, match=told), writing(engine) as connection:
        control.decide(connection, doubted, sequence, BatchState.READY, step())
    assert ledger.everything() == known


def test_nothing_is_sent_again_in_a_cancelled_campaign(engine, doubted, ledger, step):
    with writing(engine) as connection:
        control.cancel(connection, doubted, step())
    known = ledger.everything()
    with pytest.raises(DeliveryError, match="cancelled"), writing(engine) as connection:
        control.decide(connection, doubted, 0, BatchState.READY, step())
    assert ledger.everything() == known


def test_a_late_acceptance_settles_a_batch_that_waits_for_a_person(
    engine, campaign, claim, answer, ledger, step
):
    late = claim("a")
    for before, after in (("submitting", "unknown"), ("unknown", "held")):
        put_through(engine, late, before, after, step)
    answer(late, BatchState.SUBMITTED, Outcome.ACCEPTED)
    assert ledger.states(campaign) == {"submitted": 5, "planned": 10}


def test_a_late_refusal_is_kept_with_the_attempt_and_moves_nothing(
    engine, campaign, claim, answer, ledger, step
):
    late = claim("a")
    put_through(engine, late, "submitting", "unknown", step)
    answer(late, BatchState.READY, Outcome.BUSY)
    assert ledger.states(campaign) == {"unknown": 5, "planned": 10}
    with reading(engine) as connection:
        kept = connection.execute(select(schema.attempt.c.outcome, schema.attempt.c.reason)).one()
    assert kept == ("busy", "told")


def test_a_late_acceptance_of_an_attempt_that_was_resent_moves_nothing(
    engine, campaign, claim, answer, ledger, step
):
    late = claim("a")
    put_through(engine, late, "submitting", "unknown", step)
    with writing(engine) as connection:
        control.decide(connection, campaign, 0, BatchState.READY, step())
    again = claim("b")
    assert again.batch == late.batch
    answer(late, BatchState.SUBMITTED, Outcome.ACCEPTED)
    assert ledger.states(campaign) == {"planned": 15}
    with reading(engine) as connection:
        outcomes = dict(
            connection.execute(select(schema.attempt.c.id, schema.attempt.c.outcome)).all()
        )
    assert outcomes == {"a" * 32: "accepted", "b" * 32: None}


def put_through(engine, claimed, before, after, step):
    with writing(engine) as connection:
        owner = connection.execute(select(schema.batch.c.campaign_id).limit(1)).scalar_one()
        moves.move(
            connection,
            owner,
            claimed.batch,
            BatchState(before),
            BatchState(after),
            step=step(),
            attempt=claimed.attempt,
        )


def test_people_who_left_after_the_freeze_are_counted_in_the_log_and_dated(
    engine, campaign, claim, ledger, step
):
    with writing(engine) as connection:
        entry = schema.subscription
        connection.execute(
            update(entry).where(entry.c.subscriber_id.in_([2, 4])).values(status="unsubscribed")
        )
    assert len(claim("a").deliveries) == 3
    assert ledger.log(campaign)[-1][3] == "2 suppressed after the freeze"
    delivery = schema.delivery
    with reading(engine) as connection:
        ended = connection.execute(
            select(delivery.c.subscriber_id, delivery.c.ended_at).where(
                delivery.c.ending == "suppressed"
            )
        ).all()
    assert sorted(ended) == [(2, step().at), (4, step().at)]
