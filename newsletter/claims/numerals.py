"""What digits and words for numbers can mean: separators, fractions, numbers spelt out."""

from __future__ import annotations

import re
from decimal import Decimal

from newsletter.claims import words

FRACTIONS = {"½": "0.5", "¼": "0.25", "¾": "0.75", "⅓": "0.333", "⅔": "0.667", "⅛": "0.125"}

_ALONE = frozenset(("hundert", "cent", "cien"))


def values_of(digits: str, language: str | None) -> frozenset[Decimal]:
    """What digits with separators can mean; both ways where the language is not known."""
    if digits in FRACTIONS:
        return frozenset({Decimal(FRACTIONS[digits])})
    plain = re.sub(r"['’ ](?=\d{3})", "", digits)
    marks = [char for char in plain if char in ".,"]
    if not marks:
        return frozenset({Decimal(plain)})
    if len(set(marks)) == 2:
        decimal = plain[max(plain.rfind("."), plain.rfind(","))]
        grouping = "," if decimal == "." else "."
        return frozenset({Decimal(plain.replace(grouping, "").replace(decimal, "."))})
    mark = marks[0]
    grouped, fractional = Decimal(plain.replace(mark, "")), plain.replace(mark, ".")
    if len(marks) > 1:
        return frozenset({grouped})
    head, tail = plain.split(mark)
    if len(tail) != 3 or head == "0" or len(head) > 3 or plain != digits:
        return frozenset({Decimal(fractional)})
    if language is None:
        return frozenset({grouped, Decimal(fractional)})
    return frozenset({grouped if (mark == ",") == (language == "en") else Decimal(fractional)})


def fraction(text: str) -> Decimal:
    """The value of ½ or 1/2."""
    if text in FRACTIONS:
        return Decimal(FRACTIONS[text])
    above, below = text.split("/")
    return Decimal(above) / Decimal(below) if int(below) else Decimal(0)


def spelt(
    text: str, found: list[re.Match[str]], place: int, language: str | None
) -> tuple[set[Decimal], int]:
    """What the words from `place` on say, and the place behind them."""
    languages = (language,) if language in words.LANGUAGES else ("en",)
    for one in languages:
        small, tens = words.UNITS_OF[one], words.TENS_OF[one]
        total, at = _below_hundred(text, found, place, small, tens)
        if at < len(found) and (at == place or _adjoins(text, found, at)):
            many = words.MANY.get(_plural(found[at][0].casefold()))
            if many and (total or _low(found, at) in _ALONE or _after_a(text, found, at)):
                total, at = (total or 1) * many, at + 1
                more, after = _and_more(text, found, at, small, tens)
                total, at = total + more, after
        if at > place:
            return _times(text, found, at, Decimal(total))
    return set(), place


def _below_hundred(
    text: str,
    found: list[re.Match[str]],
    place: int,
    small: dict[str, int],
    tens: dict[str, int],
) -> tuple[int, int]:
    word = found[place][0].casefold()
    if word in tens:
        total, at = tens[word] * 10, place + 1
        if at < len(found) and _adjoins(text, found, at) and 0 < small.get(_low(found, at), 0) < 10:
            return total + small[_low(found, at)], at + 1
        return total, at
    if word in small:
        return small[word], place + 1
    return 0, place


def _and_more(
    text: str,
    found: list[re.Match[str]],
    at: int,
    small: dict[str, int],
    tens: dict[str, int],
) -> tuple[int, int]:
    """`and fifty` behind a hundred."""
    begin = at + 1 if at < len(found) and _low(found, at) == "and" else at
    if begin < len(found) and _adjoins(text, found, begin):
        more, after = _below_hundred(text, found, begin, small, tens)
        if after > begin:
            return more, after
    return 0, at


def _times(
    text: str, found: list[re.Match[str]], at: int, value: Decimal
) -> tuple[set[Decimal], int]:
    if at < len(found) and _adjoins(text, found, at) and len(found[at][0]) > 2:
        scales = words.SCALES.get(_low(found, at))
        if scales:
            return {value * one for one in scales}, at + 1
    return {value}, at


def _after_a(text: str, found: list[re.Match[str]], at: int) -> bool:
    return (
        at > 0 and _adjoins(text, found, at) and _low(found, at - 1) in ("a", "une", "una", "ein")
    )


def _low(found: list[re.Match[str]], at: int) -> str:
    return found[at][0].casefold()


def _plural(word: str) -> str:
    return word.removesuffix("s") if word in ("hundreds", "dozens", "cents") else word


def _adjoins(text: str, found: list[re.Match[str]], at: int) -> bool:
    return text[found[at - 1].end() : found[at].start()] in (" ", "-")
