"""Segment expressions of config.yaml become rules: `role = 'retailer' and visits > 3`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.errors import SegmentError

if TYPE_CHECKING:
    from newsletter.domain.segment import Rule

LONGEST = 2_000
_SHOWN = 200


def parse_segment(expression: str) -> Rule:
    """The rule an expression stands for.

    Raises SegmentError, with the position where it is known, for everything but comparisons of an
    attribute with values (= != <> < <= > >= in between like is null), and, or, not, parentheses.
    """
    from newsletter.audience.grammar import read  # noqa: PLC0415 - its parser is slow to load

    shown = "".join(char if char.isprintable() else "\ufffd" for char in expression[:_SHOWN])
    if len(expression) > LONGEST:
        raise SegmentError(f"more than {LONGEST} characters", expression=f"{shown}…")
    text = expression.translate({ord(char): " " for char in "\r\n\t"})
    hidden = next((place for place, char in enumerate(text) if not char.isprintable()), None)
    if hidden is not None:
        raise SegmentError("an invisible character", expression=shown, position=hidden)
    try:
        return read(text)
    except RecursionError:
        raise SegmentError("too many parentheses or nots", expression=shown) from None
