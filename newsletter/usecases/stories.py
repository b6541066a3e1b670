"""The stories of an issue, why their items are one, and what a desk decides otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING

from newsletter.domain.story import Decisions
from newsletter.errors import IssueError
from newsletter.gather.stories import stories_of
from newsletter.issues import folder
from newsletter.usecases.offers import reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsletter.app import Workspace
    from newsletter.domain.item import Item
    from newsletter.domain.story import Pair, Story
    from newsletter.issues.folder import IssueFolder


@dataclass(frozen=True, slots=True)
class Member:
    """An item of a story, and why it is in it; '' for one that is alone."""

    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story as it is listed, its lead first."""

    members: tuple[Member, ...]


def list_stories(workspace: Workspace, slug: str) -> tuple[StoryView, ...]:
    """The stories of all that was gathered for an issue, those of most items first."""
    found = _stories(workspace, folder.find(workspace.issues, slug))
    ordered = sorted(found, key=lambda story: (-len(story.items), story.lead.id))
    return tuple(
        StoryView(tuple(Member(item, reason(story, item)) for item in story.items))
        for story in ordered
    )


def split(workspace: Workspace, slug: str, items: Iterable[str]) -> tuple[Item, ...]:
    """Take items out of their story, for good; what takes effect with the next gather.

    Together they are a story of their own where the evidence says so. Returns them. IssueError
    where one is not gathered, or nothing of their story would be left.
    """
    here = folder.find(workspace.issues, slug)
    stories = _stories(workspace, here)
    chosen = _items(stories, items, slug)
    names = {item.id for item in chosen}
    story = next(story for story in stories if chosen[0].id in {one.id for one in story.items})
    rest = {item.id for item in story.items} - names
    if not rest or not names <= {item.id for item in story.items}:
        raise IssueError(
            "these items are not a part of one story; `newsletter stories` shows which are"
        )
    apart = frozenset(map(frozenset, product(names, rest)))
    before = here.decisions()
    here.decide(Decisions(before.together - apart, before.apart | apart))
    return chosen


def join(workspace: Workspace, slug: str, items: Iterable[str]) -> tuple[Item, ...]:
    """Make one story of the stories of these items, for good; effective with the next gather.

    Returns the items. IssueError where one is not gathered, or fewer than two are named.
    """
    here = folder.find(workspace.issues, slug)
    stories = _stories(workspace, here)
    chosen = _items(stories, items, slug)
    names = [item.id for item in chosen]
    if len(set(names)) < 2:
        raise IssueError("name two items or more; `newsletter stories` shows them")
    everyone = {
        item.id
        for story in stories
        if set(names) & {one.id for one in story.items}
        for item in story.items
    }
    pairs: frozenset[Pair] = frozenset(map(frozenset, combinations(everyone, 2)))
    first, *others = names
    together = frozenset(frozenset((first, other)) for other in others if other != first)
    before = here.decisions()
    here.decide(Decisions(before.together | together, before.apart - pairs))
    return chosen


def _stories(workspace: Workspace, here: IssueFolder) -> tuple[Story, ...]:
    kept = [one.item for name in sorted(here.kept_ids()) if (one := here.kept(name))]
    weights = {source.name: source.weight for source in workspace.settings.sources}
    return stories_of(
        kept,
        decisions=here.decisions(),
        weights={item.id: weights.get(item.source, 1.0) for item in kept},
    )


def _items(stories: Iterable[Story], names: Iterable[str], slug: str) -> tuple[Item, ...]:
    known = {item.id: item for story in stories for item in story.items}
    return tuple(_item(known, name, slug) for name in names)


def _item(known: dict[str, Item], name: str, slug: str) -> Item:
    found = [item for key, item in known.items() if key.startswith(name)]
    if len(found) == 1 and name:
        return found[0]
    if found:
        raise IssueError(f"“{name}” begins the ids of {len(found)} items; give more of it")
    raise IssueError(
        f"no item “{name}” was gathered for {slug}; `newsletter stories {slug} --all` lists them"
    )
