"""Each pair of states, on both databases: what the tables allow happens and is logged, the rest
raises and changes nothing.
"""

import pytest
from sqlalchemy import insert, select, update

from newsletter.domain.campaign import BATCH_MOVES, CAMPAIGN_MOVES, BatchState, CampaignState
from newsletter.errors import DeliveryError
from newsletter.store import campaigns, moves, schema
from newsletter.store.engine import writing

ATTEMPT = "a" * 32

CAMPAIGN_PAIRS = [(before, after) for before in CampaignState for after in CampaignState]
BATCH_PAIRS = [(before, after) for before in BatchState for after in BatchState]
ENDS = (CampaignState.DONE, CampaignState.UNSETTLED)


@pytest.fixture
def campaign(engine, people, freeze):
    people(engine, 3)
    return freeze(engine)


@pytest.fixture
def batch_id(engine, campaign):
    with writing(engine) as connection:
        return connection.execute(select(schema.batch.c.id)).scalar_one()


def put(engine, campaign, state, *, batch="ready"):
    """Let the campaign and its batch stand there, by no move."""
    with writing(engine) as connection:
        connection.execute(update(schema.batch).values(state=batch))
        connection.execute(update(schema.campaign).values(state=state))
        return campaigns.get(connection, campaign.id)


def put_batch(engine, batch_id, state):
    with writing(engine) as connection:
        known = {"id": ATTEMPT, "batch_id": batch_id, "recipients": 3}
        if connection.execute(select(schema.attempt.c.id)).first() is None:
            moment = campaigns.every(connection)[0].frozen_at
            connection.execute(insert(schema.attempt).values(**known, created_at=moment))
        connection.execute(update(schema.batch).values(state=state, attempt_id=ATTEMPT))


def test_every_pair_of_campaign_states(engine, campaign, ledger, step):
    for before, after in CAMPAIGN_PAIRS:
        # Nothing is planned any more where the campaign is to end.
        batch = {"done": "submitted", "unsettled": "unknown"}.get(after, "ready")
        standing = put(engine, campaign, before, batch=batch)
        known = ledger.everything()
        try:
            with writing(engine) as connection:
                campaigns.move(connection, standing, after, step(reason="why"))
            moved = True
        except DeliveryError:
            moved = False
        assert moved is (after in CAMPAIGN_MOVES[before]), (before, after)
        if moved:
            assert ledger.campaign(campaign).state is after
            assert ledger.log(campaign)[-1] == ("ada", before, after, "why")
        else:
            assert ledger.everything() == known


def test_every_pair_of_batch_states(engine, campaign, batch_id, ledger, step):
    for before, after in BATCH_PAIRS:
        put_batch(engine, batch_id, before)
        known = ledger.everything()
        try:
            with writing(engine) as connection:
                moves.move(
                    connection,
                    campaign.id,
                    batch_id,
                    before,
                    after,
                    step=step(reason="why"),
                    attempt=ATTEMPT,
                )
            moved = True
        except DeliveryError:
            moved = False
        assert moved is (after in BATCH_MOVES[before]), (before, after)
        if moved:
            assert ledger.batches(campaign)[0][1] == after
            assert ledger.log(campaign)[-1] == ("ada", before, after, "why")
        else:
            assert ledger.everything() == known


def test_a_campaign_that_stands_elsewhere_is_not_moved(engine, campaign, ledger, step):
    for actual in CampaignState:
        put(engine, campaign, actual)
        known = ledger.everything()
        for believed in CampaignState:
            seen = put_belief(campaign, believed)
            for after in CAMPAIGN_MOVES[believed] - {*ENDS}:
                if believed is actual:
                    continue
                with (
                    pytest.raises(DeliveryError, match="another process"),
                    writing(engine) as connection,
                ):
                    campaigns.move(connection, seen, after, step())
        assert ledger.everything() == known


def put_belief(campaign, state):
    return type(campaign)(
        **{
            name: getattr(campaign, name)
            for name in type(campaign).__dataclass_fields__
            if name != "state"
        },
        state=state,
    )


def test_a_batch_of_another_attempt_is_not_moved(engine, campaign, batch_id, ledger, step):
    for before in set(BatchState) - {BatchState.READY}:
        put_batch(engine, batch_id, before)
        known = ledger.everything()
        for after in BATCH_MOVES[before]:
            with (
                pytest.raises(DeliveryError, match="another process"),
                writing(engine) as connection,
            ):
                moves.move(
                    connection, campaign.id, batch_id, before, after, step=step(), attempt="b" * 32
                )
        assert ledger.everything() == known


@pytest.mark.parametrize("after", ENDS)
def test_a_campaign_whose_sums_do_not_hold_cannot_end(engine, campaign, ledger, step, after):
    standing = put(engine, campaign, "sending", batch="unknown")
    with writing(engine) as connection:
        connection.execute(update(schema.campaign).values(candidates=4))
    told = "4 candidates, 0 excluded, 3 deliveries .3 unknown."
    with pytest.raises(DeliveryError, match=told), writing(engine) as connection:
        campaigns.move(connection, standing, after, step())
    assert ledger.campaign(campaign).state is CampaignState.SENDING


@pytest.mark.parametrize(
    ("batch", "after"), [("unknown", "done"), ("held", "done"), ("ready", "unsettled")]
)
def test_a_campaign_cannot_end_as_what_it_is_not(engine, campaign, ledger, step, batch, after):
    standing = put(engine, campaign, "sending", batch=batch)
    with pytest.raises(DeliveryError, match=f"is not {after}: 3 "), writing(engine) as connection:
        campaigns.move(connection, standing, CampaignState(after), step())


@pytest.mark.parametrize(
    ("batch", "end"),
    [
        ("submitted", "done"),
        ("rejected", "done"),
        ("cancelled", "done"),
        ("unknown", "unsettled"),
        ("held", "unsettled"),
        ("cancelling", "unsettled"),
        ("ready", "sending"),
        ("submitting", "sending"),
        ("scheduled", "sending"),
    ],
)
def test_a_campaign_is_concluded_by_what_became_of_its_batches(
    engine, campaign, ledger, step, batch, end
):
    put(engine, campaign, "sending", batch=batch)
    with writing(engine) as connection:
        assert campaigns.conclude(connection, campaign.id, step()).state == end
    assert ledger.campaign(campaign).state == end
