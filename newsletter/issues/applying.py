"""What an edit makes of issue.md and candidates.md. Every byte it does not speak of stays. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues.blocks import item_of, told, untold
from newsletter.issues.codec import parse, parse_candidates
from newsletter.issues.directives import HELD_OVER, held_over_line
from newsletter.issues.edits import (
    Bring,
    Conflict,
    Drop,
    Edit,
    Head,
    HoldOver,
    Move,
    PutBack,
    Reword,
    Rewrite,
    Seen,
    Spot,
    Texts,
)
from newsletter.issues.front_lines import front_text, with_front_text
from newsletter.issues.outline import BREAKS
from newsletter.issues.parts import (
    BRIEF,
    SECTION,
    Part,
    line_break,
    moved,
    part_of,
    parts_of,
    put_in,
    taken_out,
    text_of,
)
from newsletter.issues.wording import reworded, wording_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from newsletter.domain.issue import Issue

_Parts = tuple[Part, ...]


def applied(edit: Edit, texts: Texts) -> Texts | Conflict:
    """The files with the edit in them.

    IssueError where the edit cannot be, or a file it needs cannot be read, with file and line.
    """
    try:
        made = _made(edit, texts)
    except _MovedOnError as moved_on:
        return Conflict(edit, str(moved_on), _base(edit), _mine(edit), moved_on.theirs)
    if made.issue != texts.issue:
        _issue(made)
    if made.candidates != texts.candidates:
        parse_candidates(made.candidates, file=made.candidates_file)
    return made


class _MovedOnError(Exception):
    """What an edit was made on is no longer there; `theirs` is what stands in its place."""

    def __init__(self, sentence: str, theirs: str | None) -> None:
        super().__init__(sentence)
        self.theirs = theirs


def _made(edit: Edit, texts: Texts) -> Texts:
    match edit:
        case Move():
            return _with_move(edit, texts)
        case Bring():
            return _with_candidate(edit, texts)
        case HoldOver() | Drop():
            return _without(edit, texts)
        case Reword():
            return _with_block(edit.brief, texts, lambda block: reworded(block, edit.wording))
        case Rewrite():
            return _with_block(edit.brief, texts, lambda block: _one_brief(edit.block, block))
        case PutBack():
            part = part_of(_one_brief(edit.block, texts.issue))
            parts, before = _slot(texts, edit.to)
            return replace(texts, issue=text_of(put_in(parts, before, part)))
        case Head():
            return _with_head(edit, texts)


def _with_move(edit: Move, texts: Texts) -> Texts:
    parts, before = _slot(texts, edit.to)
    index = _found(parts, edit.brief)
    return replace(texts, issue=text_of(moved(parts, index, before)))


def _with_candidate(edit: Bring, texts: Texts) -> Texts:
    offered = parts_of(texts.candidates, file=texts.candidates_file)
    rest, part = taken_out(offered, _found(offered, edit.brief))
    parts, before = _slot(texts, edit.to)
    new = part_of(untold(part.text, HELD_OVER))
    return replace(texts, issue=text_of(put_in(parts, before, new)), candidates=text_of(rest))


def _without(edit: HoldOver | Drop, texts: Texts) -> Texts:
    parts = parts_of(texts.issue, file=texts.issue_file)
    rest, part = taken_out(parts, _found(parts, edit.brief))
    left = replace(texts, issue=text_of(rest))
    if isinstance(edit, Drop):
        return left
    day = _issue(texts).date
    if edit.until <= day:
        raise IssueError(f"{edit.until} is not after the day of the issue, {day}; name a later day")
    line = held_over_line(edit.until) + line_break(part.text).removesuffix("\n")
    held = part_of(told(untold(part.text, HELD_OVER), line))
    offered = parts_of(texts.candidates, file=texts.candidates_file)
    return replace(left, candidates=text_of(put_in(offered, len(offered), held)))


def _with_block(brief: Seen, texts: Texts, write: Callable[[str], str]) -> Texts:
    parts = parts_of(texts.issue, file=texts.issue_file)
    index = _found(parts, brief)
    new = replace(parts[index], text=write(parts[index].text))
    return replace(texts, issue=text_of((*parts[:index], new, *parts[index + 1 :])))


def _with_head(edit: Head, texts: Texts) -> Texts:
    now = front_text(texts.issue, edit.key, file=texts.issue_file)
    if now not in (edit.seen, " ".join(edit.value.split())):
        raise _MovedOnError(f"The {edit.key} has been changed meanwhile.", now)
    changed = with_front_text(texts.issue, edit.key, edit.value, file=texts.issue_file)
    return replace(texts, issue=changed)


def _slot(texts: Texts, spot: Spot) -> tuple[_Parts, int]:
    """The issue's parts, with the section made where it is missing, and before which of them."""
    parts = parts_of(texts.issue, file=texts.issue_file)
    if spot.before:
        return parts, _found(parts, Seen(spot.before), "The brief before which it should stand")
    if spot.after:
        return parts, _found(parts, Seen(spot.after), "The brief after which it should stand") + 1
    starts = [place for place, part in enumerate(parts) if part.level == SECTION]
    keys = [section.key for section in _issue(texts).sections]
    if spot.section in keys:
        place = keys.index(spot.section)
        return parts, [*starts, len(parts)][place + 1]
    return _with_section(texts, spot.section, parts, dict(zip(keys, starts, strict=True)))


def _with_section(
    texts: Texts, key: str, parts: _Parts, starts: Mapping[str, int]
) -> tuple[_Parts, int]:
    """The parts with one more section, before those that follow it in config.yaml."""
    if key not in texts.titles:
        known = ", ".join(dict.fromkeys([*starts, *texts.titles]))
        raise IssueError(f"there is no section “{key}”; there are: {known}")
    order = list(texts.titles)
    later = [starts[one] for one in order[order.index(key) + 1 :] if one in starts]
    place = min(later, default=len(parts))
    title = texts.titles[key]
    return put_in(parts, place, Part(SECTION, title, f"## {title}")), place + 1


def _found(parts: _Parts, brief: Seen, what: str = "The brief") -> int:
    """Where a brief stands; of several with the same bytes the one nearest to its old place."""
    briefs = [place for place, part in enumerate(parts) if part.level == BRIEF]
    same = [
        (abs(number - brief.place), place)
        for number, place in enumerate(briefs)
        if parts[place].digest == brief.digest
    ]
    if same:
        return min(same)[1]
    theirs = _counterpart([parts[place] for place in briefs], brief.block)
    became = "has been changed" if theirs else "has been taken away"
    raise _MovedOnError(f"{what} {became} meanwhile.", theirs)


def _counterpart(briefs: Sequence[Part], block: str) -> str | None:
    """The block that an old one became: that of its item, its link, or else its headline."""
    if not block:
        return None
    item, old = item_of(block), wording_of(block)
    now = [(part.text, wording_of(part.text)) for part in briefs]
    by_item = [text for text, _ in now if item is not None and item_of(text) == item]
    by_link = [text for text, new in now if old.link and new.link == old.link]
    by_headline = [text for text, new in now if new.headline == old.headline]
    return next(iter((*by_item, *by_link, *by_headline)), None)


def _base(edit: Edit) -> str:
    match edit:
        case Head():
            return edit.seen
        case PutBack():
            return ""
        case _:
            return edit.brief.block


def _mine(edit: Edit) -> str:
    match edit:
        case Head():
            return edit.value
        case Reword() if edit.brief.block:
            return reworded(edit.brief.block, edit.wording)
        case Rewrite() | PutBack():
            return edit.block
        case _:
            return ""


def _one_brief(block: str, beside: str) -> str:
    """A block that a person wrote, its lines ending as those beside it; IssueError if not one."""
    text = re.sub(r"\r\n?|\n", line_break(beside), block).strip(BREAKS)
    head, *parts = parts_of(text, file="the brief")
    if head.text or [part.level for part in parts] != [BRIEF]:
        raise IssueError("this should be one brief: `### `, its headline, and its text below")
    return text


def _issue(texts: Texts) -> Issue:
    return parse(texts.issue, slug=texts.slug, file=texts.issue_file, keys=texts.keys).issue
