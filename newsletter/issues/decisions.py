"""stories.yaml: what a desk decided about stories. Pure.

together:                       pairs of items that are one story
- [0123456789ab, fedcba987654]
apart:                          pairs that are not
- [0123456789ab, 00ff00ff00ff]
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from newsletter.domain.story import Decisions, Pair
from newsletter.errors import IssueError

_ITEM = re.compile(r"[0-9a-f]{12}\Z")
_HEAD = "# What the desk decided: `newsletter stories` writes this, `newsletter gather` obeys it.\n"


def decisions_file(decisions: Decisions) -> str:
    """The file, its pairs in a fixed order."""
    # Quoted throughout, for an id of digits alone, or with one e, would be read as a number.
    lines = [_HEAD]
    for name, pairs in (("together", decisions.together), ("apart", decisions.apart)):
        ordered = sorted(sorted(pair) for pair in pairs)
        lines.append(f"{name}:\n" if ordered else f"{name}: []\n")
        lines += (f'- ["{first}", "{second}"]\n' for first, second in ordered)
    return "".join(lines)


def read_decisions(text: str, *, file: str) -> Decisions:
    """The decisions of a file, none of an empty one. IssueError where it is malformed."""
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        raise _wrong(file, "is no YAML") from None
    if not isinstance(values, dict) or not values.keys() <= {"together", "apart"}:
        raise _wrong(file, "holds more than `together:` and `apart:`")
    return Decisions(
        together=_pairs(values.get("together"), file), apart=_pairs(values.get("apart"), file)
    )


def _pairs(value: Any, file: str) -> frozenset[Pair]:
    if not isinstance(value, list | None):
        raise _wrong(file, f"holds {value!r}, which is no list of pairs")
    return frozenset(_pair(one, file) for one in value or ())


def _pair(value: Any, file: str) -> Pair:
    items = frozenset(map(str, value)) if isinstance(value, list) else frozenset()
    if len(items) != 2 or not all(map(_ITEM.match, items)):
        raise _wrong(file, f"holds {value!r}, which is not a pair of items")
    return items


def _wrong(file: str, what: str) -> IssueError:
    return IssueError(f"{what}; mend it, or delete it and decide again", file=file)
