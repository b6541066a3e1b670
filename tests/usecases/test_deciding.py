"""An approval is taken back as long as nothing was frozen by it; a send begins once."""

from __future__ import annotations

import pytest

from newsletter.domain.campaign import CampaignState
from newsletter.errors import DeliveryError, IssueError
from newsletter.issues import folder
from newsletter.store import campaigns
from newsletter.store.engine import reading
from newsletter.usecases import control, deciding, due, rendering, sending

SLUG = "2026-11-20"


def approval(workspace):
    return folder.find(workspace.issues, SLUG).approval()


def begun(workspace):
    with reading(workspace.engine) as connection:
        return campaigns.every(connection, SLUG)


def begin(workspace, shown):
    return deciding.begin_send(workspace, SLUG, list_key=None, segment=None, shown=shown, by="Ada")


def test_revoking_takes_the_approval_and_keeps_who_did_it(workspace, approved):
    taken = deciding.revoke(workspace, approved, by="Bruno")
    standing = deciding.standing(workspace, approved)
    assert (taken.by, standing.approval) == ("Ada", None)
    assert [(one.verdict, one.by) for one in standing.rulings] == [
        ("approved", "Ada"),
        ("revoked", "Bruno"),
    ]
    with pytest.raises(IssueError, match="is not approved, so there is nothing to take back"):
        deciding.revoke(workspace, approved, by="Bruno")


def test_a_frozen_approval_is_not_taken_back_until_its_campaign_is_cancelled(
    workspace, plan, subscribe
):
    subscribe(2)
    sending.freeze(workspace, plan(), at=None, by="Ada")
    assert deciding.standing(workspace, SLUG).is_frozen
    with pytest.raises(DeliveryError, match=r"weekly is frozen; .*newsletter cancel 2026-11-20"):
        deciding.revoke(workspace, SLUG, by="Bruno")
    assert approval(workspace)
    control.cancel(workspace, control.Choice(SLUG), by="Ada")
    deciding.revoke(workspace, SLUG, by="Bruno")
    assert approval(workspace) is None


def test_what_has_gone_out_is_not_taken_back(workspace, plan, subscribe):
    subscribe(2)
    sending.dispatch(workspace, sending.freeze(workspace, plan(), at=None, by="Ada"))
    with pytest.raises(DeliveryError, match="weekly is done; it has gone out"):
        deciding.revoke(workspace, SLUG, by="Bruno")


def test_a_plan_whose_approval_is_taken_back_is_not_frozen(workspace, plan, subscribe):
    subscribe(2)
    made = plan()
    deciding.revoke(workspace, SLUG, by="Bruno")
    with pytest.raises(DeliveryError, match="was taken back meanwhile; nothing was sent"):
        sending.freeze(workspace, made, at=None, by="Ada")
    assert begun(workspace) == ()


def test_only_what_was_shown_is_approved(workspace):
    shown = rendering.render_issue(workspace, SLUG).digest
    with pytest.raises(IssueError, match="it has changed since you were shown it"):
        rendering.approve(workspace, SLUG, by="Ada", shown="0" * 64)
    assert approval(workspace) is None
    rendering.approve(workspace, SLUG, by="Ada", shown=shown)
    assert approval(workspace).digest == shown


def test_a_begun_send_is_due_so_that_another_process_goes_on_with_it(
    workspace, approved, subscribe
):
    subscribe(2)
    campaign = begin(workspace, approval(workspace).digest)
    assert (campaign.state, campaign.send_at) == (CampaignState.FROZEN, workspace.clock.now())
    (sent,) = due.send_due(workspace)
    assert (sent.id, sent.state) == (campaign.id, CampaignState.DONE)


def test_a_send_that_was_begun_already_is_not_begun_again(workspace, approved, subscribe):
    subscribe(2)
    shown = approval(workspace).digest
    first = begin(workspace, shown)
    assert begin(workspace, shown) is None
    assert begin(workspace, f"campaign {first.id}").id == first.id
    assert len(begun(workspace)) == 1


@pytest.mark.parametrize("name", ["", "  ", "\x1b[2J", "a" * 101])
def test_who_decides_must_say_so(name):
    with pytest.raises(IssueError, match="say who you are"):
        deciding.named(name)


def test_a_name_is_kept_on_one_line():
    assert deciding.named(" Ada\n Byron ") == "Ada Byron"
