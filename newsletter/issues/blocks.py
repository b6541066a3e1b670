"""Briefs as blocks of a file's text: found, told apart from what a person touched, and spliced.

A block goes from its `###` to the last line before the next heading that says anything. Pure.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.issues.outline import outline

if TYPE_CHECKING:
    from collections.abc import Mapping

_ITEM = re.compile(r"<!-- item: ([0-9a-f]{12}) -->")


@dataclass(frozen=True, slots=True)
class Block:
    """One brief's text, which stands at `start` to `stop` of its file, and its item."""

    item: str
    text: str
    start: int
    stop: int


def known_items(text: str) -> frozenset[str]:
    """The ids of all gathered items a file mentions, even inside commented-out briefs."""
    return frozenset(_ITEM.findall(text))


def item_of(text: str) -> str | None:
    """The id of the first gathered item a text mentions."""
    found = _ITEM.search(text)
    return found[1] if found else None


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of briefs that came from an item, in their order; none in a file that is broken
    off inside a comment or code block.
    """
    lines = tuple(text.splitlines(keepends=True))
    found = outline(lines, front_matter_lines(lines))
    if found.unclosed is not None:
        return ()
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    ends = [heading.index for heading in found.headings[1:]] + [len(lines)]
    made = []
    for heading, end in zip(found.headings, ends, strict=False):
        start = starts[heading.index]
        block = text[start : starts[end]].rstrip("\n")
        item = item_of(block)
        if heading.level == 3 and item is not None:
            made.append(Block(item, block, start, start + len(block)))
    return tuple(made)


def digest(block: str) -> str:
    """16 hexadecimal digits that tell a block from every other one, to the byte."""
    return hashlib.sha256(block.rstrip("\n").encode()).hexdigest()[:16]


def spliced(text: str, changes: Mapping[str, str]) -> str:
    """The text with the blocks of these items replaced, or taken out where the new text is ''."""
    for block in reversed(blocks(text)):
        new = changes.get(block.item)
        if new:
            text = text[: block.start] + new.rstrip("\n") + text[block.stop :]
        elif new is not None:
            text = text[: block.start] + text[block.stop :].lstrip("\n")
    return text


def told(block: str, line: str) -> str:
    """The block with a line right beneath its heading."""
    head, _, rest = block.partition("\n")
    return f"{head}\n{line}\n{rest}" if rest else f"{head}\n{line}"


def untold(block: str, key: str) -> str:
    """The block without the comment of that key among the lines beneath its heading."""
    return re.sub(
        rf"\A(.*\n(?:[ \t]*<!--.*-->[ \t]*\n)*?)[ \t]*<!-- *{key}:.*-->.*\n?", r"\1", block
    )


def opens_front_matter(line: str) -> bool:
    """Whether a file's first line does; some editors put a byte order mark before it."""
    return line.removeprefix("\ufeff").rstrip() == "---"


def front_matter_lines(lines: tuple[str, ...]) -> int:
    """How many lines the front matter takes; none in candidates.md."""
    if not lines or not opens_front_matter(lines[0]):
        return 0
    ends = (index + 1 for index, line in enumerate(lines) if index and line.rstrip() == "---")
    return next(ends, 0)
