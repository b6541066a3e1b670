"""Dates in the text: a weekday beside a date has to be that date's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from newsletter.domain.calendar_names import MONTHS, WEEKDAYS
from newsletter.render.checks.rules import Checked, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

WEEKDAY_MISMATCH = warning(
    "weekday-mismatch",
    "A weekday and the date beside it do not go together (English, German, French, Spanish).",
    "Look up which of the two is right.",
)
RULES = (WEEKDAY_MISMATCH,)


@dataclass(frozen=True, slots=True)
class _Language:
    """The names of days and months, and the orders in which they are written."""

    days: tuple[str, ...]
    months: tuple[str, ...]
    orders: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, code: str, *orders: str) -> _Language:
        """`orders` are patterns with {weekday}, {day}, {month} and {year}."""
        parts = {
            "weekday": r"\b(?P<weekday>[^\W\d_]{3,})",
            "day": r"(?P<day>\d{1,2})",
            "month": r"(?P<month>[^\W\d_]{3,})\b\.?",
            "year": r"(?:,?\s+(?:(?:of|de|del)\s+)?(?P<year>20\d\d))?",
        }
        patterns = (re.compile(order.format(**parts), re.IGNORECASE) for order in orders)
        return cls(WEEKDAYS[code], MONTHS[code], tuple(patterns))


_LANGUAGES = (
    _Language.of(
        "en",
        r"{weekday}\.?[,(]?\s+\(?{month}\s+{day}(?:st|nd|rd|th)?\b{year}",
        r"{weekday}\.?[,(]?\s+\(?(?:the\s+)?{day}(?:st|nd|rd|th)?\s+(?:of\s+)?{month}{year}",
    ),
    _Language.of(
        "de",
        r"{weekday},?\s+(?:dem\s+|den\s+|der\s+)?{day}\.\s*{month}{year}",
    ),
    _Language.of(
        "fr",
        r"{weekday},?\s+(?:le\s+)?{day}(?:er)?\s+{month}{year}",
    ),
    _Language.of(
        "es",
        r"{weekday},?\s+(?:el\s+)?{day}\s+(?:de\s+)?{month}{year}",
    ),
)


def check_weekdays(checked: Checked) -> Iterator[Finding]:
    """Dates such as `Friday, Nov. 27` or `Freitag, 27. November 2026`, in the nearest year."""
    for place, text in checked.texts:
        if not any(character.isdigit() for character in text):
            continue
        for language in _LANGUAGES:
            for order in language.orders:
                for found in order.finditer(text):
                    yield from _compared(found, language, checked.issue.date, place)


def _compared(
    found: re.Match[str], language: _Language, near: date, place: str
) -> Iterator[Finding]:
    told, month = _named(found["weekday"], language.days), _named(found["month"], language.months)
    if told is None or month is None:
        return
    years = (int(found["year"]),) if found["year"] else (near.year - 1, near.year, near.year + 1)
    possible = [day for year in years if (day := _real(year, month + 1, int(found["day"])))]
    if possible:
        day = min(possible, key=lambda made: abs((made - near).days))
        if day.weekday() != told:
            yield WEEKDAY_MISMATCH.broken(
                place,
                f"“{found[0]}”, but {day.isoformat()} is a {WEEKDAYS['en'][day.weekday()].title()}",
            )


def _named(word: str, names: tuple[str, ...]) -> int | None:
    """The place of the only name that begins with this word, or is it."""
    word = word.lower()
    places = [place for place, name in enumerate(names) if name.startswith(word)]
    exact = [place for place in places if names[place] == word]
    return (exact or places)[0] if len(exact or places) == 1 else None


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
