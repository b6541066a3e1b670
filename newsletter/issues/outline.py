"""Finds the headings of an issue file, line by line, without changing a byte.

A `##` inside a fenced code block or an HTML comment is no heading: an editor may comment a brief
out. Pure: text in, lines out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"(#{2,3})[ \t]+(\S.*?)[ \t]*\r?\n?\Z")
_HIDDEN = re.compile(
    # Whichever opens first: a fence inside a comment is none, nor a comment inside fenced code.
    r"(?ms)^ {0,3}(?:`{3,}|~{3,}).*?(?:^ {0,3}(?:`{3,}|~{3,})[ \t]*\r?$|\Z)"
    r"|[ \t]*(?P<comment><!--.*?(?:-->|\Z))[ \t]*"
)

BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""Every character that ends a line, as `str.splitlines` has it."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A `##` (level 2) or `###` (level 3) and the index of its line, counted from 0."""

    level: int
    title: str
    index: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings of a file; `unclosed` is the line of a fence or comment that never ends."""

    headings: tuple[Heading, ...]
    unclosed: int | None


def outline(lines: tuple[str, ...], start: int) -> Outline:
    """Every section and brief heading from line `start` on."""
    found: list[Heading] = []
    fence, in_comment, opened = "", False, 0
    for index in range(start, len(lines)):
        line = lines[index]
        if in_comment:
            in_comment = "-->" not in line
            continue
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence, opened = ("", opened) if fence else (mark[1], index)
            continue
        if fence:
            continue
        heading = _HEADING.match(line)
        if heading:
            found.append(Heading(len(heading[1]), heading[2], index))
        elif line.rfind("<!--") > line.rfind("-->"):
            in_comment, opened = True, index
    return Outline(tuple(found), opened if fence or in_comment else None)


def without_comments(text: str) -> str:
    """The text a reader sees: HTML comments gone, blank lines at both ends gone.

    Comments inside fenced code stay.
    """
    seen = _HIDDEN.sub(lambda found: "" if found["comment"] else found[0], text)
    return seen.strip("\r\n")


def comments(text: str) -> tuple[tuple[int, int], ...]:
    """Where each comment outside fenced code starts and stops."""
    spans = (found.span("comment") for found in _HIDDEN.finditer(text) if found["comment"])
    return tuple(spans)
