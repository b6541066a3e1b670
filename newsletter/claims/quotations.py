"""Quotations in a text, and whether a source has their words."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_QUOTED = re.compile(
    r"“([^“”\n]{2,2000})”|„([^„“”\n]{2,2000})[“”]|«\s?([^«»\n]{2,2000}?)\s?»|»([^«»\n]{2,2000})«"
    r'|(?<![\w"])"([^"\n]{2,2000})"(?!\w)|‘([^‘\n]{12,2000}?)’(?!\w)'
)
_MARKS = re.compile(r"[“”„«»‹›\"‘’'`´]")
_SPACE = re.compile(r"\s+")
_LEFT_OUT = re.compile(r"\[[^\]]*\]|…|\.\.\.")
_ENDS = " .,;:!?–—-"


class Quotation(NamedTuple):
    """Words between quotation marks; the place is that of the words."""

    start: int
    end: int
    words: str


def quotations(text: str) -> tuple[Quotation, ...]:
    """Every quotation of a text, in its order."""
    found = []
    for match in _QUOTED.finditer(text):
        group = match.lastindex or 0
        found.append(Quotation(match.start(group), match.end(group), match[group]))
    return tuple(found)


def compared(text: str) -> str:
    """A text as quotations are looked for in it: marks, accents, spaces and case do not count."""
    plain = _MARKS.sub("", text.replace("—", "-").replace("–", "-"))
    apart = unicodedata.normalize("NFKD", plain)
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return _SPACE.sub(" ", bare).casefold()


def stands_in(quotation: str, source: str) -> bool:
    """Whether a `compared` source has the words, in order around what is left out."""
    place = 0
    for part in _LEFT_OUT.split(quotation):
        words = compared(part).strip(_ENDS)
        if not words:
            continue
        place = source.find(words, place)
        if place < 0:
            return False
        place += len(words)
    return True
