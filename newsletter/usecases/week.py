"""What a draft is made from: the issue as it stands, the items that came in, their stories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.domain.item import ItemKind
from newsletter.gather.canonical import canonical_url
from newsletter.gather.stories import stories_of
from newsletter.issues.blocks import blocks, digest, item_of, known_items
from newsletter.usecases.holding import carry_over
from newsletter.usecases.memory import earlier_issues, ran_of_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.domain.item import Item, SourceResult
    from newsletter.domain.story import Ran, Story
    from newsletter.issues.folder import IssueFolder
    from newsletter.issues.gathered import Kept


@dataclass(frozen=True)
class Desk:
    """An issue before a gather files into it.

    `kept` are its items by id, `fresh` those that came in, `origins` the names of the sources they
    came in by; `carried` are blocks that earlier issues held over for this one.
    """

    workspace: Workspace
    target: IssueFolder
    issue: Issue
    text: str
    candidates: str
    kept: Mapping[str, Kept]
    fresh: Mapping[str, Item]
    origins: Mapping[str, str]
    carried: tuple[str, ...]
    earlier: Sequence[tuple[IssueFolder, Issue]]
    now: datetime

    @cached_property
    def standing(self) -> dict[str, str]:
        """The blocks that are there, by item."""
        there = (*blocks(self.candidates), *blocks(self.text))
        return {block.item: block.text for block in there}

    @cached_property
    def offered(self) -> frozenset[str]:
        """The items that are, or once were, briefs of this issue."""
        written = {name for name, kept in self.kept.items() if kept.written}
        return known_items(self.text) | known_items(self.candidates) | written

    @cached_property
    def linked(self) -> frozenset[str]:
        """The pages that briefs link to, a person's own among them."""
        return frozenset(canonical_url(one.link) for one in self.issue.briefs if one.link)

    @cached_property
    def held(self) -> frozenset[str]:
        """The items of candidates that wait for their day."""
        return frozenset(
            brief.item
            for brief in self.target.candidates()
            if brief.item and (brief.held_over or brief.embargo)
        ) | frozenset(item_of(block) or "" for block in self.carried)

    def untouched(self, item: str) -> bool:
        """Whether a brief stands to the byte as a gather wrote it."""
        kept, block = self.kept.get(item), self.standing.get(item)
        return kept is not None and block is not None and kept.written == digest(block)

    def weights(self, items: Iterable[Item]) -> dict[str, float]:
        """How much the source of each item is thought of."""
        named = {source.name: source.weight for source in self.workspace.settings.sources}
        return {item.id: named.get(self.origins.get(item.id, item.source), 1.0) for item in items}

    def content(self, item: str) -> Item:
        """An item as it came in, or as it is kept where a person works on its brief, or where this
        time only a teaser came of it.
        """
        kept, fresh = self.kept.get(item), self.fresh.get(item)
        if kept is None:
            return self.fresh[item]
        if fresh is None:
            return kept.item
        poorer = kept.item.kind is ItemKind.ARTICLE and fresh.kind is ItemKind.TEASER
        worked_on = item in self.standing and not self.untouched(item)
        return kept.item if poorer or worked_on else fresh


@dataclass(frozen=True)
class Week:
    """What there is to tell, back to a cut-off: stories, what is older, where items ran before."""

    stories: tuple[Story, ...]
    old: frozenset[str]
    ran: Mapping[str, Ran]

    def ran_of(self, story: Story) -> Ran | None:
        """Where a story ran: its lead, or else another of its items."""
        return next((self.ran[item.id] for item in story.items if item.id in self.ran), None)

    @property
    def news(self) -> int:
        """How many stories are new to the readers."""
        told = map(self.ran_of, self.stories)
        return sum(ran is None or ran.follow_up for ran in told)


def desk_of(workspace: Workspace, target: IssueFolder, results: Iterable[SourceResult]) -> Desk:
    """Read the issue and all that lies around it; nothing is written."""
    document = target.read(workspace.section_keys)
    earlier = earlier_issues(workspace, document.issue)
    carried = carry_over(workspace, target, document.issue, [entry for entry, _ in earlier])
    kept = {name: one for name in sorted(target.kept_ids()) if (one := target.kept(name))}
    came = [(item, result.source) for result in results for item in result.items]
    candidates = target.candidates_text()
    if carried.blocks:
        candidates = "\n\n".join((candidates.rstrip(), *carried.blocks)) + "\n"
    return Desk(
        workspace=workspace,
        target=target,
        issue=document.issue,
        text=document.text,
        candidates=candidates,
        kept=kept | {one.item.id: one for one in carried.kept},
        fresh={item.id: item for item, _ in reversed(came)},
        origins={item.id: source for item, source in reversed(came)},
        carried=carried.blocks,
        earlier=earlier,
        now=workspace.clock.now(),
    )


def week_of(desk: Desk, look_back: timedelta) -> Week:
    """The stories of what is kept, and of what came in and is not too old.

    It is looked back from the issue's day, or from now where that day has not come. Whatever has no
    date is not too old.
    """
    cut_off = min(desk.now, _end_of_day(desk)) - look_back
    old = {
        item.id
        for item in desk.fresh.values()
        if item.published is not None and item.published < cut_off and item.id not in desk.kept
    } - desk.offered
    items = [desk.content(name) for name in sorted({*desk.kept, *desk.fresh} - old)]
    stories = stories_of(items, decisions=desk.target.decisions(), weights=desk.weights(items))
    names = {item.id for item in items}
    ran = ran_of_items(desk.workspace, desk.earlier, items, gathered=names)
    return Week(stories, frozenset(old), ran)


def _end_of_day(desk: Desk) -> datetime:
    zone = desk.workspace.settings.publication.zone
    return datetime.combine(desk.issue.date + timedelta(days=1), time(), tzinfo=zone)
