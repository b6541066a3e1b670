"""Two texts held against one another, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_WORDS = 2_000
"""Words beyond which a changed stretch is told as a whole: comparing costs their product."""

_WORD = re.compile(r"\n\s*\n|\S+")


class Mark(StrEnum):
    """What became of a run of words."""

    SAME = "same"
    ADDED = "added"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row that share a mark, one space apart; an empty line between paragraphs."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of an issue, such as its subject or a brief's link, before and after."""

    name: str
    runs: tuple[Run, ...]

    @property
    def changed(self) -> bool:
        """Whether any word differs."""
        return any(run.mark is not Mark.SAME for run in self.runs)


def runs(before: str, after: str) -> tuple[Run, ...]:
    """Two texts word by word. The words that are not added are `before`, those not dropped `after`;
    how they were spaced and broken into lines is left out.
    """
    old, new = words(before), words(after)
    found: list[tuple[Mark, list[str]]] = []
    for kind, start, stop, begin, end in _steps(old, new):
        if kind == "equal":
            found.append((Mark.SAME, new[begin:end]))
            continue
        found += [(Mark.DROPPED, old[start:stop]), (Mark.ADDED, new[begin:end])]
    return tuple(Run(mark, _text(some)) for mark, some in found if some)


def _steps(old: list[str], new: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """What turns one into the other, as difflib's opcodes."""
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    stop, end = len(old) - tail, len(new) - tail
    yield "equal", 0, head, 0, head
    if max(stop, end) - head > MOST_WORDS:
        yield "replace", head, stop, head, end
    else:
        matcher = SequenceMatcher(None, old[head:stop], new[head:end], autojunk=False)
        for kind, *places in matcher.get_opcodes():
            first, second, third, fourth = (place + head for place in places)
            yield kind, first, second, third, fourth
    yield "equal", stop, len(old), end, len(new)


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """How many words both begin with."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def words(text: str) -> list[str]:
    """The words of a text with their punctuation, and an empty line between paragraphs."""
    return ["\n\n" if word.isspace() else word for word in _WORD.findall(text.strip())]


def _text(found: list[str]) -> str:
    return re.sub(r" ?\n\n ?", "\n\n", " ".join(found))
