"""Looks at a campaign: they tell what the count of every delivery tells, for less."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event

from newsletter.domain.campaign import CampaignState, DeliveryState
from newsletter.domain.token import Purpose, derive_key, sign
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.usecases import control, readers, sending
from newsletter.usecases.status import campaign_status
from newsletter.usecases.watching import Watcher, watch

SLUG = "2026-11-20"
FAULTS = (
    Fault(FaultKind.BUSY_RESET, count=1, value=2),
    Fault(FaultKind.RESET_AFTER),
    Fault(FaultKind.BAD_ADDRESS, count=1, value=3),
)


@pytest.fixture
def campaign(through_sendgrid, plan, subscribe):
    """450 people in five batches."""
    subscribe(450)
    return sending.freeze(through_sendgrid, plan(here=through_sendgrid), at=None, by="Ada")


@pytest.fixture
def statements(through_sendgrid):
    """Every statement that is run from now on."""
    heard = []

    def hear(_connection, _cursor, statement, *_rest):
        heard.append(statement)

    event.listen(through_sendgrid.engine, "before_cursor_execute", hear)
    return heard


def agree(workspace, look):
    sums = campaign_status(workspace, look.campaign.id).accounting
    return (
        look.deliveries == sums.deliveries
        and {state: count for state, count in look.states.items() if count} == sums.states
    )


def test_each_look_tells_what_counting_tells(through_sendgrid, simulator, campaign):
    key = derive_key(through_sendgrid.secret, Purpose.UNSUBSCRIBE)
    readers.unsubscribe(through_sendgrid, sign(key, 440, 0))
    simulator.faults.add(*FAULTS)
    watcher, looks = Watcher(through_sendgrid, campaign), []
    looks.append(watcher.look())
    while looks[-1].campaign.state in (CampaignState.FROZEN, CampaignState.SENDING):
        stopping = threading.Event()
        sending.dispatch(
            through_sendgrid,
            looks[-1].campaign,
            progress=lambda _, stopping=stopping: stopping.set(),
            stopping=stopping,
        )
        looks.append(watcher.look())
        assert agree(through_sendgrid, looks[-1])
    assert (looks[0].deliveries, looks[0].states[DeliveryState.PLANNED]) == (450, 450)
    assert len(looks) > 2
    after = looks[-1]
    assert after.campaign.state is CampaignState.UNSETTLED
    assert after.states[DeliveryState.UNKNOWN] == 100
    assert after.states[DeliveryState.SUPPRESSED] == after.states[DeliveryState.REJECTED] == 1
    assert after.errors == 3


def test_while_nothing_moves_no_delivery_is_counted_again(through_sendgrid, campaign, statements):
    watcher = Watcher(through_sendgrid, campaign)
    watcher.look()
    counting = [statement for statement in statements if "FROM delivery" in statement]
    assert len(counting) == 1
    watcher.look()
    assert [one for one in statements if "FROM delivery" in one] == counting


def test_of_batches_that_moved_only_their_own_are_counted(through_sendgrid, campaign, statements):
    watcher = Watcher(through_sendgrid, campaign)
    watcher.look()
    sending.dispatch(through_sendgrid, campaign)
    statements.clear()
    watcher.look()
    (counting,) = [statement for statement in statements if "FROM delivery" in statement]
    assert "batch_id IN" in counting


def test_the_rate_is_of_the_last_half_minute(through_sendgrid, campaign, clock):
    watcher = Watcher(through_sendgrid, campaign)
    assert watcher.look().rate == 0
    sending.dispatch(through_sendgrid, campaign)
    clock.advance(10)
    assert watcher.look().rate == pytest.approx(45)
    clock.advance(60)
    assert watcher.look().rate == 0


def test_what_is_watched_is_what_goes_on_or_else_the_newest(workspace, plan, subscribe, clock):
    assert watch(workspace, None) == ()
    subscribe(2)
    subscribe(2, list_key="gems", start=10)
    hour = clock.now() + timedelta(hours=1)
    weekly = sending.freeze(workspace, plan(), at=hour, by="Ada")
    gems = sending.freeze(workspace, plan(list_key="gems"), at=None, by="Ada")
    assert [one.campaign.id for one in watch(workspace, SLUG)] == [weekly.id]
    control.pause(workspace, control.Choice(SLUG, list_key="weekly"), by="Ada")
    assert [one.campaign.id for one in watch(workspace, None)] == [gems.id]
