"""What an editor writes of a brief, read from its block and set in it; every other byte stays.

    ### Headline
    <!-- audience: trade -->        what the program is told

    The text in Markdown,           the text: from the first to the last line a reader sees,
    <!-- ask Ada --> to here.       with the comments between them

    [Source](https://…)             the link
    <!-- item: 0123456789ab -->     the foot

Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues.codec import LINK_LINE, link_line
from newsletter.issues.outline import BREAKS, comments, outline
from newsletter.issues.parts import line_break

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = re.compile(r"(###[ \t]+)(\S.*?)[ \t]*\Z")
_BREAK = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Wording:
    """A brief as an editor writes it. `text` is Markdown, its comments included, with line feeds;
    `link` and `source` are '' where there is no link.
    """

    headline: str
    text: str = ""
    link: str = ""
    source: str = ""


def wording_of(block: str) -> Wording:
    """What a brief's block says."""
    cut = _cut(block)
    link, source = cut.link
    text = _BREAK.sub("\n", "".join(cut.body)).strip("\n")
    return Wording(_title(block)[0], text, link, source)


def reworded(block: str, wording: Wording) -> str:
    """The block with another wording; what the wording does not change keeps its bytes.

    IssueError where a part of it cannot stand in an issue's file.
    """
    old, new = _flat(wording_of(block)), _checked(_flat(wording))
    # The text first: without the link below it, its own last line may look like one.
    if new.text != old.text:
        block = _rewritten(block, _cut(block), new.text)
    if (new.link, new.source) != (old.link, old.source):
        block = _relinked(block, _cut(block), new)
    if new.headline != old.headline:
        _, start, stop = _title(block)
        block = block[:start] + new.headline + block[stop:]
    return block.rstrip(BREAKS)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A block's lines but for its heading: those of the text from `start` to `stop`, and the one
    with the link.
    """

    lines: tuple[str, ...]
    start: int
    stop: int
    linked: int | None

    @property
    def body(self) -> tuple[str, ...]:
        return self.lines[self.start : self.stop]

    @property
    def link(self) -> tuple[str, str]:
        """Its address and its source's name."""
        found = None if self.linked is None else LINK_LINE.match(_shown(self.lines[self.linked]))
        return (found[2] or found[3], re.sub(r"\\(.)", r"\1", found[1])) if found else ("", "")


def _cut(block: str) -> _Cut:
    lines = tuple(block.splitlines(keepends=True)[1:])
    shown = [line.strip() for line in _veiled("".join(lines)).splitlines()]
    inside = _inside_comments(lines)
    seen = [place for place, line in enumerate(shown) if line]
    linked = seen[-1] if seen and _is_link(lines[seen[-1]]) and seen[-1] not in inside else None
    if linked is not None:
        seen.pop()
    if not seen:
        start = stop = _beneath(lines, shown, inside)
        return _Cut(lines, start, stop, linked)
    start, stop = seen[0], seen[-1] + 1
    while start in inside:
        start -= 1
    while stop in inside:
        stop += 1
    return _Cut(lines, start, stop, linked)


def _is_link(line: str) -> bool:
    shown = _shown(line)
    return shown in line and LINK_LINE.match(shown) is not None


def _beneath(lines: Sequence[str], shown: Sequence[str], inside: frozenset[int]) -> int:
    """Where the comments right beneath the heading end."""
    told = (
        place
        for place, line in enumerate(lines)
        if place not in inside and (not line.strip() or shown[place])
    )
    return next(told, len(lines))


def _inside_comments(lines: Sequence[str]) -> frozenset[int]:
    """The lines before whose first character a comment has opened and not closed."""
    starts = accumulate(map(len, lines), initial=0)
    spans = comments("".join(lines))
    return frozenset(
        place
        for place, start in enumerate(starts)
        if any(first < start < last for first, last in spans)
    )


def _veiled(text: str) -> str:
    """The text with comments as spaces, line for line."""
    for first, last in comments(text):
        hidden = (char if char in BREAKS else " " for char in text[first:last])
        text = text[:first] + "".join(hidden) + text[last:]
    return text


def _shown(line: str) -> str:
    return _veiled(line).strip()


def _flat(wording: Wording) -> Wording:
    """As it is compared: what is one line on one line, without spaces that say nothing."""
    headline, link, source = (
        " ".join(part.split()) for part in (wording.headline, wording.link, wording.source)
    )
    text = _BREAK.sub("\n", wording.text).strip("\n")
    return Wording(headline, text, link, (source or link) if link else source)


def _checked(wording: Wording) -> Wording:
    """The same; IssueError where a part of it would be read as something else."""
    found = outline(tuple(wording.text.splitlines(keepends=True)), 0)
    if not wording.headline:
        raise IssueError("a brief needs a headline; write one, or drop the brief")
    if found.headings:
        raise IssueError(
            f"“{found.headings[0].title}” would begin a section or brief of its own inside the "
            "text; write #### for a heading, or take the signs away"
        )
    if found.unclosed is not None:
        raise IssueError(
            f"line {found.unclosed + 1} of the text opens a comment or code block that is never "
            "closed; close it"
        )
    if wording.source and not wording.link:
        raise IssueError(f"the source “{wording.source}” has no link; give its address, too")
    if wording.link and not LINK_LINE.match(link_line(wording.link, wording.source)):
        raise IssueError(f"“{wording.link}” cannot be an address; write one without < and >")
    return wording


def _relinked(block: str, cut: _Cut, wording: Wording) -> str:
    head, lines, newline = _head(block), list(cut.lines), line_break(block)
    new = link_line(wording.link, wording.source) if wording.link else ""
    if cut.linked is not None:
        old = lines[cut.linked]
        lines[cut.linked] = old.replace(_shown(old), new) if new else ""
        return head + "".join(lines)
    place = cut.stop
    while place < len(lines) and not lines[place].strip():
        place += 1
    apart = "" if place > cut.stop else newline
    before, after = head + "".join(lines[:place]), "".join(lines[place:])
    return f"{_ended(before, newline)}{apart}{new}{newline}{after}"


def _rewritten(block: str, cut: _Cut, text: str) -> str:
    newline = line_break(block)
    before = _head(block) + "".join(cut.lines[: cut.start])
    after = "".join(cut.lines[cut.stop :])
    if not text:
        return before + after.lstrip(BREAKS)
    if cut.body:
        return f"{before}{_merged(cut.body, text, newline)}{after}"
    apart = newline if after and after[0] not in BREAKS else ""
    lines = text.replace("\n", newline)
    return f"{_ended(before, newline)}{newline}{lines}{newline}{apart}{after}"


def _merged(old: Sequence[str], text: str, newline: str) -> str:
    """The text's lines; those that stood there before as they stood, with the ends they had."""
    bare = [line.rstrip(BREAKS) for line in old]
    new = text.split("\n")
    lines = [f"{line}{newline}" for line in new]
    for match in SequenceMatcher(None, bare, new, autojunk=False).get_matching_blocks():
        lines[match.b : match.b + match.size] = old[match.a : match.a + match.size]
    last = lines[-1].rstrip(BREAKS)
    ended = (_ended(line, newline) for line in lines[:-1])
    return "".join(ended) + last + old[-1][len(bare[-1]) :]


def _title(block: str) -> tuple[str, int, int]:
    """The headline, and where it starts and stops."""
    found = _HEAD.match(_head(block).rstrip(BREAKS))
    if found is None:
        raise IssueError("a brief begins with `### ` and its headline; put them back")
    return found[2], found.start(2), found.end(2)


def _head(block: str) -> str:
    """The line of the heading, with its end."""
    return next(iter(block.splitlines(keepends=True)), "")


def _ended(text: str, newline: str) -> str:
    return text if text.endswith(tuple(BREAKS)) else text + newline
