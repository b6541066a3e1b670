"""An issue's briefs and candidates as an editor arranges them: what stands where, and its block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.codec import parse, parse_candidates
from newsletter.issues.parts import BRIEF, parts_of
from newsletter.usecases.memory import LEARNT_FROM, earlier_issues, taste
from newsletter.usecases.revising import texts_of
from newsletter.usecases.undoing import last_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.app import Workspace
    from newsletter.domain.issue import Brief, Issue
    from newsletter.gather.rank import Taste
    from newsletter.issues.gathered import Kept

_REMARK = re.compile(r"<!-- ((?:ran before|follows|also|held over|embargo): .*?) -->")


@dataclass(frozen=True, slots=True)
class Row:
    """A brief, its block and what tells that from others; `number` counts from 1 in its file."""

    number: int
    brief: Brief
    block: str
    digest: str


@dataclass(frozen=True, slots=True)
class Group:
    """A section with its briefs; `line` is 0 where the issue does not have it yet."""

    key: str
    title: str
    line: int
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """An issue as an editor arranges it. `missing` are sections of config.yaml that it has not;
    `undo` is what would be undone, or None.
    """

    issue: Issue
    groups: tuple[Group, ...]
    missing: tuple[Group, ...]
    undo: str | None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every brief in reading order."""
        return tuple(row for group in self.groups for row in group.rows)


@dataclass(frozen=True, slots=True)
class Offered:
    """A candidate and why it stands where it does, in the desk's words."""

    row: Row
    why: tuple[str, ...]


def outline_of(workspace: Workspace, slug: str) -> Outline:
    """What stands where in issue.md; IssueError with file and line where it is malformed."""
    here = folder.find(workspace.issues, slug)
    texts = texts_of(workspace, here)
    issue = parse(texts.issue, slug=slug, file=texts.issue_file, keys=texts.keys).issue
    parts = [part for part in parts_of(texts.issue, file=texts.issue_file) if part.level == BRIEF]
    rows = iter(
        Row(number, brief, part.text, part.digest)
        for number, (brief, part) in enumerate(zip(issue.briefs, parts, strict=True), 1)
    )
    groups = tuple(
        Group(section.key, section.title, section.line, tuple(next(rows) for _ in section.briefs))
        for section in issue.sections
    )
    there = {group.key for group in groups}
    missing = tuple(Group(key, title, 0) for key, title in texts.titles.items() if key not in there)
    return Outline(issue, groups, missing, last_step(workspace, slug))


def candidates_of(workspace: Workspace, slug: str) -> tuple[Offered, ...]:
    """The candidates in their order, best first; IssueError where candidates.md is malformed."""
    here = folder.find(workspace.issues, slug)
    texts = texts_of(workspace, here)
    issue = here.read(workspace.section_keys).issue
    briefs = parse_candidates(texts.candidates, file=texts.candidates_file)
    parts = parts_of(texts.candidates, file=texts.candidates_file)
    blocks = [part for part in parts if part.level == BRIEF]
    liked = taste(earlier_issues(workspace, issue))
    return tuple(
        Offered(
            Row(number, brief, part.text, part.digest),
            (*_remarks(part.text), *_ranked(workspace, issue, _kept(here, brief), liked)),
        )
        for number, (brief, part) in enumerate(zip(briefs, blocks, strict=True), 1)
    )


def _kept(here: folder.IssueFolder, brief: Brief) -> Kept | None:
    try:
        return here.kept(brief.item) if brief.item else None
    except IssueError:
        return None


def _remarks(block: str) -> Iterator[str]:
    """What gather wrote beneath the heading and at the foot."""
    return (match[1] for match in _REMARK.finditer(block))


def _ranked(workspace: Workspace, issue: Issue, kept: Kept | None, liked: Taste) -> Iterator[str]:
    """What gather.rank goes by, as far as it says anything of this one."""
    if kept is None:
        return
    item = kept.item
    if item.published is None:
        yield "without a date, so after those with one"
    else:
        zone = workspace.settings.publication.zone
        days = (issue.date - item.published.astimezone(zone).date()).days
        yield f"published {_ago(days)}"
    if kept.also:
        yield f"told by {len(kept.also) + 1} sources"
    weight = next((one.weight for one in workspace.settings.sources if one.name == item.source), 1)
    if weight != 1:
        yield f"{item.source} weighs {weight:g}"
    if offered := liked.offered.get(item.source, 0):
        taken = liked.taken.get(item.source, 0)
        yield f"you took {taken} of {offered} from {item.source} in the last {LEARNT_FROM} issues"


def _ago(days: int) -> str:
    if days <= 0:
        return "on the day of the issue" if days == 0 else "after the day of the issue"
    return "the day before the issue" if days == 1 else f"{days} days before the issue"
