"""Where a value stands on a chart's axis, and which round values the axis tells. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEPS = (1.0, 2.0, 5.0, 10.0)
"""What the distance of two ticks begins with."""

NOTHING = 1e-12
"""Below this a value is none: no share of anything that is counted is so small."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from the values `least` … `greatest` to the positions `start` … `end`."""

    least: float
    greatest: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The position of a value; what lies outside stands at the edge."""
        if self.greatest <= self.least:
            return self.start
        share = (min(max(value, self.least), self.greatest) - self.least) / (
            self.greatest - self.least
        )
        return self.start + share * (self.end - self.start)


def ticks(greatest: float, *, most: int = 5, whole: bool = False) -> tuple[float, ...]:
    """Round values from 0 to the first that is not below `greatest`, in at most `most` steps.

    `whole` values are at least 1 apart, as people are.
    """
    top = max(greatest, 1.0 if whole else 0.0)
    if top < NOTHING:
        return (0.0, 1.0)
    power = 10.0 ** math.floor(math.log10(top / most))
    step = next(power * first for first in STEPS if power * first * most >= top * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    count = math.ceil(top / step - 1e-9)
    return tuple(step * place for place in range(count + 1))
