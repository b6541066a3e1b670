"""What a workspace remembers of its earlier issues: what ran, and what the desk likes to take."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.gather.memory import Past, as_item, ran_before
from newsletter.gather.rank import Taste
from newsletter.issues import folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from newsletter.app import Workspace
    from newsletter.domain.issue import Brief, Issue
    from newsletter.domain.item import Item
    from newsletter.domain.story import Ran
    from newsletter.issues.folder import IssueFolder
    from newsletter.issues.gathered import Kept

LEARNT_FROM = 12
"""So many earlier issues say what the desk likes: tastes change."""


def earlier_issues(workspace: Workspace, issue: Issue) -> tuple[tuple[IssueFolder, Issue], ...]:
    """The issues before this one, the latest first; `list` tells of those that cannot be read."""
    found = [
        (entry, other)
        for entry, other in _readable(workspace)
        if (other.date, other.slug) < (issue.date, issue.slug)
    ]
    return tuple(sorted(found, key=lambda one: (one[1].date, one[1].slug), reverse=True))


def ran_of_items(
    workspace: Workspace,
    earlier: Sequence[tuple[IssueFolder, Issue]],
    items: Sequence[Item],
    *,
    gathered: Collection[str],
) -> dict[str, Ran]:
    """Item id → where it ran last, of items that ran in one of these issues.

    `gathered` are the ids under which earlier issues may have kept them.
    """
    past = [Past(other.slug, other.date, brief) for _, other in earlier for brief in _own(other)]
    past += _told_beside(earlier, gathered)

    def source_text(one: Past) -> str:
        kept = _kept(folder.find(workspace.issues, one.issue), one.brief.item)
        return f"{kept.item.title}\n{kept.item.dek}\n{kept.item.text}" if kept else ""

    return ran_before(items, past, source_text)


def ran_of_issue(workspace: Workspace, issue: Issue) -> dict[int, Ran]:
    """Line of a brief → where it ran last, of those briefs of an issue that did."""
    briefs = {f"line {brief.line}": brief for brief in _own(issue)}
    items = [as_item(brief, name=name, day=issue.date) for name, brief in briefs.items()]
    gathered = {brief.item for brief in issue.briefs if brief.item}
    earlier = earlier_issues(workspace, issue)
    found = ran_of_items(workspace, earlier, items, gathered=gathered)
    return {briefs[name].line: ran for name, ran in found.items()}


def taste(earlier: Sequence[tuple[IssueFolder, Issue]]) -> Taste:
    """Of each source, how many candidates the latest issues were offered, and how many ran."""
    offered: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for entry, issue in earlier[:LEARNT_FROM]:
        ran = {brief.item for brief in issue.briefs}
        for name in entry.kept_ids():
            with suppress(IssueError):
                kept = entry.kept(name)
                if kept is not None and kept.written:
                    offered[kept.item.source] += 1
                    taken[kept.item.source] += name in ran
    return Taste(offered, taken)


def _told_beside(
    earlier: Iterable[tuple[IssueFolder, Issue]], gathered: Collection[str]
) -> Iterator[Past]:
    """Those of the items that an earlier issue had beside a brief, as the same story elsewhere."""
    for entry, issue in earlier:
        if entry.kept_ids().isdisjoint(gathered):
            continue
        for brief in issue.briefs:
            told = _kept(entry, brief.item)
            for name in told.also if told else ():
                other = _kept(entry, name) if name in gathered else None
                if other is not None:
                    yield Past(
                        issue.slug, issue.date, replace(brief, item=name, link=other.item.url)
                    )


def _kept(entry: IssueFolder, item: str | None) -> Kept | None:
    with suppress(IssueError):
        return entry.kept(item) if item is not None else None
    return None


def _readable(workspace: Workspace) -> Iterator[tuple[IssueFolder, Issue]]:
    for entry in folder.every(workspace.issues):
        with suppress(IssueError):
            yield entry, entry.read(workspace.section_keys).issue


def _own(issue: Issue) -> tuple[Brief, ...]:
    """The briefs nobody paid for: a paid one is meant to run again and again."""
    return tuple(brief for brief in issue.briefs if not brief.sponsor)
