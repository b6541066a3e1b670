"""The passage of a source that comes closest to a claim."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.claims.names import folded
from newsletter.domain.prose import sentences

if TYPE_CHECKING:
    from collections.abc import Collection

_WORD = re.compile(r"[^\W_]{3,}|\d+")
_LONGEST = 160


def passages(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The sentences of a text, each with its words as they are compared."""
    found = []
    for paragraph in text.split("\n"):
        for sentence in sentences(paragraph.strip()):
            shown = " ".join(sentence.split())
            found.append((shown, frozenset(folded(word) for word in _WORD.findall(shown))))
    return tuple(found)


def nearest(
    around: Collection[str], among: tuple[tuple[str, frozenset[str]], ...], *, near: str = ""
) -> str:
    """The sentence that shares most words with those around a claim; '' where none shares any.

    `near` is a word of the source it should hold.
    """
    wanted = {folded(word) for word in around}
    best, most = "", 0.0
    for shown, words in among:
        shared = len(wanted & words) / (1 + 0.05 * len(words)) + (
            2 if near and near in words else 0
        )
        if shared > most:
            best, most = shown, shared
    return _cut(best)


def _cut(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rsplit(" ", 1)[0] + " …"
