"""Dates in the text: a weekday beside a date has to be that date's."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import Checked, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

WEEKDAY_MISMATCH = warning(
    "weekday-mismatch",
    "A weekday and the date beside it do not go together.",
    "Look up which of the two is right.",
)
RULES = (WEEKDAY_MISMATCH,)

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(
    r"\b(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?[,(]?\s+\(?"
    r"(?:the\s+)?(?:(?P<day1>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
    r"(?P<month>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|ust|tember|ember|ober)?\b\.?"
    r"(?:\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?\b)?(?:,?\s+(?P<year>20\d\d))?",
    re.IGNORECASE,
)


def check_weekdays(checked: Checked) -> Iterator[Finding]:
    """English dates such as `Friday, Nov. 27` or `Friday 27 November 2026`, in the nearest year."""
    for place, text in checked.texts:
        for found in _WRITTEN.finditer(text):
            day = _date(found, checked.issue.date)
            if day and not _DAYS[day.weekday()].startswith(found["weekday"].lower()[:3]):
                yield WEEKDAY_MISMATCH.broken(
                    place,
                    f"“{found[0]}”, but {day.isoformat()} is a {_DAYS[day.weekday()].title()}",
                )


def _date(found: re.Match[str], near: date) -> date | None:
    month = _MONTHS.index(found["month"].lower()[:3]) + 1
    day = int(found["day1"] or found["day2"] or 0)
    years = (int(found["year"]),) if found["year"] else (near.year - 1, near.year, near.year + 1)
    possible = [made for year in years if (made := _real(year, month, day))]
    return min(possible, key=lambda made: abs((made - near).days), default=None)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
