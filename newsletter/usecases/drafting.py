"""The filing half of gather: items become stories, stories become briefs in an issue's files.

Nothing a person wrote is changed: briefs are added, and a brief is rewritten only where its block
is, to the byte, what an earlier gather wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from newsletter.domain.item import ItemKind, SourceTally
from newsletter.gather.canonical import canonical_url
from newsletter.gather.draft import Offer, draft
from newsletter.gather.rank import Ranking
from newsletter.gather.stories import stories_of
from newsletter.issues.blocks import blocks, digest, known_items, spliced
from newsletter.issues.codec import add_blocks, parse
from newsletter.issues.gathered import Kept
from newsletter.usecases.holding import carry_over
from newsletter.usecases.memory import earlier_issues, ran_of_items, taste
from newsletter.usecases.offers import block_of, places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsletter.app import Workspace
    from newsletter.domain.issue import Issue
    from newsletter.domain.item import Item, SourceResult
    from newsletter.domain.story import Ran, Story
    from newsletter.gather.draft import Draft
    from newsletter.issues.folder import IssueFolder


@dataclass(frozen=True, slots=True)
class Gathered:
    """What each source gave, and where it went: briefs per section, candidates, known before.

    `updated` briefs were rewritten, `carried` were held over from an earlier issue. `short` are the
    sections below their `min`, with what they have. `thin` says what follows from a thin week, ''
    in another; a `skipped` one drafts nothing.
    """

    results: tuple[SourceResult, ...]
    placed: Mapping[str, int]
    candidates: int
    known: int
    tallies: tuple[SourceTally, ...] = ()
    updated: int = 0
    carried: int = 0
    short: Mapping[str, int] = field(default_factory=dict)
    thin: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class _Week:
    """What there is to tell, back to the cut-off: the stories, and where their leads ran before."""

    stories: tuple[Story, ...]
    old: frozenset[str]
    ran: Mapping[str, Ran]

    @property
    def fresh(self) -> int:
        """How many stories are news to the readers."""
        told = (self.ran.get(story.lead.id) for story in self.stories)
        return sum(ran is None or ran.follow_up for ran in told)


def file_items(
    workspace: Workspace, target: IssueFolder, results: tuple[SourceResult, ...]
) -> Gathered:
    """Join, place and write what was read; see Gathered.

    Candidates are written first, then briefs, then items: what is cut off half way is found again.
    """
    desk = _desk(workspace, target, results)
    week, thin = _settled(desk)
    rule = workspace.settings.gathering.thin_week
    if thin and rule.then == "skip":
        return Gathered(results, {}, 0, 0, _tallies(desk, week, ()), thin=thin, skipped=True)
    offers = _offers(desk, week)
    filled = {section.key: len(section.briefs) for section in desk.issue.sections}
    drafted = draft(
        offers, desk.places, filled=filled, shorten=bool(thin) and rule.then == "shorten"
    )
    changes = _changes(desk, week)
    _write(desk, week, drafted, changes)
    tallies = _tallies(desk, week, offers)
    return Gathered(
        results,
        {key: len(found) for key, found in drafted.placed.items()},
        len(drafted.candidates),
        sum(tally.known for tally in tallies),
        tallies,
        updated=len(changes),
        carried=len(desk.carried),
        short=drafted.short,
        thin=thin,
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """The issue as it stands, and what came in. `origins` are the names of sources by item."""

    workspace: Workspace
    target: IssueFolder
    issue: Issue
    text: str
    candidates: str
    kept: Mapping[str, Kept]
    fresh: Mapping[str, Item]
    origins: Mapping[str, str]
    results: tuple[SourceResult, ...]
    carried: tuple[str, ...]
    earlier: Sequence[tuple[IssueFolder, Issue]]
    places: Sequence[Place]
    now: datetime

    @property
    def offered(self) -> frozenset[str]:
        """The items that are, or once were, briefs of this issue."""
        written = {name for name, kept in self.kept.items() if kept.written}
        return known_items(self.text) | known_items(self.candidates) | written

    @property
    def standing(self) -> dict[str, str]:
        """The blocks that are there now, by item."""
        there = (*blocks(self.candidates), *blocks(self.text))
        return {block.item: block.text for block in there}

    def weights(self, items: Iterable[Item]) -> dict[str, float]:
        """How much each item's source is thought of."""
        named = {source.name: source.weight for source in self.workspace.settings.sources}
        return {
            item.id: named.get(self.origins.get(item.id, item.source), 1.0) for item in items
        }
