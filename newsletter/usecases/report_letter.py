"""The report of an issue as it is mailed to whoever wants to know how it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.reports.letter import Letter, letter
from newsletter.usecases.heat_map import mailed_versions
from newsletter.usecases.reporting import report

if TYPE_CHECKING:
    from newsletter.app import Workspace


def report_letter(workspace: Workspace, slug: str) -> Letter:
    """The mail with what is known now; NewsletterError where the issue was never sent."""
    mailed = next(iter(mailed_versions(workspace, slug).values()))
    subject = mailed.rendition.subject
    for token in mailed.rendition.tokens:
        subject = subject.replace(token.placeholder, token.fallback)
    publication = workspace.settings.publication.name
    return letter(report(workspace, slug), title=subject, publication=publication)
