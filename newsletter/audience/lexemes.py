"""What a segment's expression is made of: words, numbers, texts and signs, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn

from newsletter.errors import SegmentError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(StrEnum):
    """What a lexeme is; the values name the groups of the pattern below."""

    TEXT = "text"
    NUMBER = "number"
    WORD = "word"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece of an expression, as written, and where it begins."""

    kind: Kind
    written: str
    start: int

    @property
    def keyword(self) -> str:
        """The word in small letters, or the sign; '' for values."""
        return self.written.lower() if self.kind in (Kind.WORD, Kind.SIGN) else ""


_LEXEME = re.compile(
    r"(?P<gap>[ ]+)"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*(?!\w))"
    r"|(?P<sign><=|>=|<>|!=|==|[-=<>(),+])",
)
_HINTS = {
    '"': "text stands in single quotes, as in 'retailer'",
    "“": "text stands in straight single quotes, as in 'retailer'",
    "‘": "text stands in straight single quotes, as in 'retailer'",
    "’": "text stands in straight single quotes, as in 'retailer'",
    "'": "a quotation mark is not closed",
}


def lexemes(expression: str) -> Iterator[Lexeme]:
    """The pieces of a one-line expression, and an end; SegmentError at what is none."""
    place = 0
    while place < len(expression):
        found = _LEXEME.match(expression, place)
        if found is None:
            message = _HINTS.get(expression[place], "this is not understood")
            raise SegmentError(message, expression=expression, position=place)
        if found.lastgroup and found.lastgroup != "gap":
            yield Lexeme(Kind(found.lastgroup), found.group(), place)
        place = found.end()
    yield Lexeme(Kind.END, "", place)


class Cursor:
    """Stands before the next lexeme of an expression."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._all = tuple(lexemes(expression))
        self._place = 0

    @property
    def next(self) -> Lexeme:
        """What comes next; the end for ever, once it is reached."""
        return self._all[self._place]

    def step(self) -> Lexeme:
        """The next lexeme, passed."""
        passed = self.next
        self._place = min(self._place + 1, len(self._all) - 1)
        return passed

    def took(self, keyword: str) -> bool:
        """Whether this word or sign came next, and was passed."""
        found = self.next.keyword == keyword
        if found:
            self.step()
        return found

    def take(self, keyword: str, mistake: str) -> None:
        """Pass this word or sign; SegmentError where another comes next."""
        if not self.took(keyword):
            self.refuse(mistake)

    def refuse(self, mistake: str, at: Lexeme | None = None) -> NoReturn:
        """SegmentError at the next lexeme, or at that one."""
        place = (at or self.next).start
        raise SegmentError(mistake, expression=self._expression, position=place)
