"""hold: keep a brief for a later issue; and what earlier issues held over for this one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.blocks import blocks, digest, spliced, told, untold
from newsletter.issues.directives import HELD_OVER, held_over_line
from newsletter.issues.replacing import locked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, timedelta

    from newsletter.app import Workspace
    from newsletter.domain.issue import Brief, Issue
    from newsletter.issues.blocks import Block
    from newsletter.issues.folder import IssueFolder
    from newsletter.issues.gathered import Kept


@dataclass(frozen=True, slots=True)
class Carried:
    """What earlier issues held over for one: the blocks of the briefs, and their items."""

    blocks: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()


def hold(workspace: Workspace, slug: str, item: str, *, until: date | None = None) -> date:
    """Hold a brief over, by its item's id; returns the last day it is offered.

    Its block moves from issue.md to candidates.md as it is, with the day told beneath its heading.
    IssueError where the issue has no such brief, or the day is not after the issue's.
    """
    here = folder.find(workspace.issues, slug)
    with locked(here.path):
        return _held(workspace, here, item, until)


def _held(workspace: Workspace, here: IssueFolder, item: str, until: date | None) -> date:
    document = here.read(workspace.section_keys)
    until = until or document.issue.date + workspace.settings.gathering.hold_over
    if until <= document.issue.date:
        raise IssueError(
            f"{until} is not after the day of the issue, {document.issue.date}; name a later day"
        )
    written, candidates = document.text, here.candidates_text()
    block = _block(here, item, (*blocks(written), *blocks(candidates)))
    held = told(untold(block.text, HELD_OVER), held_over_line(until))
    if block in blocks(candidates):
        here.write_candidates(spliced(candidates, {block.item: held}))
    else:
        here.write_candidates(f"{candidates.rstrip()}\n\n{held}\n")
        here.write(spliced(written, {block.item: ""}))
    return until


def carry_over(
    workspace: Workspace, here: IssueFolder, issue: Issue, earlier: Iterable[IssueFolder]
) -> Carried:
    """What the `earlier` issues, the latest first, hold over for this one and it does not have.

    The latest of them that knows an item decides: what ran since, or was thrown out, is not offered
    again. What is under embargo is held over, too, until `gathering.hold_over` after its moment.
    """
    settled = set(here.known_items())
    found: list[str] = []
    kept: list[Kept] = []
    for entry in earlier:
        text = entry.candidates_text()
        standing = {block.item: block for block in blocks(text)}
        for brief in entry.candidates() if "<!-- held over:" in text or "embargo:" in text else ():
            until = _until(brief, workspace.settings.gathering.hold_over)
            if until is None or until < issue.date or brief.item in settled | {None}:
                continue
            block = told(
                untold(standing[brief.item or ""].text, HELD_OVER),
                held_over_line(until, entry.slug),
            )
            found.append(block)
            original = entry.kept(brief.item or "")
            if original is not None:
                kept.append(replace(original, also=(), written=digest(block)))
        settled |= entry.known_items()
    return Carried(tuple(found), tuple(kept))


def _until(brief: Brief, hold_over: timedelta) -> date | None:
    """The last day a brief is held over to, None where it is not."""
    if brief.held_over is not None or brief.embargo is None:
        return brief.held_over
    return brief.embargo.date() + hold_over


def _block(here: IssueFolder, item: str, there: Iterable[Block]) -> Block:
    found = {block.item: block for block in there if block.item.startswith(item)}
    if len(found) == 1 and item:
        return next(iter(found.values()))
    if found:
        raise IssueError(f"“{item}” begins the ids of {len(found)} briefs; give more of it")
    raise IssueError(
        f"there is no brief of an item “{item}” in issues/{here.slug}; its id stands at its end, "
        "as in <!-- item: 0123456789ab -->"
    )
