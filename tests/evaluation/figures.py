"""What a measure says: one figure on the samples the readers were tuned on, one on those held out.

A measure is a function without arguments that gives figures; `__main__` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`tuned` and `held` are shares from 0 to 1; `goal` is the least, None where there is none."""

    name: str
    tuned: float
    held: float
    goal: float | None = None
    detail: str = ""

    @property
    def met(self) -> bool:
        return self.goal is None or min(self.tuned, self.held) >= self.goal

    def __str__(self) -> str:
        goal = "" if self.goal is None else f" (≥ {self.goal:g})"
        verdict = "" if self.goal is None else ("met" if self.met else "MISSED")
        detail = f"; {self.detail}" if self.detail else ""
        return f"{verdict:6}  {self.name}: {self.tuned:.3f}, held out {self.held:.3f}{goal}{detail}"
