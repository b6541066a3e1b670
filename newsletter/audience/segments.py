"""Segment expressions become rules: `role = 'retailer' and opened within 90 days`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.audience.grammar import read
from newsletter.audience.vocabulary import Vocabulary
from newsletter.errors import SegmentError

if TYPE_CHECKING:
    from newsletter.domain.segment import Rule

LONGEST = 2_000
_SHOWN = 200
_ANYTHING = Vocabulary()


def parse_segment(expression: str, vocabulary: Vocabulary = _ANYTHING) -> Rule:
    """The rule an expression stands for; docs/people.md has the grammar.

    Raises SegmentError, with the position where it is known, for everything that is no expression,
    and for names and values the vocabulary finds strange.
    """
    if len(expression) > LONGEST:
        shown = "".join(char if char.isprintable() else "\ufffd" for char in expression[:_SHOWN])
        raise SegmentError(f"more than {LONGEST} characters", expression=f"{shown}…")
    text = expression.translate({ord(char): " " for char in "\r\n\t"})
    hidden = next((place for place, char in enumerate(text) if not char.isprintable()), None)
    if hidden is not None:
        shown = "".join(char if char.isprintable() else "\ufffd" for char in text)
        raise SegmentError("an invisible character", expression=shown, position=hidden)
    return read(text, vocabulary)
