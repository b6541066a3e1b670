"""Dates in a text: days, months and weekdays, in every way they can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.claims.words import MONTHS, WEEKDAYS


class Day(NamedTuple):
    """One reading of a date; None for the parts that are not told."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Date:
    """A date as it stands in a text, with all that it may mean."""

    start: int
    end: int
    readings: frozenset[Day]


_MONTH = r"(?P<month>[^\W\d_]{3,10})\.?"
_YEAR = r"(?:,? (?:de |del )?(?P<year>(?:19|20)\d\d)(?!\d))?"
_DAY = r"(?P<day>\d{1,2})(?!\d)"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<![\d.,/-])(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\d-])",
        (
            rf"(?<![\d.,])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)? (?:of |de |di )?{_MONTH}"
            rf"(?![^\W_]){_YEAR}"
        ),
        rf"(?<![^\W_]){_MONTH} {_DAY}(?:st|nd|rd|th)?(?![.,]?\d)(?! ?(?:%|percent)){_YEAR}",
        (
            r"(?<![\d.,/])(?P<first>\d{1,2})(?P<sep>[./])(?P<second>\d{1,2})(?P=sep)"
            r"(?P<year>(?:19|20)?\d\d)(?![\d/])"
        ),
        r"(?<![\d.,/])(?P<first>\d{1,2})\.(?P<second>\d{1,2})\.(?!\d)",
        (
            r"(?<![\d.,/$€£])(?<!\d )(?!1/[234]|[23]/[34])"
            r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?![\d/])"
        ),
        rf"(?<![^\W_]){_MONTH},? (?:de |del |of )?(?P<year>(?:19|20)\d\d)(?!\d)",
    )
)
_WORD = re.compile(r"[^\W\d_]{3,12}")
_IN = re.compile(
    r"(?:in|of|since|by|from|until|till|through|to|during|for|this|next|last|late|early|mid-?|im|seit"
    r"|bis|en|de|depuis|fin|début|desde|da|dal|nel|a|and) \Z",
    re.IGNORECASE,
)
_IN_ROMANCE = re.compile(
    r"(?:^|[^\w])(?:en|de|del|depuis|fin|début|desde|hasta|da|dal|di|nel|a|al|au|y|e|et|à|entre"
    r"|tra|fra) \Z"
)
_CAPITAL_DAYS = frozenset([*WEEKDAYS][:14])  # English and German ones
_ALSO_WORDS = frozenset({"may", "march", "mars", "set", "dec", "jan", "mar", "mag", "lug", "ago"})


def dates(text: str) -> tuple[Date, ...]:
    """Every date of a text in its order. A month alone counts where it can be nothing else."""
    found: list[Date] = []
    for form in _FORMS:
        for match in form.finditer(text):
            readings = frozenset(day for day in _readings(match) if _possible(day))
            if readings:
                found.append(Date(match.start(), match.end(), readings))
    found.sort(key=lambda one: (one.start, -one.end))
    apart: list[Date] = []
    for one in found:
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
    taken = [(one.start, one.end) for one in apart]
    apart += [one for one in _alone(text) if not _within(one.start, taken)]
    return tuple(sorted(apart, key=lambda one: one.start))


def _readings(match: re.Match[str]) -> list[Day]:
    parts = match.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    if year is not None and year < 100:
        year += 2000
    if parts.get("first"):
        one, two = int(parts["first"]), int(parts["second"])
        return [Day(year, two, one), Day(year, one, two)]
    month = parts["month"]
    number = int(month) if month.isdigit() else MONTHS.get(month.casefold())
    if number is None or (month.islower() and month in _ALSO_WORDS):
        return []
    return [Day(year, number, int(parts["day"]) if parts.get("day") else None)]


def _possible(day: Day) -> bool:
    return 1 <= (day.month or 1) <= 12 and 1 <= (day.day or 1) <= 31


def _alone(text: str) -> list[Date]:
    found = []
    for match in _WORD.finditer(text):
        word = match[0].casefold()
        if word in WEEKDAYS and (match[0][0].isupper() or word not in _CAPITAL_DAYS):
            readings = frozenset({Day(weekday=WEEKDAYS[word])})
        elif word in MONTHS and _is_month(text, match):
            readings = frozenset({Day(month=MONTHS[word])})
        else:
            continue
        found.append(Date(match.start(), match.end(), readings))
    return found


def _is_month(text: str, match: re.Match[str]) -> bool:
    """Long names that are no other word, or any behind a word such as `in`; French, Spanish and
    Italian write them small.
    """
    word = match[0].casefold()
    before = text[max(0, match.start() - 12) : match.start()]
    if match[0].islower():
        return bool(_IN_ROMANCE.search(before))
    return (len(word) > 4 and word not in _ALSO_WORDS) or bool(_IN.search(before))


def _within(place: int, taken: list[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in taken)
