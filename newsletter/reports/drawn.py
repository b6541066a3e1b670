"""A chart with the table behind it, and how figures are written in either."""

from __future__ import annotations

from dataclasses import dataclass

WITHHELD = "withheld"
"""Of too few people, or what would give away how few others are."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart (SVG), what it is called, and the same in rows under columns; the first column names
    the row. `note` says what must be known to read it right, or ''.
    """

    key: str
    title: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def counted(count: int | None) -> str:
    """`12,345`, or that it is not told."""
    return WITHHELD if count is None else f"{count:,}"


def percent(share: float | None) -> str:
    """`12.3 %` of a share from 0 to 1; below 1 % two digits after the point, as thresholds have."""
    if share is None:
        return "–"
    hundredths = share * 100
    if 0 < hundredths < 1:
        return f"{hundredths:.2f} %"
    return f"{hundredths:.1f}".removesuffix(".0") + " %"


def share_of(part: int | None, whole: int) -> float | None:
    """A share from 0 to 1, None where it is withheld or there is nothing to divide by."""
    return part / whole if part is not None and whole else None
