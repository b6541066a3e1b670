"""The tables of the product against the specification, which the checker writes down once more."""

import pytest

from newsletter.domain import campaign
from newsletter.domain.campaign import Accounting, BatchState, CampaignState, DeliveryState
from tests.proof import checker


def as_words(moves):
    return {str(before): {str(one) for one in after} for before, after in moves.items()}


def test_nobody_may_go_anywhere_but_where_the_specification_says():
    assert as_words(campaign.BATCH_MOVES) == checker.BATCH
    assert as_words(campaign.CAMPAIGN_MOVES) | {"": {"frozen"}} == checker.CAMPAIGN


@pytest.mark.parametrize("state", BatchState)
def test_a_delivery_stands_where_its_batch_stands(state):
    assert campaign.DELIVERY_OF_BATCH[state] == checker.DELIVERY.get(state, state)


@pytest.mark.parametrize("state", CampaignState)
def test_what_the_specification_ends_has_no_way_out(state):
    assert (not campaign.CAMPAIGN_MOVES[state]) == (state in ("done", "cancelled"))


@pytest.mark.parametrize("state", DeliveryState)
def test_only_what_has_ended_for_certain_is_settled(state):
    sums = Accounting(candidates=1, deliveries=1, excluded={}, states={state: 1})
    assert sums.settled == (state in checker.ENDED)


def test_who_may_have_an_ending_of_their_own_and_who_is_in_doubt():
    assert set(campaign.OWN_ENDINGS) == {"suppressed", "rejected"}
    assert set(campaign.IN_DOUBT) == {"unknown", "held"}


@pytest.mark.parametrize(
    ("candidates", "deliveries", "excluded", "states"), [(3, 1, 1, 1), (2, 1, 1, 2), (2, 2, 0, 1)]
)
def test_sums_that_do_not_hold_are_told(candidates, deliveries, excluded, states):
    sums = Accounting(candidates, deliveries, {"gone": excluded}, {DeliveryState.SUBMITTED: states})
    assert not sums.balances
    assert not sums.settled
