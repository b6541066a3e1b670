"""What comments right beneath a heading say to the program.

    ## Jobs
    <!-- component: jobs -->
    <!-- audience: not retailers -->

    ### A setter for Lyon
    <!-- held over: until 2026-12-11 -->      wait for a later issue, up to that day's
    <!-- sponsor: halden-cover -->           the slot of sponsors.yaml that this piece fills
    <!-- embargo: 2026-11-30 09:00 -->        not before that moment, by the publication's clocks

Only comments alone on the first lines count; any other comment is the editor's own. Pure.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from newsletter.errors import IssueError

HELD_OVER = "held over"
KEYS = ("component", "audience", "item", HELD_OVER, "embargo", "sponsor")

_DIRECTIVE = re.compile(r"[ \t]*<!--[ \t]*([a-z]+(?: [a-z]+)*):[ \t]*(.*?)[ \t]*-->[ \t]*\r?\n?\Z")
_COMPONENT = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_AUDIENCE = re.compile(r"(not +)?([a-z][a-z0-9_-]{0,39})\Z")
_HELD_OVER = re.compile(r"until (\d{4}-\d\d-\d\d)(?:, from [a-z0-9-]+)?\Z")
_EMBARGO = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?\Z")


@dataclass(frozen=True, slots=True)
class Directives:
    """What a heading's comments say of look, readers and day; see domain.issue.Brief."""

    component: str = ""
    audience: str = ""
    held_over: date | None = None
    embargo: datetime | None = None
    sponsor: str = ""


def held_over_line(until: date, issue: str = "") -> str:
    """The comment that holds a brief over, with the issue it was first offered for."""
    first = f", from {issue}" if issue else ""
    return f"<!-- held over: until {until.isoformat()}{first} -->"


def read_directives(lines: tuple[str, ...], start: int, stop: int, *, file: str) -> Directives:
    """The directives between two line indices; ends at the first line that is not one.

    IssueError for a value that is none, for one given twice, and for a key that is nearly one.
    """
    found: dict[str, Any] = {}
    for index in range(start, stop):
        match = _DIRECTIVE.match(lines[index])
        if match is None:
            if lines[index].strip():
                break
            continue
        key, value = match[1], match[2]
        if key in found:
            raise IssueError(f"“{key}” stands twice here; keep one", file=file, line=index + 1)
        if key in _READERS:
            found[key] = _value(key, value, file, index + 1)
        elif key not in KEYS and (close := difflib.get_close_matches(key, KEYS, n=1, cutoff=0.7)):
            message = (
                f"unknown word “{key}” in a comment under a heading; did you mean “{close[0]}”?"
            )
            raise IssueError(message, file=file, line=index + 1)
    return Directives(**{key.replace(" ", "_"): value for key, value in found.items()})


def _value(key: str, text: str, file: str, line: int) -> Any:
    read, remedy = _READERS[key]
    value = read(text)
    if value is None:
        raise IssueError(f"“{text}” is no {_NAMES.get(key, key)}; {remedy}", file=file, line=line)
    return value


def _component(text: str) -> str | None:
    return text if _COMPONENT.match(text) else None


def _audience(text: str) -> str | None:
    found = _AUDIENCE.match(text)
    if found is None or found[2] == "not":
        return None
    return f"not {found[2]}" if found[1] else found[2]


def _held_over(text: str) -> date | None:
    found = _HELD_OVER.match(text)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _embargo(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _EMBARGO.match(text) else None
    except ValueError:
        return None


def _sponsor(text: str) -> str | None:
    return text if _COMPONENT.match(text) else None


_READERS = {
    "component": (_component, "write one word such as `cards`"),
    "audience": (_audience, "write a segment of config.yaml, or `not` and one"),
    "held over": (_held_over, "write the last day to offer it, such as `until 2026-12-11`"),
    "embargo": (_embargo, "write a day and an hour such as `2026-11-30 09:00`"),
    "sponsor": (_sponsor, "write a slot of sponsors.yaml such as `halden-cover`"),
}
_NAMES = {
    "held over": "day to hold a brief over to",
    "embargo": "moment of an embargo",
    "sponsor": "slot",
}
