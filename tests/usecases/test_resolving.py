"""What nobody can prove is shown with what was looked for, and decided by a named person."""

from __future__ import annotations

import pytest

from newsletter.domain.campaign import CampaignState, DeliveryState
from newsletter.errors import DeliveryError
from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.usecases import resolving, sending
from newsletter.usecases.control import Choice
from newsletter.usecases.resolving import Decision
from newsletter.usecases.status import campaign_status, log

SLUG = "2026-11-20"
ANY = Choice(SLUG, every=True)


@pytest.fixture
def doubted(through_sendgrid, simulator, plan, subscribe):
    """300 people; the answer to one batch of 100 was lost, although they were taken."""
    subscribe(300)
    simulator.faults.add(Fault(FaultKind.RESET_AFTER))
    campaign = sending.freeze(through_sendgrid, plan(here=through_sendgrid), at=None, by="Ada")
    return sending.dispatch(through_sendgrid, campaign)


def states(workspace, campaign):
    return campaign_status(workspace, campaign.id).accounting.states


def decide(workspace, batch, decision):
    return resolving.resolve(
        workspace, ANY, batch=batch, decision=decision, by="Ada", why="asked the provider"
    )


def the_doubt(workspace):
    (case,) = resolving.cases(workspace, ANY)
    (doubt,) = case.doubts
    return case, doubt


def test_each_batch_in_doubt_is_shown_with_what_was_looked_for(through_sendgrid, doubted, clock):
    case, doubt = the_doubt(through_sendgrid)
    assert (doubt.recipients, doubt.state) == (100, "unknown")
    assert doubt.subject.startswith("Gold holds its floor")
    assert doubt.tried_at <= doubt.since <= clock.now()
    assert (case.submitted, case.reported, case.asked) == (200, 0, False)


@pytest.mark.parametrize(
    ("decision", "ending", "state"),
    [
        (Decision.SUBMITTED, {DeliveryState.SUBMITTED: 300}, CampaignState.DONE),
        (
            Decision.CANCEL,
            {DeliveryState.SUBMITTED: 200, DeliveryState.CANCELLED: 100},
            CampaignState.DONE,
        ),
    ],
)
def test_the_last_decision_ends_the_campaign(through_sendgrid, doubted, decision, ending, state):
    _, doubt = the_doubt(through_sendgrid)
    assert decide(through_sendgrid, doubt.sequence, decision).state is state
    assert states(through_sendgrid, doubted) == ending
    assert resolving.cases(through_sendgrid, ANY) == ()


def test_a_resend_goes_out_by_the_next_send_and_mails_them_again(
    through_sendgrid, simulator, doubted, plan
):
    _, doubt = the_doubt(through_sendgrid)
    decide(through_sendgrid, doubt.sequence, Decision.RESEND)
    again = plan(here=through_sendgrid)
    assert (again.mailed, again.requests) == (100, 1)
    assert sending.dispatch(through_sendgrid, again.start).state is CampaignState.DONE
    mailed = [person.address for one in simulator.ledger.effective() for person in one.people]
    assert (len(mailed), len(set(mailed))) == (400, 300)


def test_the_decision_is_logged_with_who_and_why(through_sendgrid, doubted):
    _, doubt = the_doubt(through_sendgrid)
    decide(through_sendgrid, doubt.sequence, Decision.SUBMITTED)
    ((_, moves),) = log(through_sendgrid, SLUG, routine=False)
    mine = [one for one in moves if one.actor == "Ada" and one.batch == doubt.sequence]
    assert [(one.before, one.after, one.reason) for one in mine] == [
        ("unknown", "held", "asked the provider"),
        ("held", "submitted", "asked the provider"),
    ]


def test_only_what_is_in_doubt_can_be_decided(through_sendgrid, doubted):
    _, doubt = the_doubt(through_sendgrid)
    other = doubt.sequence + 1
    with pytest.raises(DeliveryError, match=f"batch {other} is not in doubt: it is submitted"):
        decide(through_sendgrid, other, Decision.RESEND)
    assert states(through_sendgrid, doubted)[DeliveryState.UNKNOWN] == 100
