"""The source texts that were kept of an issue's items, as its claims are held against them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from newsletter.claims import Source
from newsletter.errors import IssueError
from newsletter.issues import folder

if TYPE_CHECKING:
    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.domain.item import Item
    from newsletter.issues.folder import IssueFolder


def kept_sources(workspace: Workspace, issue: Issue) -> dict[str, Source]:
    """Item id → what its source says, with the other outlets of its story; of the briefs' items.

    One that was never kept, or whose file is damaged, is left out.
    """
    place = folder.find(workspace.issues, issue.slug)
    found = {brief.item: _story(place, brief.item) for brief in issue.briefs if brief.item}
    return {item: _source(story) for item, story in found.items() if story}


def kept_source(place: IssueFolder, item: str) -> tuple[tuple[Item, ...], Source | None]:
    """An item with those of its story, and what they say; (), None where it was never kept."""
    story = _story(place, item)
    return tuple(story), _source(story) if story else None


def _story(place: IssueFolder, item: str) -> list[Item]:
    """The item and those of its story, as far as they can be read."""
    told: list[Item] = []
    with suppress(IssueError):
        kept = place.kept(item)
        if kept is not None:
            told.append(kept.item)
            others = (place.kept(other) for other in kept.also)
            told += [other.item for other in others if other is not None]
    return told


def _source(story: list[Item]) -> Source:
    lead = story[0]
    parts = [part for one in story for part in (one.title, one.dek, one.dateline, one.text)]
    beside = [word for one in story for word in (one.source, one.author or "")]
    return Source(
        text="\n\n".join(part for part in parts if part),
        published=lead.published.date() if lead.published else None,
        beside="\n".join(beside),
        language=(lead.language or "").partition("-")[0].lower() or None,
    )
