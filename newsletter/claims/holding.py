"""Holds a text against its source, claim by claim."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from babel import Locale

from newsletter.claims import words as vocabulary
from newsletter.claims.claim import Claim, ClaimKind
from newsletter.claims.dates import Day, dates
from newsletter.claims.names import Word, folded, land, name_runs, people
from newsletter.claims.passages import nearest
from newsletter.claims.plain import plain
from newsletter.claims.quantities import Bound, Number, numbers
from newsletter.claims.quotations import quotations, stands_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from newsletter.claims.source import Source
    from newsletter.claims.units import Quantity

_MONEY = frozenset().union(*vocabulary.CURRENCIES.values())
_CODE = re.compile(
    r"(?<![^\W_])(?!\d+s\b)(?=[0-9/]*[A-Za-z])(?=[A-Za-z/]*[0-9])[A-Za-z0-9]+(?:/[A-Za-z0-9]+)*(?![^\W_])"
)


def claims_of(markdown: str, source: Source, *, language: str | None) -> tuple[Claim, ...]:
    """Every claim of a text in its order. `language` is that of the text, a code or None."""
    text = plain(markdown)
    quoted = list(_quoted(text, source, language))
    inside = _places(quoted)
    dated = list(_dated(text, source))
    counted = list(_counted(text, source, language, _places(dated)))
    named = _named(text, source, language, _places([*dated, *counted]))
    apart = (one for one in (*dated, *counted, *named) if not _overlaps(one.start, one.end, inside))
    return tuple(sorted((*quoted, *apart), key=lambda one: (one.start, one.end)))


def _places(claims: Iterable[Claim]) -> list[tuple[int, int]]:
    return sorted((one.start, one.end) for one in claims)


def _claim(
    kind: ClaimKind, text: str, start: int, end: int, source: Source, *, near: str | None
) -> Claim:
    """A claim; `near` is None where the source has it, else a word to look for, or ''."""
    shown = " ".join(text[start:end].split())
    if near is None:
        return Claim(kind, shown, start, end, supported=True)
    around = re.findall(r"[^\W_]{3,}|\d+", text[max(0, start - 120) : end + 120])
    passage = nearest(around, source.passages, near=near)
    return Claim(kind, shown, start, end, supported=False, nearest=passage)


def _quoted(text: str, source: Source, language: str | None) -> Iterator[Claim]:
    if language and source.language and language != source.language:
        return  # a translation has other words
    for one in quotations(text):
        stands = stands_in(one.words, source.quoted)
        yield _claim(
            ClaimKind.QUOTATION, text, one.start, one.end, source, near=None if stands else ""
        )


def _dated(text: str, source: Source) -> Iterator[Claim]:
    for one in dates(text):
        stands = any(_same_day(mine, theirs) for mine in one.readings for theirs in source.days)
        yield _claim(ClaimKind.DATE, text, one.start, one.end, source, near=None if stands else "")


def _same_day(mine: Day, theirs: Day) -> bool:
    """Whether every part that is claimed is told, but for a year left out."""
    told = [
        (mine.month, theirs.month),
        (mine.day, theirs.day),
        (mine.weekday, theirs.weekday),
    ]
    if any(claimed is not None and claimed != there for claimed, there in told):
        return False
    return mine.year is None or theirs.year in (None, mine.year)


def _counted(
    text: str, source: Source, language: str | None, covered: list[tuple[int, int]]
) -> Iterator[Claim]:
    """Numbers, and codes of letters and digits; `covered` are places already read as dates."""
    found = numbers(text, language)
    whole = [(one.start, one.end) for one in found]
    codes = [
        match.span()
        for match in _CODE.finditer(text)
        if not _inside(match.start(), match.end(), whole)
    ]
    for start, end in codes:
        near = None if _has_code(text[start:end], source) else ""
        yield _claim(ClaimKind.NUMBER, text, start, end, source, near=near)
    taken = sorted(covered + codes)
    for one in found:
        if not _overlaps(one.start, one.end, taken):
            near = None if _stands(one, source) else ""
            yield _claim(ClaimKind.NUMBER, text, one.start, one.end, source, near=near)


def _inside(start: int, end: int, places: list[tuple[int, int]]) -> bool:
    at = bisect_left(places, (start + 1,)) - 1
    return at >= 0 and end <= places[at][1]


def _overlaps(start: int, end: int, covered: list[tuple[int, int]]) -> bool:
    """Whether a place lies on one of these, which are sorted and apart from each other."""
    at = bisect_left(covered, (end,)) - 1
    return at >= 0 and covered[at][1] > start


def _has_code(code: str, source: Source) -> bool:
    """A model's or certificate's number as it is, a quarter or half of a year in words, too."""
    parts = [folded(part) for part in code.split("/")]
    return all(part in source.vocabulary for part in parts) or (
        vocabulary.PERIODS.get(parts[0]) in source.close
    )


def _stands(one: Number, source: Source) -> bool:
    """Whether a reading is one of the source's. A sum without its currency will do where the source
    has that currency elsewhere, as tables do; a length does not, where it has lengths.
    """
    return any(
        _fits(one.bound, mine, theirs)
        for mine in one.readings
        for theirs in source.quantities
        if theirs.unit or (mine.unit in source.units) == (mine.unit in _MONEY)
    ) or _of_publication(one, source)


def _fits(bound: Bound, mine: Quantity, theirs: Quantity) -> bool:
    if mine.unit != theirs.unit and theirs.unit and mine.unit:
        return False
    if mine.unit == vocabulary.PERCENT != theirs.unit:
        return False
    if mine.value == theirs.value:
        return True
    if bound is Bound.EXACT or not mine.value or mine.unit != theirs.unit:
        return False
    share = theirs.value / mine.value
    if bound is Bound.ABOUT:
        return Decimal("0.95") <= share <= Decimal("1.05")
    if bound is Bound.OVER:
        return 1 < share <= Decimal("1.25")
    return Decimal("0.75") <= share < 1


def _of_publication(one: Number, source: Source) -> bool:
    """A year that is the publication's own, or beside it: “last year” needs no number."""
    if source.published is None:
        return False
    years = {source.published.year + off for off in (-1, 0, 1)}
    return any(not unit and value in years for value, unit in one.readings)


def _named(
    text: str, source: Source, language: str | None, covered: list[tuple[int, int]]
) -> Iterator[Claim]:
    for whole in name_runs(text, language):
        run = tuple(word for word in whole if not _overlaps(word.start, word.end, covered))
        if not run:
            continue
        lacking = tuple(word for word in run if not _known(word, source))
        if lacking:
            near = _like(lacking[0].folded, source)
            if not near and _may_be_none(lacking[0], source, language):
                continue
            run = lacking
        elif any(not _together(one, two, source) for one, two in pairwise(run)):
            near = run[-1].folded
        else:
            near = None
        yield _claim(ClaimKind.NAME, text, run[0].start, run[-1].end, source, near=near)


def _may_be_none(word: Word, source: Source, language: str | None) -> bool:
    """Whether a word that is like none of the source's names may be no name, or one translated: it
    begins a sentence in a language whose words we do not know, or names a place or a people while
    the source is in another language.
    """
    if source.language not in (None, language):
        return word.first or bool(people(word.folded)) or word.folded in _called(language)
    return word.first and language != "en"


@cache
def _called(language: str | None) -> frozenset[str]:
    """The words of what countries and some cities are called in a language."""
    names = Locale(language).territories.values() if language in vocabulary.LANGUAGES else ()
    countries = {folded(word) for name in names for word in str(name).split()}
    return frozenset(countries | {folded(city) for city in vocabulary.CITIES})


def _known(word: Word, source: Source) -> bool:
    """Whether the source has the word, or that of the people or land it is named after."""
    there, one = source.vocabulary, word.folded
    if one in there or one.removesuffix("s") in there or (len(one) == 1 and "." in word.text):
        return True
    parts = [part for part in re.split(r"['&]", one) if len(part) > 1]
    if len(parts) < len(one.split("'")) + one.count("&") and parts and parts[-1] in there:
        return True  # an article bound to it
    return (len(parts) > 1 and all(part in there for part in parts)) or (
        people(one) in source.lands or land(one) in source.peoples
    )


def _together(one: Word, two: Word, source: Source) -> bool:
    if not {one.folded, two.folded} <= source.vocabulary or "." in one.text + two.text:
        return True  # an initial, or a people for its land
    return (one.folded, two.folded) in source.close or (two.folded, one.folded) in source.close


def _like(word: str, source: Source) -> str:
    return next(iter(difflib.get_close_matches(word, source.names, n=1, cutoff=0.7)), "")
