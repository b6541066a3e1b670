"""What an editor asks of issues: make one, list them, show one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from newsletter.errors import ConfigError, IssueError
from newsletter.issues import folder

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.issues.approvals import Approval
    from newsletter.issues.folder import IssueFolder

FRIDAY = 4
_LIKE_A_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(-|$)")


@dataclass(frozen=True, slots=True)
class IssueView:
    """An issue and what is known of it; `mistake` where its file cannot be read, `changed` where it
    is known to render otherwise than it was approved.
    """

    slug: str
    issue: Issue | None
    approval: Approval | None
    mistake: str | None = None
    changed: bool = False


def new_issue(workspace: Workspace, slug: str | None) -> IssueFolder:
    """Make an issue's folder with the sections of config.yaml; by default for the next Friday."""
    today = workspace.clock.now().astimezone(workspace.settings.publication.zone).date()
    day = _day(slug) if slug else None
    if day is None:
        day = today + timedelta(days=(FRIDAY - today.weekday()) % 7)
    return folder.create(
        workspace.issues,
        slug or day.isoformat(),
        day=day,
        list_key=next(iter(workspace.settings.lists)),
        titles=[rule.title for rule in workspace.settings.sections],
    )


def read_issue(workspace: Workspace, slug: str) -> Issue:
    """One issue's content; IssueError with file and line where it is malformed."""
    issue = folder.find(workspace.issues, slug).read(workspace.section_keys).issue
    if issue.list_key is not None and issue.list_key not in workspace.settings.lists:
        raise ConfigError(
            f"issues/{slug}/issue.md names the list “{issue.list_key}”, which config.yaml has not; "
            f"lists there: {', '.join(workspace.settings.lists)}"
        )
    return issue


def show_issue(workspace: Workspace, slug: str) -> IssueView:
    """One issue with its approval."""
    issue = read_issue(workspace, slug)
    return IssueView(slug, issue, folder.find(workspace.issues, slug).approval())


def list_issues(workspace: Workspace) -> tuple[IssueView, ...]:
    """Every issue, newest first; a malformed one is listed with its mistake."""
    return tuple(_view(workspace, entry) for entry in folder.every(workspace.issues))


def _view(workspace: Workspace, entry: IssueFolder) -> IssueView:
    try:
        issue = entry.read(workspace.section_keys).issue
        return IssueView(entry.slug, issue, entry.approval())
    except IssueError as error:
        return IssueView(entry.slug, None, None, mistake=str(error))


def _day(slug: str) -> date | None:
    """The day a name begins with, if any; IssueError for one no calendar has."""
    try:
        return date.fromisoformat(slug[:10])
    except ValueError:
        if _LIKE_A_DAY.match(slug):
            raise IssueError(
                f"“{slug}” begins with no day of the calendar; write one such as 2026-11-27"
            ) from None
        return None
