"""The transition tables are the specification: what is forbidden stays forbidden."""

import pytest

from newsletter.domain.campaign import (
    BATCH_MOVES,
    CAMPAIGN_MOVES,
    Accounting,
    BatchState,
    CampaignState,
    DeliveryState,
    batch_size,
)


def test_every_state_has_its_row():
    assert set(BATCH_MOVES) == set(BatchState)
    assert set(CAMPAIGN_MOVES) == set(CampaignState)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BatchState.SUBMITTED, BatchState.READY),
        (BatchState.SUBMITTED, BatchState.UNKNOWN),
        (BatchState.UNKNOWN, BatchState.READY),
        (BatchState.UNKNOWN, BatchState.SUBMITTING),
        (BatchState.READY, BatchState.SUBMITTED),
        (BatchState.CANCELLED, BatchState.READY),
    ],
)
def test_moves_that_would_mail_twice_or_lie_are_forbidden(before, after):
    assert after not in BATCH_MOVES[before]


@pytest.mark.parametrize("state", [CampaignState.DONE, CampaignState.CANCELLED])
def test_an_ended_campaign_stays_ended(state):
    assert not CAMPAIGN_MOVES[state]


def test_small_audiences_get_small_batches():
    assert batch_size(4_999, 500) == 100
    assert batch_size(5_000, 500) == 500
    assert batch_size(10, 50) == 50


def test_the_sums():
    states = {DeliveryState.SUBMITTED: 7, DeliveryState.REJECTED: 1}
    whole = Accounting(candidates=10, deliveries=8, excluded={"unsubscribed": 2}, states=states)
    assert whole.balances
    assert whole.settled
    lost = Accounting(candidates=11, deliveries=8, excluded={"unsubscribed": 2}, states=states)
    assert not lost.balances
    open_states = states | {DeliveryState.UNKNOWN: 1}
    doubt = Accounting(candidates=11, deliveries=9, excluded={"x": 2}, states=open_states)
    assert doubt.balances
    assert not doubt.settled
