"""The filing half of gather: items become stories, stories become briefs in an issue's files.

Nothing a person wrote is changed: briefs are added, and a brief is rewritten only where its block
is, to the byte, what an earlier gather wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from newsletter.domain.item import SourceTally
from newsletter.domain.story import Evidence, Story
from newsletter.errors import IssueError
from newsletter.gather.canonical import canonical_url
from newsletter.gather.draft import Offer, draft
from newsletter.gather.rank import Ranking
from newsletter.issues.blocks import digest, spliced
from newsletter.issues.codec import add_blocks, parse
from newsletter.issues.gathered import Kept
from newsletter.issues.replacing import replaced
from newsletter.usecases.interest import source_weights
from newsletter.usecases.memory import taste
from newsletter.usecases.offers import block_of, places
from newsletter.usecases.week import Desk, Week, desk_of, week_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from newsletter.app import Workspace
    from newsletter.domain.item import Item, SourceResult
    from newsletter.gather.draft import Draft
    from newsletter.gather.sections import Place
    from newsletter.issues.folder import IssueFolder


@dataclass(frozen=True, slots=True)
class Gathered:
    """What each source gave, and where it went: briefs per section, candidates, known before.

    `updated` briefs were rewritten or taken out, `carried` were held over from an earlier issue.
    `short` are the sections below their `min`, with what they have. `thin` says what follows from
    a thin week, '' in another; a `skipped` one drafts nothing.
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


def file_items(
    workspace: Workspace,
    target: IssueFolder,
    results: tuple[SourceResult, ...],
    *,
    when_thin: str | None = None,
) -> Gathered:
    """Join, place and write what was read; see Gathered.

    `when_thin` stands in place of `gathering.thin_week.then`.

    ConfigError where a section's expression is wrong, IssueError where one of the issue's files is.
    """
    sections = places(workspace)
    desk = desk_of(workspace, target, results)
    then = when_thin or workspace.settings.gathering.thin_week.then
    week, thin = _settled(desk, then)
    rule = then if thin else ""
    if rule == "skip":
        return Gathered(results, {}, 0, 0, thin=thin, skipped=True)
    offers = _offers(desk, week, sections)
    filled = {section.key: len(section.briefs) for section in desk.issue.sections}
    drafted = draft(offers, sections, filled=filled, shorten=rule == "shorten")
    changes = _changes(desk, week)
    _write(desk, week, drafted, changes)
    tallies = tuple(_tally(desk, week, result, offers) for result in results)
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


def _settled(desk: Desk, then: str) -> tuple[Week, str]:
    """The week, and what follows where it is a thin one."""
    gathering = desk.workspace.settings.gathering
    rule = gathering.thin_week
    week = week_of(desk, gathering.look_back)
    if week.news >= rule.least:
        return week, ""
    found = f"{week.news} new stories where {rule.least} are the least"
    if then == "skip":
        return week, f"{found}: nothing is drafted, this week has no issue"
    if then == "shorten":
        return week, f"{found}: sections below their minimum are left out"
    wider = week_of(desk, max(rule.widen_to, gathering.look_back))
    return wider, f"{found}: looked back {rule.widen_to.days} days and found {wider.news}"


def _offers(desk: Desk, week: Week, sections: Sequence[Place]) -> tuple[Offer, ...]:
    """The stories that were not told of before, best first."""
    new = [story for story in week.stories if _told_by(desk, story) is None]
    ranking = Ranking(
        now=desk.now,
        look_back=desk.workspace.settings.gathering.look_back,
        weights=desk.weights(item for story in new for item in story.items),
        liked=source_weights(desk.workspace),
        taste=taste(desk.earlier),
    )
    return tuple(
        Offer(
            story,
            week.ran_of(story),
            tuple(
                place.rule.key
                for place in sections
                if place.asks and place.takes(story, desk.origins, desk.now)
            ),
        )
        for story in sorted(new, key=ranking.key)
    )


def _told_by(desk: Desk, story: Story) -> Item | None:
    """The item whose brief tells this story in this issue already, by gather's hand or a person's:
    one that stands there before one that was thrown out.
    """
    told = [item for item in story.items if item.id in desk.offered or _linked(desk, item)]
    return next((item for item in told if item.id in desk.standing), told[0] if told else None)


def _linked(desk: Desk, item: Item) -> bool:
    return item.url is not None and canonical_url(item.url) in desk.linked


def _changes(desk: Desk, week: Week) -> dict[str, str]:
    """Item → its brief's new block, '' where it goes; of briefs that no person has touched."""
    changes: dict[str, str] = {}
    for story in week.stories:
        told = _told_by(desk, story)
        if told is None or told.id not in desk.standing:
            continue
        if desk.untouched(told.id) and told.id not in desk.held:
            block = block_of(_led_by(told, story), week.ran_of(story))
            if block.rstrip("\n") != desk.standing[told.id]:
                changes[told.id] = block
        joined = {
            name
            for bond in story.bonds
            if bond.evidence is Evidence.DECISION
            for name in (bond.first, bond.second)
        }
        for item in story.items:
            if item is not told and item.id in joined and desk.untouched(item.id):
                changes[item.id] = ""
    return changes


def _led_by(lead: Item, story: Story) -> Story:
    others = tuple(item for item in story.items if item is not lead)
    return replace(story, lead=lead, also=others)


def _write(desk: Desk, week: Week, drafted: Draft, changes: Mapping[str, str]) -> None:
    """Candidates first, then briefs, then items: what is cut off half way is found again."""
    offers = [*drafted.candidates, *(one for some in drafted.placed.values() for one in some)]
    new = {offer.id: block_of(offer.story, offer.ran) for offer in offers}
    blocks = [new[offer.id] for offer in drafted.candidates]
    candidates = spliced(desk.candidates, changes)
    if blocks:
        candidates = "\n\n".join((candidates.rstrip(), "\n".join(blocks)))
    if candidates != desk.target.candidates_text():
        desk.target.write_candidates(candidates)
    text = spliced(desk.text, changes)
    for rule in desk.workspace.settings.sections:
        placed = [new[offer.id] for offer in drafted.placed.get(rule.key, ())]
        document = parse(
            text, slug=desk.target.slug, file="issue.md", keys=desk.workspace.section_keys
        )
        text = add_blocks(document, rule.key, rule.title, placed)
    if text != desk.text and not replaced(desk.target.issue_file, desk.text, text):
        raise IssueError(
            "was saved while this was gathered, and stays as it is; gather again",
            file=f"issues/{desk.target.slug}/issue.md",
        )
    desk.target.keep(_to_keep(desk, week, {**new, **changes}))


def _to_keep(desk: Desk, week: Week, written: Mapping[str, str]) -> Iterator[Kept]:
    """Every item of the week, with what was written of it."""
    for story in week.stories:
        lead = _told_by(desk, story) or story.lead
        for item in story.items:
            before = desk.kept.get(item.id)
            also = tuple(one.id for one in story.items if one is not item)
            yield Kept(
                item,
                before.fetched if before is not None and before.item == item else desk.now,
                also if item is lead else (),
                _digest(desk, week, story, item, written),
            )


def _digest(desk: Desk, week: Week, story: Story, item: Item, written: Mapping[str, str]) -> str:
    """What tells later whether a person has touched the item's brief; '' where it has none."""
    if item.id in written:
        return digest(written[item.id]) if written[item.id] else ""
    before = desk.kept.get(item.id)
    if before is not None and before.written:
        return before.written
    if item.id in desk.standing:  # written by a gather that was cut off, or by a person
        return digest(block_of(_led_by(item, story), week.ran_of(story)))
    return digest("") if item.id in desk.offered or _linked(desk, item) else ""


def _tally(desk: Desk, week: Week, result: SourceResult, offers: Sequence[Offer]) -> SourceTally:
    new = {offer.id for offer in offers if offer.placeable}
    joined = {
        item.id
        for story in week.stories
        for item in story.items
        if item is not (_told_by(desk, story) or story.lead)
    }
    counts = dict.fromkeys(("new", "known", "joined", "held", "old"), 0)
    seen: set[str] = set()
    for item in result.items:
        again = item.id in seen or desk.origins[item.id] != result.source
        seen.add(item.id)
        if again:
            counts["known"] += 1
        elif item.id in week.old:
            counts["old"] += 1
        elif item.id in new:
            counts["new"] += 1
        elif item.id in desk.held:
            counts["held"] += 1
        elif item.id in joined and item.id not in desk.offered:
            counts["joined"] += 1
        else:
            counts["known"] += 1
    return SourceTally(result.source, len(result.items), **counts)
