"""How the subjects of an issue did on trial, without telling of a few people. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.reports.withhold import shown

if TYPE_CHECKING:
    from newsletter.domain.trial import TrialStatus


def trial_shown(trial: TrialStatus) -> TrialStatus:
    """The trial with its answers withheld where they are those of one to four people."""
    subjects = tuple(
        replace(one, answered=None if one.answered is None else shown(one.answered))
        for one in trial.subjects
    )
    return replace(trial, subjects=subjects)
