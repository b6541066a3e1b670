"""Prose: its sentences, and the numbers in it."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’»“)\]]*\s+(?=[\"'“‘„«(\[]*[A-ZÀ-ÖØ-Þ0-9])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Co|Corp|Inc|Ltd|No|Nr|vs|approx|ca|bzw|etc"
    r"|Mio|Mrd|[ap]\.m|[A-Z]\.[A-Z]|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of one paragraph, each exactly as it stands there."""
    found, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION.search(text[start : end.start()]):
            found.append(text[start : end.end()].rstrip())
            start = end.end()
    return (*found, text[start:]) if text[start:] else tuple(found)


def first_sentences(text: str, *, at_most: int) -> str:
    """The sentences of the first paragraph that fit `at_most` characters; at least one."""
    paragraph = text.split("\n\n", 1)[0]
    end = 0
    for sentence in sentences(paragraph):
        start = paragraph.index(sentence, end)
        if end and start + len(sentence) > at_most:
            break
        end = start + len(sentence)
    return paragraph[:end]


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 request`, `2,000 requests`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
