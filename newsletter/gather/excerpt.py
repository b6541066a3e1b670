"""The few sentences of an item that tell what happened: cut from it, never written anew. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from newsletter.domain.prose import sentences
from newsletter.gather.common_words import STOP

if TYPE_CHECKING:
    from newsletter.domain.item import Item

LONGEST = 320
_LOOKED_AT = 12
_WORD = re.compile(r"[^\W\d_]{2,}")
_CUT_OFF = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*\Z")
_LEANING = re.compile(
    r"(?:he|she|it|they|this|these|that|those|but|and|however|his|her|their|its|there|also"
    r"|er|sie|es|dies|aber|und|doch|il|elle|ils|ce|cela|mais|et)\b",
    re.IGNORECASE,
)
"""How a sentence begins that leans on the one before it."""


def excerpt(item: Item) -> str:
    """The item's dek where it has one of its own, else its best sentence and what follows it.

    A dek that repeats the headline, or was cut off by the site, gives way to the text.
    """
    dek = item.dek.split("\n\n", 1)[0]
    body = item.text if item.title else ""
    if dek and not (body and (_CUT_OFF.search(dek) or _repeats(dek, item.title))):
        return _fitting(list(sentences(dek)), 0)
    found = [one for paragraph in body.split("\n\n") for one in sentences(paragraph)][:_LOOKED_AT]
    return _fitting(_paragraph(body, *_best(found, item.title)), 0) if found else dek


def _best(found: list[str], title: str) -> tuple[str]:
    """The sentence whose words are most those of the headline and of all others, early ones first.

    The weight of a word is how often it occurs (Luhn 1958); news tells what matters first.
    """
    words = [_words(sentence) for sentence in found]
    common = Counter(word for sentence in words for word in set(sentence))
    heading = set(_words(title))

    def score(place: int) -> float:
        own = set(words[place])
        if len(own) < 3:
            return 0.0
        weight = sum(common[word] + (2 if word in heading else 0) for word in own)
        leaning = 0.5 if _LEANING.match(found[place].lstrip("“\"'«„")) else 1.0
        return leaning * weight / math.sqrt(len(own)) / (1 + 0.25 * place)

    return (found[max(range(len(found)), key=lambda place: (score(place), -place))],)


def _paragraph(body: str, best: str) -> list[str]:
    """The sentences of the best one's paragraph, from it on."""
    for paragraph in body.split("\n\n"):
        found = list(sentences(paragraph))
        if best in found:
            return found[found.index(best) :]
    return [best]


def _fitting(found: list[str], length: int) -> str:
    """The first sentence, and those after it that still fit, with one space between them."""
    taken: list[str] = []
    for sentence in found:
        length += len(sentence) + 1
        if taken and length > LONGEST:
            break
        taken.append(sentence)
    return " ".join(taken)


def _repeats(dek: str, title: str) -> bool:
    own = set(_words(dek))
    return bool(own) and own <= set(_words(title))


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if word not in STOP]
