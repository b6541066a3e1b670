"""The trial of an issue's subjects, as config.yaml wants it held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.trial import Measure, Trial

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue


def trial_of(workspace: Workspace, issue: Issue) -> Trial | None:
    """The trial of an issue's subjects; None where it has one subject."""
    if not issue.subjects:
        return None
    test = workspace.settings.sending.subject_test
    return Trial(issue.subjects, test.share, test.after, Measure(test.by), test.least)
