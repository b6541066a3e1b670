"""Numbers in a text, each with every way it can be read: digits and words, scales, units, money."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.claims import words
from newsletter.claims.numerals import fraction, spelt, values_of
from newsletter.claims.units import Quantity, with_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SYMBOL = "|".join(re.escape(symbol) for symbol in words.SYMBOLS)
_CODES = "USD|EUR|GBP|CHF|HKD|JPY|CNY|RMB|INR|AUD|CAD|SGD|AED|Rs\\.?|Fr\\.|SFr\\.?"
_MONEY = re.compile(rf"(?:{_SYMBOL}|(?<![^\W\d_])(?:{_CODES}))(?= ?\Z)")
# No repetition inside a repetition, so that a long run of digits costs no more than its length.
_NUMBER = re.compile(
    r"(?<![\d.,])(?P<digits>\d{1,3}(?:[.,'’ ]\d{3}){1,5}(?:[.,]\d{1,3})?(?!\d)"
    r"|\d{1,18}(?:[.,]\d{1,6})?(?!\d)|[½¼¾⅓⅔⅛])(?:[ -]?(?P<fraction>[½¼¾⅓⅔⅛]|\d/\d{1,2}(?!\d)))?"
)
_PLUS = re.compile(r"\+|-plus\b")
_SCALED = 1000
"""From here on a number is written out: 60,000 to 1.3 million is no range of millions."""
_WORD = re.compile(r"[^\W\d_]+")
_SPAN = re.compile(r"(19|20)\d\d[/–-]")
_BEFORE = re.compile(r"(?:[^\W\d_]+[ ]){0,3}\Z")


_ORDINAL = re.compile(
    r"(?<!\bone )(?<!\btwo )(?<![-\w])"
    r"(?i:(second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth))"
    r"(?= [a-z])(?! (?:of|more|less|lower|higher|as|to|hand)\b)"
)
_PART = re.compile(
    r"\b(?i:(half|a quarter of|three[ -]quarters of) an? (million|billion|dozen|thousand))\b"
)
_PARTS = {"h": Decimal("0.5"), "a": Decimal("0.25"), "t": Decimal("0.75")}


_OVER = {"more than", "at least", "plus de", "più di", "más de"}
_UNDER = {"less than", "fewer than", "up to", "as much"}


class Bound(StrEnum):
    """How exact a number is said to be."""

    EXACT = "exact"
    ABOUT = "about"
    OVER = "over"
    UNDER = "under"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text, with all that it may mean.

    `bare` are readings of the digits alone, for a range whose unit stands at its end.
    """

    start: int
    end: int
    readings: frozenset[Quantity]
    bound: Bound = Bound.EXACT
    bare: frozenset[Decimal] = field(default=frozenset())


def numbers(text: str, language: str | None) -> tuple[Number, ...]:
    """Every number of a text in its order; `language` is None where it is not known."""
    found = sorted(
        [*_in_digits(text, language), *_in_words(text, language), *_ordinals(text)], key=_start
    )
    apart: list[Number] = []
    for one in found:
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
    return tuple(_ranged(text, apart))


def _start(number: Number) -> tuple[int, int]:
    return number.start, -number.end


def _in_digits(text: str, language: str | None) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        before = _MONEY.search(text, max(0, match.start() - 5), match.start())
        if before is None and text[max(0, match.start() - 1) : match.start()].isalpha():
            continue  # a name of something: Q3, A320
        money = before[0] if before else None
        start = before.start() if before else match.start()
        values = values_of(match["digits"], language)
        if match["fraction"]:
            values = frozenset(value + fraction(match["fraction"]) for value in values)
        end, readings = with_unit(text, match.end(), values, money)
        if end is not None:
            bound = Bound.OVER if _PLUS.match(text, end) else _bound(text, start)
            yield Number(start, end, readings | _year(text, match), bound, values)


def _year(text: str, match: re.Match[str]) -> frozenset[Quantity]:
    """2026 for the 26 of 2025/26, 1990 and 2090 for ’90."""
    if text[max(0, match.start() - 1) : match.start()] in ("’", "'") and len(match["digits"]) == 2:
        short = Decimal(match["digits"])
        return frozenset({Quantity(1900 + short), Quantity(2000 + short)})
    before = text[max(0, match.start() - 5) : match.start()]
    if _SPAN.fullmatch(before) and len(match["digits"]) == 2:
        return frozenset({Quantity(Decimal(before[:2] + match["digits"]))})
    return frozenset()


def _bound(text: str, start: int) -> Bound:
    """What the words before a number say of it."""
    if text[max(0, start - 1) : start] in ("~", "≈"):
        return Bound.ABOUT
    before = _BEFORE.search(text, max(0, start - 40), start)
    last = before[0].casefold().split()[-2:] if before else []
    pair, word = " ".join(last), last[-1] if last else ""
    if set(last) & words.ABOUT or pair == "close to":
        return Bound.ABOUT
    if word in words.OVER or pair in _OVER:
        return Bound.OVER
    if word in words.UNDER or pair in _UNDER:
        return Bound.UNDER
    return Bound.EXACT


def _in_words(text: str, language: str | None) -> Iterator[Number]:
    """Numbers spelt out: twelve, twenty-one, half a million, zweihundert."""
    for match in _PART.finditer(text):
        part = _PARTS[match[1][0].casefold()]
        scales = words.SCALES.get(match[2].casefold(), (Decimal(12),))
        values = frozenset(scale * part for scale in scales)
        stop, readings = with_unit(text, match.end(), values, None)
        yield Number(match.start(), stop or match.end(), readings, bare=values)
    found = list(_WORD.finditer(text))
    place = 0
    while place < len(found):
        spelt_out, after = spelt(text, found, place, language)
        if not spelt_out:
            place += 1
            continue
        start, end = found[place].start(), found[after - 1].end()
        stop, readings = with_unit(text, end, frozenset(spelt_out), None)
        # One, un, ein: an article more often than a number, unless a unit follows.
        if spelt_out != {Decimal(1)} or any(unit for _, unit in readings):
            bare = frozenset(spelt_out)
            yield Number(start, stop or end, readings, _bound(text, start), bare)
        place = after


def _ordinals(text: str) -> Iterator[Number]:
    """Third, but not a third, second-hand or two thirds of something; first says too little."""
    for match in _ORDINAL.finditer(text):
        value = Decimal(words.ORDINALS[match[1].casefold()])
        yield Number(*match.span(1), frozenset({Quantity(value, words.ORDINAL)}))


def _ranged(text: str, found: list[Number]) -> Iterable[Number]:
    """5 to 7 percent, $5-7 million: each end has the unit of the other, too. From the last to the
    first, so that a whole list gets it.
    """
    done: list[Number] = []
    for one in reversed(found):
        behind = done[-1] if done else None
        between = text[one.end : behind.start].strip().casefold() if behind else ""
        if behind and between in words.CONNECTORS:
            one, done[-1] = _alike(one, behind, of_range=between in words.RANGES)  # noqa: PLW2901
        done.append(one)
    return reversed(done)


def _alike(one: Number, two: Number, *, of_range: bool) -> tuple[Number, Number]:
    """A unit behind the last of a list is meant of all, one before a range of both its ends."""
    units = {reading.unit for reading in one.readings}
    if units == {""}:
        return replace(one, readings=_as(one, two)), two
    if of_range and {reading.unit for reading in two.readings} == {""}:
        money = frozenset(
            Quantity(value, unit) for value, _ in two.readings for unit in units if unit.isupper()
        )
        both = replace(two, readings=money or two.readings)
        return (replace(one, readings=one.readings | _as(one, both)) if money else one), both
    return one, two


def _as(one: Number, two: Number) -> frozenset[Quantity]:
    """The digits of one, with the scale and unit of the other."""
    factors = {
        (reading.value / bare, reading.unit)
        for reading in two.readings
        for bare in two.bare
        if bare
    }
    return frozenset(
        Quantity(bare * (factor if bare < _SCALED else 1), unit)
        for bare in one.bare
        for factor, unit in factors
        if factor == factor.to_integral_value()
    )
