"""The text a brief was cut from, read once: its numbers, dates, words and sentences."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from newsletter.claims import words as vocabulary
from newsletter.claims.dates import Date, Day, dates
from newsletter.claims.names import Word, folded, land, people, words
from newsletter.claims.passages import passages
from newsletter.claims.plain import plain
from newsletter.claims.quantities import Number, numbers
from newsletter.claims.quotations import compared
from newsletter.claims.units import Quantity

_WINDOW = 4
_ORDINALS = {folded(word): number for word, number in vocabulary.ORDINALS.items()}
_SHARES = {folded(word): shares for word, shares in vocabulary.SHARES.items()}
_OUT_OF = frozenset(["in", "out of", "of", "of every", "in every", "von", "sur", "su", "de cada"])
_CHIEF = re.compile(r"(?i)\bchief ([^\W\d_])[^\W\d_]* officer\b")
_ALIKE = (
    "us usa u.s. american america americans states",
    "uk britain british england english",
    "swiss switzerland",
    "italian italy italians",
    "french france",
    "german germany germans",
    "chinese china",
    "indian india",
    "japanese japan",
    "belgian belgium",
    "russian russia",
    "spanish spain",
    "israeli israel",
    "african africa",
    "european europe eu",
    "asian asia",
    "canadian canada",
    "australian australia",
    "emirati emirates uae dubai",
    "korean korea",
    "turkish turkey turkiye",
    "thai thailand",
    "brazilian brazil",
    "colombian colombia",
    "botswanan botswana",
    "dutch netherlands",
    "danish denmark",
    "swedish sweden",
    "parisian paris",
    "londoner london",
    "milanese milan",
    "genevan geneva geneve",
)


@dataclass(frozen=True)
class Source:
    """The text a brief was cut from, with its headline; `published` where it is known, `beside`
    what else is true of it (the outlet's name, the author). `language` is a code or None.
    """

    text: str
    published: date | None = None
    beside: str = ""
    language: str | None = None

    @cached_property
    def shown(self) -> str:
        """The text as it is read."""
        return plain(self.text)

    @cached_property
    def quantities(self) -> frozenset[Quantity]:
        """Every reading of every number."""
        found = {reading for one in self.numbers for reading in one.readings}
        for word in self.vocabulary:
            for value, unit in _SHARES.get(word, ()):
                found.add(Quantity(Decimal(value), unit))
            if word in _ORDINALS:
                found.add(Quantity(Decimal(_ORDINALS[word]), vocabulary.ORDINAL))
            if word in vocabulary.PERIODS:
                found.add(Quantity(Decimal(word[1]), vocabulary.ORDINAL))
        for one, two in pairwise(self.numbers):
            if self.shown[one.end : two.start].strip().casefold() in _OUT_OF:
                found |= {
                    Quantity(part / whole * 100, vocabulary.PERCENT)
                    for part in one.bare
                    for whole in two.bare
                    if whole
                }
        for day in (day for one in self.dates for day in one.readings):
            found |= {Quantity(Decimal(part)) for part in (day.year, day.day) if part}
        return frozenset(found)

    @cached_property
    def units(self) -> frozenset[str]:
        """The units it writes: one that it has is not left out elsewhere."""
        return frozenset(unit for _, unit in self.quantities if unit)

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """Every number."""
        return numbers(self.shown, self.language)

    @cached_property
    def dates(self) -> tuple[Date, ...]:
        """Every date."""
        return dates(self.shown)

    @cached_property
    def days(self) -> frozenset[Day]:
        """Every reading of every date, and the day of publication."""
        found = {day for one in self.dates for day in one.readings}
        if told := self.published:
            found.add(Day(told.year, told.month, told.day, told.weekday()))
        return frozenset(found | {_on_weekday(day, told) for day in found})

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word."""
        return words(self.shown)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every word as it is compared, parts and initials included."""
        found = {word.folded for word in (*self.words, *words(plain(self.beside)))}
        found |= {folded(part) for part in re.findall(r"[^\W_]+", f"{self.shown} {self.beside}")}
        found |= {word.removesuffix("s") for word in found}
        for group in _ALIKE:
            alike = {folded(word) for word in group.split()}
            if alike & found:
                found |= alike
        return frozenset(found | _initials(self.words) | _titles(self.shown))

    @cached_property
    def names(self) -> frozenset[str]:
        """Its words with a capital."""
        return frozenset(word.folded for word in self.words if word.capital)

    @cached_property
    def lands(self) -> frozenset[str]:
        """Its names as far as they are shared with peoples."""
        return frozenset(filter(None, map(land, self.names)))

    @cached_property
    def peoples(self) -> frozenset[str]:
        """Its peoples as far as they are shared with lands."""
        return frozenset(filter(None, map(people, self.names)))

    @cached_property
    def close(self) -> frozenset[tuple[str, str]]:
        """Pairs of words that stand near one another."""
        order = [word.folded for word in self.words]
        order += ["", *(word.folded for word in words(plain(self.beside)))]
        return frozenset(
            (one, two)
            for place, one in enumerate(order)
            for two in order[place + 1 : place + _WINDOW]
        )

    @cached_property
    def quoted(self) -> str:
        """The text as quotations are looked for in it."""
        return compared(self.shown)

    @cached_property
    def passages(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """Its sentences."""
        return passages(self.shown)


def _titles(text: str) -> frozenset[str]:
    """CMO for a chief marketing officer, VP for a vice president."""
    chiefs = {f"c{match[1]}o".casefold() for match in _CHIEF.finditer(text)}
    return frozenset(chiefs | ({"vp"} if "vice president" in text.casefold() else set()))


def _initials(found: tuple[Word, ...]) -> frozenset[str]:
    """GIA for a Gemological Institute of America that stands there in full."""
    made: set[str] = set()
    run: list[str] = []
    for word in found:
        if word.capital and (not word.first or not run):
            run.append(word.folded[:1])
        elif word.folded not in ("of", "the", "for", "and", "de", "des", "du"):
            run = []
        for start in range(max(0, len(run) - 6), len(run) - 1):
            made.add("".join(run[start:]))
    return frozenset(made)


def _on_weekday(day: Day, published: date | None) -> Day:
    """The date with its weekday; without a year, in the one nearest to the publication."""
    if day.month is None or day.day is None or (day.year is None and published is None):
        return day
    near = day.year or (published.year if published else 0)
    possible = []
    for year in (near,) if day.year else (near - 1, near, near + 1):
        with suppress(ValueError):
            possible.append(date(year, day.month, day.day))
    if not possible:
        return day
    found = min(possible, key=lambda one: abs((one - (published or one)).days))
    return day._replace(weekday=found.weekday(), year=found.year)
