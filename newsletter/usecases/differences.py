"""How an issue differs from what was approved, and from another issue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.domain.difference import Difference, difference
from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.usecases.building import compare
from newsletter.usecases.editing import read_issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.issues.approvals import Approval


@dataclass(frozen=True, slots=True)
class SinceApproval:
    """An issue held against its approval. `words` is None where nobody kept what was approved;
    `parts` are those (`version/part`) that render otherwise now, whatever made them.
    """

    approval: Approval
    words: Difference | None
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SinceIssue:
    """An issue held against another."""

    other: Issue
    words: Difference


def since_approval(workspace: Workspace, slug: str) -> SinceApproval:
    """What changed since an issue was approved; IssueError where it is not approved."""
    entry = folder.find(workspace.issues, slug)
    approval = entry.approval()
    if approval is None:
        raise IssueError(f"“{slug}” is not approved, so there is nothing to hold it against")
    before = entry.approved(approval, workspace.section_keys)
    now = read_issue(workspace, slug)
    return SinceApproval(
        approval=approval,
        words=difference(before.issue, now) if before else None,
        parts=compare(workspace, slug).differing,
    )


def since_issue(workspace: Workspace, slug: str, other: str) -> SinceIssue:
    """What an issue has that another has not, and the other way round."""
    now, before = read_issue(workspace, slug), read_issue(workspace, other)
    return SinceIssue(before, difference(before, now))


def issue_before(workspace: Workspace, slug: str) -> str | None:
    """The newest issue of an earlier day, of the same list where there is one; else of any."""
    now = read_issue(workspace, slug)
    earlier = [one for one in _readable(workspace) if one.date < now.date]
    same = [one for one in earlier if one.list_key == now.list_key]
    newest = max(same or earlier, key=lambda one: (one.date, one.slug), default=None)
    return newest.slug if newest else None


def _readable(workspace: Workspace) -> Iterator[Issue]:
    for entry in folder.every(workspace.issues):
        try:
            yield entry.read(workspace.section_keys).issue
        except IssueError:
            continue  # `list` tells what is wrong with it
