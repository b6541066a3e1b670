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
    title = subject(workspace, slug)
    publication = workspace.settings.publication.name
    return letter(report(workspace, slug), title=title, publication=publication)


def subject(workspace: Workspace, slug: str) -> str:
    """What the issue was mailed under, as a reader without a name would read it."""
    mailed = next(iter(mailed_versions(workspace, slug).values()))
    found = mailed.rendition.subject
    for token in mailed.rendition.tokens:
        found = found.replace(token.placeholder, token.fallback)
    return found
