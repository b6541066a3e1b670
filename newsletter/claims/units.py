"""What stands behind a number: scales, units, currencies, and the short forms of the trade."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from newsletter.claims import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_AFTER = re.compile(r"[ -]?(%|[^\W\d_]+\.?|[€£¥₹₩₽]|(?:US|HK|A|C|S)?\$)")
_SIGN = re.compile(r"[€£¥₹₩₽$]")
_OF = re.compile(r" (?:US|de|d['’]|di|of)")
_WORD = re.compile(r"[^\W\d_]+")
_DOLLARS = re.compile(r" dollars?")
_MILLONES = re.compile(r" millones")


class Quantity(NamedTuple):
    """One reading: a value, and a unit (a currency's code, %, carat, mm …) or ''."""

    value: Decimal
    unit: str = ""


def with_unit(
    text: str, end: int, values: frozenset[Decimal], money: str | None
) -> tuple[int | None, frozenset[Quantity]]:
    """Where the number with its scale and unit ends, and its readings; None for a code (5N)."""
    plain = frozenset(Quantity(value, unit) for value in values for unit in _currencies(money))
    match = _AFTER.match(text, end)
    if match is None:
        return end, plain
    glued = match[0][0].isalpha()
    word = match[1].rstrip(".").casefold()
    if glued and word in words.ORDINAL_ENDINGS:
        return match.end(), frozenset(Quantity(value, words.ORDINAL) for value in values)
    readings: set[Quantity] = set()
    stop = end
    if word in words.SCALES:
        stop, readings = _scaled(text, match, values, money, glued=glued)
    if (unit := _unit(text, match)) is not None:
        stop, named = unit
        readings |= {Quantity(value, one) for value in values for one in named}
    for factor, short in _in_short(word, money, glued=glued):
        stop = max(stop, match.start(1) + len(word))
        readings |= {Quantity(value * factor, short) for value in values}
    if readings:
        return stop, frozenset(readings)
    return (None if glued and word != "s" else end), plain


def _in_short(word: str, money: str | None, *, glued: bool) -> Iterator[tuple[Decimal, str]]:
    """Factor and unit of 65p, 5MCHF, 18k and 100m."""
    if word in words.COINS and (glued or len(word) > 1):
        yield from ((Decimal("0.01"), unit) for unit in words.COINS[word])
    if word in words.MILLIONS:
        yield Decimal(10) ** 6, words.MILLIONS[word]
    if glued and word in ("k", "kt"):
        yield Decimal(1), "carat"
    if glued and word == "m" and money is None:
        yield Decimal(1), "m"


def _scaled(
    text: str, match: re.Match[str], values: frozenset[Decimal], money: str | None, *, glued: bool
) -> tuple[int, set[Quantity]]:
    """A number times thousand, million …, and the currency behind that."""
    word, stop = match[1].rstrip(".").casefold(), match.end()
    if not glued and len(word) == 1 and money is None and not _SIGN.match(text, stop):
        return match.start(), set()  # “5 m” is a length, “5 k” is nothing
    times = words.SCALES[word]
    if word == "mil" and (more := _MILLONES.match(text, stop)):
        times, stop = words.SCALES["mil millones"], more.end()
    values = frozenset(value * one for value in values for one in times)
    units = _currencies(money)
    of = _OF.match(text, stop)
    behind = _AFTER.match(text, of.end() if of else stop)
    if money is None and behind and (named := _unit(text, behind)):
        stop, units = named
    elif text[stop - 1] == ".":
        stop -= 1
    return stop, {Quantity(value, unit) for value in values for unit in units}


def _unit(text: str, match: re.Match[str]) -> tuple[int, frozenset[str]] | None:
    """Where a unit ends, and what it can be."""
    word, end = match[1].casefold(), match.end()
    bare = word.rstrip(".")
    if word == "us" and (dollars := _DOLLARS.match(text, end)):
        return dollars.end(), frozenset({"USD"})
    second = _WORD.match(text, end + 1) if text[end : end + 1] == " " else None
    if second and (bare, second[0].casefold()) in words.PERCENT_IN_TWO:
        return second.end(), frozenset({words.PERCENT})
    if bare in ("percentage", "prozentpunkte", "points", "point"):
        return (second.end() if second and bare == "percentage" else end), frozenset(
            {words.PERCENT}
        )
    for one in (word, bare):
        stop = match.start(1) + len(one)
        if one in words.CURRENCIES:
            return stop, words.CURRENCIES[one]
        if one in words.UNITS:
            return stop, frozenset({words.UNITS[one]})
    return None


def _currencies(money: str | None) -> frozenset[str]:
    if money is None:
        return frozenset({""})
    if money == "$":
        return frozenset({"USD"})
    return words.CURRENCIES[money.casefold()]
