"""Gather: from sources to gathered items, briefs in issue.md, and candidates beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.gather.canonical import canonical_url
from newsletter.gather.draft import draft
from newsletter.issues import folder
from newsletter.issues.codec import add_briefs, parse
from newsletter.usecases.reading import read_place, read_sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.app import Workspace
    from newsletter.domain.item import SourceResult
    from newsletter.issues.folder import IssueFolder


@dataclass(frozen=True, slots=True)
class Gathered:
    """What each source gave, and where it went: briefs per section, candidates, known before."""

    results: tuple[SourceResult, ...]
    placed: dict[str, int]
    candidates: int
    known: int


def gather(
    workspace: Workspace,
    slug: str,
    *,
    place: str | None = None,
    stdin_text: Callable[[], str] = lambda: "",
    progress: Callable[[SourceResult], None] = lambda _: None,
) -> Gathered:
    """Read every source of config.yaml, or only `place` (a URL, a file, or `-`), into an issue.

    A source that fails is a result with an error. GatherError when nothing at all could be read.
    Nothing a person wrote is changed: briefs are only added.
    """
    target = folder.find(workspace.issues, slug)
    target.read(workspace.section_keys)  # a malformed issue is told before an hour of fetching
    if place is None:
        return _file(workspace, target, read_sources(workspace, progress=progress))
    result = read_place(workspace, place, stdin_text=stdin_text)
    progress(result)
    return _file(workspace, target, (result,))


def _file(workspace: Workspace, target: IssueFolder, results: tuple[SourceResult, ...]) -> Gathered:
    """Write candidates, briefs, then the items: once an item is kept, it is never offered again."""
    document = target.read(workspace.section_keys)
    rules = workspace.settings.sections
    items = [item for result in results for item in result.items]
    filled = {section.key: len(section.briefs) for section in document.issue.sections}
    known = target.known_items() | {
        canonical_url(brief.link) for brief in document.issue.briefs if brief.link
    }
    made = draft(items, rules, filled=filled, known=known)
    target.add_candidates(made.candidates)
    placed = {rule.key: len(made.placed.get(rule.key, ())) for rule in rules}
    text = document.text
    for rule in rules:
        briefs = made.placed.get(rule.key, ())
        if briefs:
            document = parse(text, slug=target.slug, file="issue.md", keys=workspace.section_keys)
            text = add_briefs(document, rule.key, rule.title, briefs)
    if any(placed.values()):
        target.write(text)
    target.keep(items, fetched_at=workspace.clock.now())
    return Gathered(
        results=results,
        placed=placed,
        candidates=len(made.candidates),
        known=len(items) - sum(placed.values()) - len(made.candidates),
    )
