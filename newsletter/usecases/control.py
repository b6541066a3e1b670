"""What a person does to campaigns under way: pause, resume, cancel, unlock; each move is logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.delivery.recall import recall as call_back
from newsletter.domain.campaign import BatchState, CampaignState, Step
from newsletter.errors import DeliveryError
from newsletter.issues import folder
from newsletter.ports import Recalling
from newsletter.store import accounting, campaigns, control, guard, progress
from newsletter.store.engine import reading, writing
from newsletter.usecases.sending import is_before

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.delivery.recall import Recalled
    from newsletter.domain.campaign import Campaign, DeliveryState

PAUSABLE = (CampaignState.FROZEN, CampaignState.SENDING)
RESUMABLE = (CampaignState.PAUSED, CampaignState.MISSED)
CANCELLABLE = (
    CampaignState.FROZEN,
    CampaignState.SENDING,
    CampaignState.PAUSED,
    CampaignState.UNSETTLED,
    CampaignState.MISSED,
    CampaignState.LOCKED,
)

RECALLABLE = (*CANCELLABLE, CampaignState.CANCELLED)
LOCKED = (CampaignState.LOCKED,)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which campaigns of an issue are meant; None leaves it open, `every` means all of them."""

    slug: str
    list_key: str | None = None
    segment: str | None = None
    every: bool = False


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A cancelled campaign, how many requests were still under way, and where people stand."""

    campaign: Campaign
    under_way: int
    states: Mapping[DeliveryState, int]


def chosen(
    workspace: Workspace, choice: Choice, *, among: Collection[CampaignState], what: str
) -> tuple[Campaign, ...]:
    """The campaigns a person means, of those in one of the states; `what` names what is wished.

    DeliveryError where there is none, and where several are and the choice leaves it open.
    """
    folder.find(workspace.issues, choice.slug)
    with reading(workspace.engine) as connection:
        every = campaigns.every(connection, choice.slug)
    meant = [
        campaign
        for campaign in every
        if choice.list_key in (None, campaign.list_key)
        and choice.segment in (None, campaign.segment)
    ]
    fitting = tuple(campaign for campaign in meant if campaign.state in among)
    if not fitting:
        raise _none_fits(choice.slug, meant, what)
    if len(fitting) > 1 and not choice.every:
        raise DeliveryError(
            f"“{choice.slug}” has {len(fitting)} campaigns that can be {what}: "
            f"{', '.join(one.audience for one in fitting)}; name one with --list and --segment, "
            "or take them --all"
        )
    return fitting


def pause(workspace: Workspace, choice: Choice, *, by: str) -> tuple[Campaign, ...]:
    """Let nothing more leave; requests under way end, and are written down."""
    found = chosen(workspace, choice, among=PAUSABLE, what="paused")
    return tuple(
        _changed(workspace, one, control.pause, Step(workspace.clock.now(), by, f"paused by {by}"))
        for one in found
    )


def resume(workspace: Workspace, choice: Choice, *, by: str) -> tuple[Campaign, ...]:
    """Let paused and missed campaigns go on; one whose hour has not come waits for it again."""
    found = chosen(workspace, choice, among=RESUMABLE, what="resumed")
    step = Step(workspace.clock.now(), by)
    return tuple(
        _changed(workspace, one, _wait_again if is_before(one, step.at) else control.resume, step)
        for one in found
    )


def cancel(workspace: Workspace, choice: Choice, *, by: str) -> tuple[Cancelled, ...]:
    """Give up what is ready. What is under way, in doubt, or with the provider stays accounted."""
    step = Step(workspace.clock.now(), by, f"cancelled by {by}")
    found = chosen(workspace, choice, among=CANCELLABLE, what="cancelled")
    return tuple(_cancelled(workspace, one, step) for one in found)


def recall(
    workspace: Workspace, choice: Choice, *, by: str
) -> tuple[tuple[Campaign, Recalled], ...]:
    """Cancel campaigns and call back what the provider still keeps; DeliveryError where it cannot.

    Once more for what was under way before, or more than a provider discards at once.
    """
    provider = workspace.provider
    if not isinstance(provider, Recalling):
        raise DeliveryError(
            f"{provider.name} cannot recall mail; `newsletter cancel {choice.slug}` gives up what "
            "has not left"
        )
    step = Step(workspace.clock.now(), by, f"recalled by {by}")
    found = chosen(workspace, choice, among=RECALLABLE, what="recalled")
    return tuple(
        (one, call_back(workspace.engine, provider, workspace.clock, one, step)) for one in found
    )


def unlock(workspace: Workspace, choice: Choice, *, by: str) -> tuple[Campaign, ...]:
    """A person has looked what left: locked campaigns become paused."""
    step = Step(workspace.clock.now(), by, f"unlocked by {by}")
    found = chosen(workspace, choice, among=LOCKED, what="unlocked")
    return tuple(_changed(workspace, one, control.unlock, step) for one in found)


def take_over(workspace: Workspace, *, by: str) -> tuple[Campaign, ...]:
    """Send from this machine from here on; returns the campaigns that are locked for it."""
    step = Step(workspace.clock.now(), by, guard.TAKEN_OVER)
    locked = guard.take_over(workspace.engine, workspace.state, step)
    with reading(workspace.engine) as connection:
        return tuple(campaigns.get(connection, one.id) for one in locked)


def _changed(
    workspace: Workspace,
    campaign: Campaign,
    change: Callable[[Connection, Campaign, Step], Campaign],
    step: Step,
) -> Campaign:
    with writing(workspace.engine) as connection:
        return change(connection, campaign, step)


def _wait_again(connection: Connection, campaign: Campaign, step: Step) -> Campaign:
    """Back to waiting for its hour: of a campaign whose hour has not come, nothing has left."""
    campaigns.move(connection, campaign, CampaignState.FROZEN, step)
    return campaigns.get(connection, campaign.id)


def _cancelled(workspace: Workspace, campaign: Campaign, step: Step) -> Cancelled:
    with writing(workspace.engine) as connection:
        control.cancel(connection, campaign, step)
        states = [line.state for line in progress.lines(connection, campaign.id)]
        return Cancelled(
            campaigns.get(connection, campaign.id),
            under_way=states.count(BatchState.SUBMITTING),
            states=accounting.account(connection, campaign.id).states,
        )


def _none_fits(slug: str, meant: list[Campaign], what: str) -> DeliveryError:
    if not meant:
        return DeliveryError(f"“{slug}” has no such campaign; `newsletter status {slug}` lists all")
    states = ", ".join(f"{one.audience} is {one.state}" for one in meant)
    return DeliveryError(f"no campaign of “{slug}” can be {what}: {states}")
