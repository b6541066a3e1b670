"""What is compared of an item: words, names, figures and dates at its head, and its text. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.gather.canonical import canonical_url
from newsletter.gather.common_words import MONTHS, QUARTERS, STOP
from newsletter.gather.figures import figures
from newsletter.gather.shingles import Shingles, shingles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from newsletter.domain.item import Item

_WORD = re.compile(r"[^\W_]+")
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.|er)? (?:of |de )?({_MONTH})\b"
    rf"|\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b"
)
_PERIOD = re.compile(r"\b(?:19|20)\d\d\b|\bq[1-4]\b|\b(?:first|second|third|fourth)[ -]quarter\b")
_ROUND_UP = re.compile(
    r"\b(?:in brief|week in|round-?up|news digest|briefing|top stories|headlines|kurz notiert"
    r"|kurzmeldungen|en bref|in breve|en breve)\b"
)
_ENDINGS = ("ings", "ing", "ers", "ies", "es", "ed", "er", "e", "s")
_HEAD = 450
_BODY = 4_000
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Traits:
    """One item's. `day` counts from 1970, None where the item is undated.

    `headline` holds its telling words, `heading` their stems. `features` are all that may prove two
    items to tell of one event: the stems, figures and dates of the head. `names` are those stems
    that are only ever written with a capital, `periods` the months, quarters and years in the
    headline. `mixed` tells of many events at once.
    """

    id: str
    day: float | None
    address: str | None
    headline: str
    heading: frozenset[str]
    features: frozenset[str]
    names: frozenset[str]
    figures: frozenset[str]
    dates: frozenset[str]
    periods: frozenset[str]
    mixed: bool
    runs: Shingles


def traits_of(items: Sequence[Item]) -> tuple[Traits, ...]:
    """The traits of items that are to be compared with one another, in their order.

    Together, for a word is a name where none of them writes it small.
    """
    heads = [_head(item) for item in items]
    words = [_WORD.findall(head) for head in heads]
    small = {word for found in words for word in found if word[0].islower()}
    checksums: dict[str, int] = {}
    return tuple(
        _traits(item, head, found, small, checksums)
        for item, head, found in zip(items, heads, words, strict=True)
    )


def _traits(
    item: Item, head: str, found: list[str], small: set[str], checksums: dict[str, int]
) -> Traits:
    folded = head.casefold()
    title = (item.title or item.text[:200]).casefold()
    headline = _telling(_WORD.findall(title))
    capital = {word.casefold() for word in found if word[0].isupper()} - small
    words = set(map(stem, _telling(word.casefold() for word in found)))
    numbers, dates = frozenset(figures(_DATE.sub(" ", folded))), frozenset(_dates(folded))
    body = _WORD.findall(f"{item.dek} {item.text}"[:_BODY].casefold())
    return Traits(
        id=item.id,
        day=item.published.timestamp() / _DAY if item.published else None,
        address=canonical_url(item.url) if item.url else None,
        headline=" ".join(headline),
        heading=frozenset(map(stem, headline)),
        features=frozenset(words | numbers | dates),
        names=frozenset(map(stem, _telling(capital))),
        figures=numbers,
        dates=dates,
        periods=frozenset(_periods(title)),
        mixed=bool(_ROUND_UP.search(title)),
        runs=shingles(body, checksums),
    )


def as_written(feature: str, item: Item) -> str:
    """A word, figure or date that traits hold, as the item first writes it."""
    head = _head(item)
    number = figures(head).get(feature)
    if number is not None:
        return number
    if "/" in feature:
        dates = (match for match in _DATE.finditer(head.casefold()) if feature in _dates(match[0]))
        return next((head[match.start() : match.end()] for match in dates), feature)
    word = re.search(rf"(?<![^\W_]){re.escape(feature)}[^\W_]*", head, re.IGNORECASE)
    return word[0] if word else feature


def _head(item: Item) -> str:
    return f"{item.title}\n{item.dek}\n{item.text[:_HEAD]}"


def _telling(words: Iterable[str]) -> list[str]:
    """Small words that may tell two events apart: no function words, months or numbers."""
    return [
        word
        for word in words
        if len(word) > 1 and word not in STOP and word not in MONTHS and not word.isdecimal()
    ]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A small word without its commonest endings: opens, opened and opening are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _dates(head: str) -> Iterable[str]:
    for day, month, month_first, day_last in _DATE.findall(head):
        yield f"{int(day or day_last)}/{MONTHS[month or month_first]}"


def _periods(title: str) -> Iterable[str]:
    yield from (f"month {MONTHS[word]}" for word in _WORD.findall(title) if word in MONTHS)
    for match in _PERIOD.findall(title):
        first = re.split(r"[ -]", match)[0]
        yield f"q{QUARTERS[first]}" if first in QUARTERS else first
