"""Taking a change back out of a text that others have changed since, elsewhere. Pure."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def without_change(now: str, before: str, after: str) -> str | None:
    """`now` with what made `before` into `after` undone, to the byte.

    None where what was changed since then lies among it: nobody can tell what was meant.
    """
    if now == after:
        return before
    lines, old, new = (text.splitlines(keepends=True) for text in (now, before, after))
    ours, theirs = _changed(new, old), _changed(new, lines)
    if ours == theirs:
        return None
    if ours[1] <= theirs[0]:
        tail = len(new) - ours[1]
        return "".join(old[: len(old) - tail] + lines[ours[1] :])
    if theirs[1] <= ours[0]:
        tail = len(new) - ours[0]
        return "".join(lines[: len(lines) - tail] + old[ours[0] :])
    return None


def _changed(lines: Sequence[str], others: Sequence[str]) -> tuple[int, int]:
    """From which to which line a text differs from another one."""
    start = _alike(lines, others)
    most = min(len(lines), len(others)) - start
    tail = min(_alike(lines[::-1], others[::-1]), most)
    return start, len(lines) - tail


def _alike(lines: Sequence[str], others: Sequence[str]) -> int:
    """How many lines are the same at the beginning."""
    pairs = zip(lines, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
