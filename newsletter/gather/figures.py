"""The figures of a text as they can be compared: $1.1 million, €1.1m and 1,1 Mio. are one. Pure."""

from __future__ import annotations

import re

_PERCENT = r"%|(?:per ?cent|prozent|pour cent|por ciento|per cento)\b"
_SCALE = (
    r"(?:million(?:en|i|s|es)?|millones|milioni|mio|mn|m|billions?|milliarden?|milliards?|miliardi"
    r"|mrd|bn|thousand|k)\b"
)
_FIGURE = re.compile(
    r"(?<![\w.,])(?:[$€£¥]|(?:CHF|USD|EUR|GBP|HKD) ?)?"
    r"(?P<digits>\d{1,3}(?:[.,'’ \xa0\u202f]\d{3})+(?:[.,]\d{1,2})?(?!\d)"
    r"|\d{1,12}(?:[.,]\d{1,4})?(?!\d))"
    rf"(?:[ \xa0\u202f-]?(?P<unit>{_PERCENT}|{_SCALE}))?",
    re.IGNORECASE,
)
_SCALES = {"k": 1e3, "t": 1e3, "b": 1e9, "mrd": 1e9, "milliard": 1e9, "miliard": 1e9}
_LEAST = 13
"""Smaller whole numbers are alike by chance."""


def figures(text: str) -> dict[str, str]:
    """Every telling figure, as `4.2%`, `1100000` or `850000` → as it is first written.

    Years and whole numbers up to 12 tell nothing, unless they count percents or millions.
    """
    found: dict[str, str] = {}
    for match in _FIGURE.finditer(text):
        if told := _told(match["digits"], match["unit"]):
            found.setdefault(told, match[0].strip())
    return found


def _told(digits: str, unit: str | None) -> str:
    value = _value(digits)
    kind = (unit or "").lower()
    if kind == "%" or kind.startswith(("per", "prozent", "pour", "por")):
        return f"{value:g}%"
    if kind:
        return f"{value * _scale(kind):.12g}"
    if value.is_integer() and (value < _LEAST or 1900 <= value <= 2100):
        return ""
    return f"{value:.12g}"


def _scale(unit: str) -> float:
    return next((by for start, by in _SCALES.items() if unit.startswith(start)), 1e6)


def _value(digits: str) -> float:
    """`1,200` and `1.200` are whole; a last group of another length is a fraction."""
    groups = re.split(r"[.,'’ \xa0\u202f]", digits)
    if len(groups) == 1:
        return float(digits)
    *whole, last = groups
    if len(last) == 3 and (len(whole) > 1 or whole[0] != "0"):
        return float("".join(groups))
    return float(f"{''.join(whole)}.{last}")
