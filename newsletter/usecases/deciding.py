"""What a person decides of an issue: that an approval is taken back, that a send begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.errors import DeliveryError, IssueError
from newsletter.issues import folder
from newsletter.store import campaigns
from newsletter.store.engine import reading, writing
from newsletter.usecases.planning import plan_send
from newsletter.usecases.sending import freeze

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.issues.approvals import Approval, Ruling
    from newsletter.usecases.planning import Plan

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided of an issue so far: its approval, who gave or took one, oldest first, and
    the campaigns that were begun, newest first.
    """

    approval: Approval | None
    rulings: tuple[Ruling, ...]
    campaigns: tuple[Campaign, ...]

    @property
    def is_frozen(self) -> bool:
        """Whether a campaign holds the issue's bytes, so that its approval stands."""
        return bool(_standing(self.campaigns))


def standing(workspace: Workspace, slug: str) -> Standing:
    """What was decided of an issue; IssueError if there is none, or its approval is damaged."""
    entry = folder.find(workspace.issues, slug)
    with reading(workspace.engine) as connection:
        begun = campaigns.every(connection, slug)
    return Standing(entry.approval(), entry.rulings(), begun)


def named(name: str) -> str:
    """Who decides, as the records keep it; IssueError unless it has 1 to 100 characters."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise IssueError(f"say who you are, with a name of 1 to {LONGEST_NAME} characters")
    return name


def revoke(workspace: Workspace, slug: str, *, by: str) -> Approval:
    """Take an issue's approval back, and return it; who did so is kept with the issue.

    DeliveryError while a campaign of the issue is frozen and not cancelled: its bytes are fixed.
    """
    entry = folder.find(workspace.issues, slug)
    # A freeze looks for the approval in its own transaction, so one of the two sees the other.
    with writing(workspace.engine) as connection:
        _refuse_frozen(_standing(campaigns.every(connection, slug)))
        approval = entry.approval()
        if approval is None:
            raise IssueError(f"“{slug}” is not approved, so there is nothing to take back")
        entry.revoke(approval, by=by, at=workspace.clock.now())
    return approval


def begun_from(plan: Plan) -> str:
    """What a plan begins with: the digest of new bytes, or the campaign it goes on with.

    Two plans with the same answer ask for the same thing.
    """
    start = plan.start
    return f"campaign {start.id}" if isinstance(start, Campaign) else start.digest


def begin_send(
    workspace: Workspace,
    slug: str,
    *,
    list_key: str | None,
    segment: str | None,
    shown: str,
    by: str,
) -> Campaign | None:
    """Freeze the send that a person was shown, due now; or give the campaign they were shown.

    `shown` is what `begun_from` said of its plan. None where it has been overtaken: another page,
    or another person, has begun it, so this wish was answered before.
    """
    plan = plan_send(workspace, slug, list_key=list_key, segment=segment)
    if begun_from(plan) != shown:
        return None
    # With an hour of its own it is due, so `serve` goes on with it should this process end.
    at = None if isinstance(plan.start, Campaign) else workspace.clock.now()
    return freeze(workspace, plan, at=at, by=by)


def _standing(every: tuple[Campaign, ...]) -> tuple[Campaign, ...]:
    return tuple(one for one in every if one.state is not CampaignState.CANCELLED)


def _refuse_frozen(frozen: tuple[Campaign, ...]) -> None:
    if not frozen:
        return
    name = frozen[0].issue
    where = ", ".join(f"{one.audience} is {one.state}" for one in frozen)
    remedy = (
        "it has gone out, so only the next issue can say otherwise"
        if all(one.state is CampaignState.DONE for one in frozen)
        else f"its bytes are fixed; `newsletter cancel {name}` gives up what has not left"
    )
    raise DeliveryError(f"the approval of “{name}” cannot be taken back: {where}; {remedy}")
