"""Where in its source a claim stands, for whoever wants to read on around it."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from newsletter.claims.claim import Claim, ClaimKind
from newsletter.claims.dates import dates
from newsletter.claims.names import words
from newsletter.claims.quantities import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from newsletter.claims.dates import Date
    from newsletter.claims.quantities import Number
    from newsletter.claims.source import Source
    from newsletter.claims.units import Quantity

_WORD = re.compile(r"[^\W_]+")


def standing(claim: Claim, source: Source, *, language: str | None) -> tuple[int, int] | None:
    """From which to which character of the source's text it says what is claimed, or, of a claim
    it does not make, where the nearest passage is; None where no one place does.
    """
    if not claim.supported:
        return next(_literal(claim.nearest.removesuffix(" …"), source), None)
    exact = _numbers(claim, source, language) if claim.kind is ClaimKind.NUMBER else iter(())
    ways = chain(exact, _literal(claim.text, source), _alike(claim, source, language))
    return next(ways, None)


def _literal(text: str, source: Source) -> Iterator[tuple[int, int]]:
    """Places with the same words, whatever stands between them and however they are written."""
    found = _WORD.findall(text)
    if found:
        pattern = r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, found)) + r"(?![^\W_])"
        for match in re.finditer(pattern, source.shown, re.IGNORECASE):
            yield match.span()


def _alike(claim: Claim, source: Source, language: str | None) -> Iterator[tuple[int, int]]:
    """Places that say the same in another form."""
    match claim.kind:
        case ClaimKind.NUMBER:
            values = {one.value for one in _readings(numbers(claim.text, language))}
            for number in source.numbers:
                if values & {one.value for one in number.readings}:
                    yield number.start, number.end
        case ClaimKind.DATE:
            days = _days(dates(claim.text))
            yield from ((one.start, one.end) for one in source.dates if days & _days([one]))
        case ClaimKind.NAME:
            names = {word.folded for word in words(claim.text)}
            alike = (word for word in source.words if word.capital and word.folded in names)
            yield from ((word.start, word.end) for word in alike)
        case ClaimKind.QUOTATION:
            for part in re.split(r"\[[^\]]*\]|…|\.\.\.", claim.text):
                yield from _literal(part, source)


def _numbers(claim: Claim, source: Source, language: str | None) -> Iterator[tuple[int, int]]:
    """Numbers that are the same, unit and all."""
    mine = _readings(numbers(claim.text, language))
    return ((one.start, one.end) for one in source.numbers if mine & _readings([one]))


def _readings(found: Iterable[Number]) -> set[Quantity]:
    return {reading for one in found for reading in one.readings}


def _days(found: Iterable[Date]) -> set[tuple[int | None, int | None]]:
    return {(day.month, day.day) for one in found for day in one.readings}
