"""The trial of an issue's subjects: as config.yaml wants it held, and a person's own choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.campaign import CampaignState, Step
from newsletter.domain.trial import Choice, Measure, Trial
from newsletter.errors import DeliveryError
from newsletter.store import campaigns, canary, moves, subjects
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.campaign import Campaign
    from newsletter.domain.issue import Issue
    from newsletter.domain.trial import TrialStatus

DECIDABLE = (CampaignState.SENDING, CampaignState.PAUSED)
"""A campaign that was begun, and is not over."""


def trial_of(workspace: Workspace, issue: Issue) -> Trial | None:
    """The trial of an issue's subjects; None where it has one subject."""
    if not issue.subjects:
        return None
    test = workspace.settings.sending.subject_test
    return Trial(issue.subjects, test.share, test.after, Measure(test.by), test.least)


def undecided(workspace: Workspace, campaign: Campaign) -> TrialStatus:
    """The trial of a campaign as it stands; DeliveryError where there is nothing to choose."""
    with reading(workspace.engine) as connection:
        return _open(campaign, subjects.look_now(connection, campaign.id))


def choose(workspace: Workspace, campaign: Campaign, place: int, *, by: str) -> None:
    """Let everybody who waits get the subject in this place, from 1, at once.

    DeliveryError where there is no such subject, or somebody was quicker.
    """
    at = workspace.clock.now()
    with writing(workspace.engine) as connection:
        moves.hold_open(connection, campaign.id)
        held = campaigns.hold(connection, campaign.id)
        trial = _open(held, subjects.look(connection, held.id))
        if not 1 <= place <= len(trial.subjects):
            raise DeliveryError(
                f"there is no subject {place} of “{held.issue}”; choose 1 to {len(trial.subjects)}"
            )
        shown = subjects.showings(connection, held.id, trial)
        choice = Choice(place - 1, f"{by} chose it before the time")
        step = Step(at, by, f"subject {place} is chosen by {by}, before the time")
        subjects.choose(connection, held.id, choice, shown, step, state=held.state)
        opened = Step(at, by, "the others get the subject that was chosen")
        canary.open_all(connection, held.id, opened, state=held.state)


def _open(campaign: Campaign, trial: TrialStatus | None) -> TrialStatus:
    if trial is None:
        raise DeliveryError(f"“{campaign.issue}” to {campaign.audience} tries no subjects")
    if trial.chosen is not None:
        chosen = trial.subjects[trial.chosen - 1].text
        raise DeliveryError(
            f"“{chosen}” is chosen already for “{campaign.issue}”, and may have left; "
            "it cannot be changed any more"
        )
    if campaign.state not in DECIDABLE:
        raise DeliveryError(
            f"“{campaign.issue}” is {campaign.state}, so there is nobody who waits for a subject"
        )
    return trial
