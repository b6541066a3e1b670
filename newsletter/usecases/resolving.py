"""What a person needs to decide on batches in doubt, and their decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.domain.campaign import BatchState, CampaignState, Step
from newsletter.domain.event import ARRIVAL
from newsletter.errors import DeliveryError
from newsletter.ports import Lookup
from newsletter.store import accounting, campaigns, control
from newsletter.store.engine import reading, writing
from newsletter.usecases.control import chosen
from newsletter.usecases.settling import settle_open

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.store.accounting import DoubtfulBatch
    from newsletter.usecases.control import Choice


class Decision(StrEnum):
    """What a person may decide of a batch in doubt."""

    SUBMITTED = "submitted"  # it was taken
    RESEND = "resend"  # it was not taken, or rather twice than never
    CANCEL = "cancel"  # nobody of it is to be mailed


_AFTER: Mapping[Decision, BatchState] = {
    Decision.SUBMITTED: BatchState.SUBMITTED,
    Decision.RESEND: BatchState.READY,
    Decision.CANCEL: BatchState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A campaign's batches in doubt, and what speaks for or against them: of so many submitted
    mails so many were `reported` on by events, and whether the provider can be asked.
    """

    campaign: Campaign
    doubts: tuple[DoubtfulBatch, ...]
    submitted: int
    reported: int
    asked: bool


def cases(workspace: Workspace, choice: Choice) -> tuple[Case, ...]:
    """The campaigns meant that have batches in doubt, after looking for evidence once more."""
    settle_open(workspace)
    found = chosen(workspace, choice, among=tuple(CampaignState), what="resolved")
    return tuple(case for one in found if (case := _case(workspace, one)).doubts)


def resolve(
    workspace: Workspace, choice: Choice, *, batch: int, decision: Decision, by: str, why: str
) -> Campaign:
    """A named person's word on one batch; returns the campaign, which may have ended by it."""
    found = cases(workspace, choice)
    if len(found) != 1:
        raise DeliveryError(
            f"“{choice.slug}” has {len(found)} campaigns with batches in doubt; "
            "name one with --list and --segment"
        )
    step = Step(workspace.clock.now(), by, why)
    with writing(workspace.engine) as connection:
        return control.decide(connection, found[0].campaign, batch, _AFTER[decision], step)


def _case(workspace: Workspace, campaign: Campaign) -> Case:
    with reading(workspace.engine) as connection:
        arrivals = accounting.arrivals(connection, campaign.id)
        by_rank = [arrivals.get(name, 0) for name in ARRIVAL.values()]
        return Case(
            campaign=campaigns.get(connection, campaign.id),
            doubts=accounting.doubtful(connection, campaign.id),
            submitted=sum(by_rank),
            reported=sum(by_rank) - arrivals.get(ARRIVAL[0], 0),
            asked=isinstance(workspace.provider, Lookup),
        )
