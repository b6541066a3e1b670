"""What comments right beneath a heading say to the program.

    ## Jobs
    <!-- component: jobs -->
    <!-- audience: not retailers -->

Only comments alone on the first lines count; any other comment is the editor's own. Pure.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from newsletter.errors import IssueError

KEYS = ("component", "audience", "item")

_DIRECTIVE = re.compile(r"[ \t]*<!--[ \t]*([a-z]+):[ \t]*(.*?)[ \t]*-->[ \t]*\r?\n?\Z")
_COMPONENT = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_AUDIENCE = re.compile(r"(not +)?([a-z][a-z0-9_-]{0,39})\Z")


@dataclass(frozen=True, slots=True)
class Directives:
    """The look and the readers a heading's comments name; '' for what they leave open."""

    component: str = ""
    audience: str = ""


def read_directives(lines: tuple[str, ...], start: int, stop: int, *, file: str) -> Directives:
    """The directives between two line indices; ends at the first line that is not one.

    IssueError for a value that is none, for one given twice, and for a key that is nearly one.
    """
    found: dict[str, str] = {}
    for index in range(start, stop):
        match = _DIRECTIVE.match(lines[index])
        if match is None:
            if lines[index].strip():
                break
            continue
        key, value = match[1], match[2]
        if key in found:
            raise IssueError(f"“{key}” stands twice here; keep one", file=file, line=index + 1)
        if key in ("component", "audience"):
            found[key] = _value(key, value, file, index + 1)
        elif key not in KEYS and (close := difflib.get_close_matches(key, KEYS, n=1, cutoff=0.7)):
            message = (
                f"unknown word “{key}” in a comment under a heading; did you mean “{close[0]}”?"
            )
            raise IssueError(message, file=file, line=index + 1)
    return Directives(**found)


def _value(key: str, value: str, file: str, line: int) -> str:
    if key == "component":
        if _COMPONENT.match(value):
            return value
        raise IssueError(
            f"“{value}” is no component; write one word such as `cards`", file=file, line=line
        )
    audience = _AUDIENCE.match(value)
    if audience and audience[2] != "not":
        return f"not {audience[2]}" if audience[1] else audience[2]
    raise IssueError(
        f"“{value}” is no audience; write a segment of config.yaml, or `not` and one",
        file=file,
        line=line,
    )
