"""A file of briefs cut at its headings, so that whole briefs can be taken out and put in.

What stands between two headings belongs to the upper one. Joining the parts gives the text back,
byte for byte. The blank lines beneath a part go with it, but those that end the file stay at its
end. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newsletter.errors import IssueError
from newsletter.issues.blocks import digest, front_matter_lines
from newsletter.issues.outline import BREAKS, outline

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTION, BRIEF = 2, 3


@dataclass(frozen=True, slots=True)
class Part:
    """A section's heading with its intro, a brief, or, at `level` 0, all before the first heading.

    `gap` are the line breaks that follow `text`. `line` counts from 1.
    """

    level: int
    title: str
    text: str
    gap: str = ""
    line: int = 0

    @property
    def digest(self) -> str:
        """What tells this part from one with other bytes; see blocks.digest."""
        return digest(self.text)


def parts_of(text: str, *, file: str) -> tuple[Part, ...]:
    """The parts of issue.md or candidates.md; the first is the one before all headings.

    IssueError with file and line where a comment or code block is never closed.
    """
    lines = tuple(text.splitlines(keepends=True))
    found = outline(lines, front_matter_lines(lines))
    if found.unclosed is not None:
        raise IssueError(
            "what opens here, a code block or a comment, is never closed; close it",
            file=file,
            line=found.unclosed + 1,
        )
    starts = [heading.index for heading in found.headings]
    ends = [*starts, len(lines)]
    head = _part(0, "", "".join(lines[: ends[0]]), 1)
    return (
        head,
        *(
            _part(heading.level, heading.title, "".join(lines[heading.index : end]), at + 1)
            for heading, at, end in zip(found.headings, starts, ends[1:], strict=True)
        ),
    )


def part_of(text: str) -> Part:
    """A brief that stands nowhere yet, by the text of its block."""
    return _part(BRIEF, "", text, 0)


def text_of(parts: Sequence[Part]) -> str:
    """The parts as one text."""
    return "".join(part.text + part.gap for part in parts)


def taken_out(parts: Sequence[Part], index: int) -> tuple[tuple[Part, ...], Part]:
    """The parts without one of them, and that one; `put_in` at its place undoes it."""
    part, before, after = parts[index], parts[:index], parts[index + 1 :]
    if not after:
        last = before[-1]
        before = (*before[:-1], replace(last, gap=part.gap))
        part = replace(part, gap=last.gap)
    return (*before, *after), part


def put_in(parts: Sequence[Part], index: int, part: Part) -> tuple[Part, ...]:
    """The parts with one more before the one at `index`, or at the end.

    A part without a gap of its own gets a blank line.
    """
    before, after = parts[:index], parts[index:]
    last = before[-1]
    gap = part.gap or (2 * line_break(text_of(parts)) if after or last.text else "")
    if after:
        return (*before, replace(part, gap=gap), *after)
    return (*before[:-1], replace(last, gap=gap), replace(part, gap=last.gap))


def moved(parts: Sequence[Part], index: int, before: int) -> tuple[Part, ...]:
    """The parts with one of them before the one at `before`, or at the end."""
    rest, part = taken_out(parts, index)
    return put_in(rest, before - 1 if before > index else before, part)


def line_break(text: str) -> str:
    r"""How the first line of a text ends: `\r\n`, or `\n`."""
    return "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"


def _part(level: int, title: str, raw: str, line: int) -> Part:
    text = raw.rstrip(BREAKS)
    return Part(level, title, text, raw[len(text) :], line)
