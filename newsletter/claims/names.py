"""Proper names in a text, as far as capital letters tell them, and the words a source has."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from newsletter.claims.words import ABBREVIATIONS, MONTHS, PARTICLES, WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD = re.compile(r"[^\W_]+(?:['’&.][^\W_]+)*\.?")
_SENTENCE_END = re.compile(r"(?:[.!?…:;•|]['\"”’»)\]]*|[\n“„«‹(\[\"]|\s[–—-])\s*\Z")
_END = re.compile(r"[.!?…\n]")
_ELIDED = re.compile(r"^(?:[dljmnstc]|qu|dell|all|nell|sull|un)['’](?=[^\W\d_]{2})", re.IGNORECASE)
_PEOPLE = re.compile(r"(?:ian|ean|an|ese|ish|i)s?\Z")
_LAND = re.compile(r"[aeiy]+\Z")
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


def people(word: str) -> str:
    """What Chilean has in common with Chile; '' for a word that names no people."""
    stem = _PEOPLE.sub("", word)
    return land(stem) if stem != word else ""


def land(word: str) -> str:
    """What Chile has in common with Chilean; '' for a word too short to tell."""
    stem = _LAND.sub("", word)
    return stem if len(stem) >= 4 else ""


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
    for sentence in _sentences(text, words(text)):
        if _is_title(sentence):
            yield from _in_title(text, sentence)
        else:
            yield from _in_sentence(text, sentence, language)


def _sentences(text: str, found: tuple[Word, ...]) -> Iterator[list[Word]]:
    sentence: list[Word] = []
    for word in found:
        if sentence and word.first and _END.search(text, sentence[-1].end, word.start):
            yield sentence
            sentence = []
        sentence.append(word)
    yield sentence


def _in_sentence(
    text: str, sentence: list[Word], language: str | None
) -> Iterator[tuple[Word, ...]]:
    run: list[Word] = []
    for word in sentence:
        glued = not run or _adjoins(text, run[-1], word)
        if glued and (word.capital or (run and word.folded in PARTICLES)):
            run.append(word)
        else:
            yield from _named(run, language)
            run = [word] if word.capital else []
    yield from _named(run, language)


def _adjoins(text: str, one: Word, two: Word) -> bool:
    owner = _POSSESSIVE.search(one.text) is not None
    return not owner and text[one.end : two.start] in (" ", "-", " & ", "/")


def _named(run: list[Word], language: str | None) -> Iterator[tuple[Word, ...]]:
    """What of a run of capitals is a name. The first word of a sentence has one whatever it is."""
    capitals = [word for word in run if word.capital]
    alone = len(capitals) == 1
    if language == "de" and (alone or (capitals and capitals[0].first and len(capitals) == 2)):
        return
    told = tuple(
        word
        for word in capitals
        if not _dated(word)
        and not (is_common(word.folded) if word.first else is_title(word.folded))
    )
    if told:
        yield told


def _dated(word: Word) -> bool:
    low = word.text.rstrip(".").casefold()
    return low in MONTHS or low in WEEKDAYS


def _is_title(found: list[Word]) -> bool:
    """Whether Nearly Every Word Has a Capital, as English headlines have them."""
    long = [word for word in found if len(word.text) > 4 and word.text[0].isalpha()]
    raised = [word for word in long if word.capital and not word.first and is_common(word.folded)]
    return len(raised) > 1 and sum(word.capital for word in long) >= 0.85 * len(long)


def _in_title(text: str, found: list[Word]) -> Iterator[tuple[Word, ...]]:
    """The words of a headline that only names can be, one by one: what stands together is open.

    What an ampersand joins is a name whatever its words are.
    """
    for word in found:
        joined = "&" in (text[word.start - 2 : word.start - 1], text[word.end + 1 : word.end + 2])
        if word.capital and not _dated(word) and (joined or not is_common(word.folded)):
            yield (word,)


@cache
def _listed(file: str) -> frozenset[str]:
    text = resources.files("newsletter.claims").joinpath(file).read_text("utf-8")
    return frozenset(
        word for line in text.splitlines() if not line.startswith("#") for word in line.split()
    )


def is_title(word: str) -> bool:
    """Whether a word has a capital in mid-sentence without being a name."""
    short = len(word) < 4 and word in _listed("english.txt")
    return short or word.isdigit() or word in _listed("common.txt")


def is_common(word: str) -> bool:
    """Whether a word is one that a sentence or a headline may begin with."""
    return is_title(word) or word in _listed("english.txt")
