"""Proper names in a text, as far as capital letters tell them, and the words a source has."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import dropwhile
from typing import TYPE_CHECKING

from newsletter.claims.words import ABBREVIATIONS, GENERIC, MONTHS, PARTICLES, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+(?:['’&.][^\W_]+)*\.?")
_SENTENCE_END = re.compile(r"(?:[.!?…:;•|]['\"”’»)\]]*|[\n“„«‹(\[\"]|[–—-])\s*\Z")
_ELIDED = re.compile(r"^(?:[dljmnstc]|qu|dell|all|nell|sull|un)['’](?=[^\W\d_]{2})", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?\Z")
_FOLDED = str.maketrans({"ß": "ss", "ı": "i", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word: where it stands, how it is compared, and whether a sentence begins with it."""

    start: int
    end: int
    text: str
    folded: str
    first: bool

    @property
    def capital(self) -> bool:
        """Whether it is written as names are; an article bound to it does not count."""
        return _ELIDED.sub("", self.text)[:1].isupper()


@lru_cache(maxsize=10_000)
def folded(word: str) -> str:
    """A word without possessive, points, accents and case."""
    bare = _POSSESSIVE.sub("", word).replace(".", "").replace("’", "'").casefold()
    if bare.isascii():
        return bare
    parts = unicodedata.normalize("NFKD", bare.translate(_FOLDED))
    return "".join(char for char in parts if not unicodedata.combining(char))


def words(text: str) -> tuple[Word, ...]:
    """Every word of a text in its order."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        shown, end = match[0], match.end()
        if (
            shown.endswith(".")
            and folded(shown) not in ABBREVIATIONS
            and len(shown) > 2
            and "." not in shown[:-1]
        ):
            shown, end = shown[:-1], end - 1
        before = text[max(0, match.start() - 4) : match.start()]
        first = not found or (bool(_SENTENCE_END.search(before)) and not _abbreviated(text, found))
        found.append(Word(match.start(), end, shown, folded(shown), first))
    return tuple(found)


def _abbreviated(text: str, found: list[Word]) -> bool:
    return text[found[-1].end - 1] == "."


def name_runs(text: str, language: str | None) -> Iterator[tuple[Word, ...]]:
    """Words that stand together as a name; particles between them are left out.

    English, French, Spanish and Italian write only names with capitals; in German, where every noun
    has one, two in a row are a name. Other scripts have none.
    """
    found = words(text)
    if _is_title(found):
        yield from _in_title(found)
        return
    run: list[Word] = []
    for word in found:
        glued = not run or _adjoins(text, run[-1], word)
        if glued and (word.capital or (run and word.folded in PARTICLES)):
            run.append(word)
        else:
            yield from _named(run, language)
            run = [word] if word.capital else []
    yield from _named(run, language)


def _adjoins(text: str, one: Word, two: Word) -> bool:
    owner = _POSSESSIVE.search(one.text) is not None
    return not owner and not two.first and text[one.end : two.start] in (" ", "-", " & ", "/")


def _named(run: list[Word], language: str | None) -> Iterator[tuple[Word, ...]]:
    """What of a run of capitals is a name: from the first word that is no common one."""
    capitals = [word for word in run if word.capital]
    alone = len(capitals) == 1
    if language == "de" and (alone or (capitals and capitals[0].first and len(capitals) == 2)):
        return
    told = tuple(dropwhile(lambda word: is_common(word.folded) or _dated(word), capitals))
    told = tuple(word for word in told if not _dated(word) and word.folded not in GENERIC)
    if told:
        yield told


def _dated(word: Word) -> bool:
    low = word.text.rstrip(".").casefold()
    return low in MONTHS or low in WEEKDAYS


def _is_title(found: tuple[Word, ...]) -> bool:
    """Whether Nearly Every Word Has a Capital, as English headlines have them."""
    long = [word for word in found if len(word.text) > 3 and word.text[0].isalpha()]
    raised = [word for word in long if word.capital and not word.first and is_common(word.folded)]
    return len(raised) > 1 and sum(word.capital for word in long) >= 0.75 * len(long)


def _in_title(found: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """The words of a headline that only names can be, one by one: what stands together is open."""
    for word in found:
        if word.capital and not is_common(word.folded) and not _dated(word):
            yield (word,)


@cache
def _common() -> frozenset[str]:
    folder = resources.files("newsletter.claims")
    own = folder.joinpath("common.txt").read_text("utf-8").partition("\n")[2]
    return frozenset((own + folder.joinpath("english.txt").read_text("utf-8")).split())


def is_common(word: str) -> bool:
    """Whether a word is one that a sentence or a headline may begin with."""
    return word in _common() or word.isdigit()
