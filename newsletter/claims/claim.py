"""One claim of a brief, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ClaimKind(StrEnum):
    """What is claimed."""

    NUMBER = "number"  # with amounts, percentages, weights
    DATE = "date"
    NAME = "name"
    QUOTATION = "quotation"


@dataclass(frozen=True, slots=True)
class Claim:
    """`text` stands at `start` to `end` of what was read. `nearest` is the passage of the source
    that comes closest to a claim the source does not make.
    """

    kind: ClaimKind
    text: str
    start: int
    end: int
    supported: bool
    nearest: str = ""
