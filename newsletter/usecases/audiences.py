"""Who an issue's sections and briefs are for: the segments they name, as rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.version import MOST_SEGMENTS, named_segments
from newsletter.errors import IssueError
from newsletter.usecases.segments import named_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.app import Workspace
    from newsletter.domain.issue import Brief, Issue, Section
    from newsletter.domain.segment import Rule


def memberships(workspace: Workspace, issue: Issue) -> dict[str, Rule]:
    """The rule of each segment an issue names, in reading order.

    IssueError with file and line for a segment config.yaml has not, and for more segments than a
    person could look at every version of.
    """
    segments = workspace.settings.segments
    _refuse_unknown(issue, segments)
    names = named_segments(issue)
    if len(names) > MOST_SEGMENTS:
        raise IssueError(
            f"the issue names {len(names)} segments ({', '.join(names)}), which would make up to "
            f"{2 ** len(names)} versions; name {MOST_SEGMENTS} at most",
            file=_file(issue),
        )
    return {name: named_rule(workspace, name) for name in names}


def _refuse_unknown(issue: Issue, segments: Mapping[str, str]) -> None:
    parts: list[Brief | Section] = [*issue.sections, *issue.briefs]
    for part in sorted(parts, key=lambda one: one.line):
        name = part.audience.removeprefix("not ")
        if name and name not in segments:
            known = ", ".join(segments) or "none"
            raise IssueError(
                f"there is no segment “{name}”; config.yaml has: {known}",
                file=_file(issue),
                line=part.line,
            )


def _file(issue: Issue) -> str:
    return f"issues/{issue.slug}/issue.md"
