"""The subject or preheader set in an issue's front matter; every other byte stays: comments,
quotes, order. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import yaml

from newsletter.errors import IssueError
from newsletter.issues.blocks import front_matter_lines
from newsletter.issues.front_matter import read_front_matter
from newsletter.issues.parts import line_break

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.issues.front_matter import FrontMatter

TEXTS = ("subject", "preheader")
"""What is set here, in the order in which a missing one is written."""


def front_text(text: str, key: str, *, file: str) -> str:
    """What stands under one of TEXTS; IssueError where the front matter is malformed."""
    return str(getattr(read_front_matter(text, file=file)[0], key))


def with_front_text(text: str, key: str, value: str, *, file: str) -> str:
    """The issue's text with another value under one of TEXTS, quoted as the old one if it can be.

    IssueError with the file where the value cannot be written there.
    """
    before, _ = read_front_matter(text, file=file)
    wanted = _with(before, key, " ".join(value.split()))
    if wanted == _with(before, key, " ".join(getattr(before, key).split())):
        return text
    for written in _tries(text, key, getattr(wanted, key)):
        try:
            if read_front_matter(written, file=file)[0] == wanted:
                return written
        except IssueError:
            continue
    raise IssueError(f"“{key}” cannot be set to this; write it into the file by hand", file=file)


def _with(front: FrontMatter, key: str, value: str) -> FrontMatter:
    return replace(front, subject=value) if key == "subject" else replace(front, preheader=value)


def _tries(text: str, key: str, value: str) -> Iterator[str]:
    """The text with the value quoted as it was before, and then between double quotes."""
    lines = tuple(text.splitlines(keepends=True))
    start, count = len(lines[0]), front_matter_lines(lines)
    places = _places("".join(lines[1 : count - 1]))
    if key not in places:
        after = start if key == TEXTS[0] else start + _next_line(lines[1:], places)
        yield f"{text[:after]}{key}: {_double(value)}{line_break(text)}{text[after:]}"
        return
    first, last, style = places[key]
    head, old, tail = (
        text[: start + first],
        text[start + first : start + last],
        text[start + last :],
    )
    if style in ("|", ">"):
        tail = line_break(text) + tail
    apart = "" if old else " "
    if value and style == "'":
        yield f"{head}'{value.replace(chr(39), 2 * chr(39))}'{tail}"
    elif value and style is None:
        yield f"{head}{apart}{value}{tail}"
    yield f"{head}{apart}{_double(value)}{tail}"


def _places(front: str) -> dict[str, tuple[int, int, str | None]]:
    """Key → where its value starts and stops, and how it is quoted."""
    node = yaml.SafeLoader(front).get_single_node()
    return {
        str(key.value): (value.start_mark.index, value.end_mark.index, value.style)
        for key, value in (node.value if isinstance(node, yaml.MappingNode) else ())
    }


def _next_line(lines: tuple[str, ...], places: dict[str, tuple[int, int, str | None]]) -> int:
    """Where the line after the subject's starts, or the first one where there is none."""
    end = places["subject"][1] if "subject" in places else 0
    start = 0
    for line in lines:
        if start >= end:
            break
        start += len(line)
    return start


def _double(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
