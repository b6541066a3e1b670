"""One bar: what was measured, against what, and whether it is met."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Bar:
    """`value` must be at most (or at least) `bound`; `detail` gives the raw figures."""

    name: str
    value: float
    bound: float
    at_most: bool
    detail: str

    @property
    def met(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        verdict = "met   " if self.met else "MISSED"
        return f"{verdict}  {self.name}: {self.value:.2f} ({sign} {self.bound:g}); {self.detail}"


def interleaved(
    ours: Callable[[], object], limit: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Best seconds of both, taken in turns: other load only ever adds to them."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for place, run in enumerate((ours, limit)):
            began = time.perf_counter()
            run()
            times[place].append(time.perf_counter() - began)
    return min(times[0]), min(times[1])
