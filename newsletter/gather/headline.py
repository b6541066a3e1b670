"""The headline of a page and the lines around it: who wrote it, when, and what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.gather.dates import feed_moment, written_date
from newsletter.gather.frame import names_of
from newsletter.gather.passages import shown
from newsletter.gather.paste_words import BYLINE, DATE, FURNITURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from lxml.html import HtmlElement

    from newsletter.gather.passages import Passage

_HEADINGS = ("h1", "h2", "h3")
_PIECES = ("span", "time", "a", "small", "b", "strong", "em", "i")
_SITE_NAME = re.compile(r"\s+(?:[|–—·•:»«-]|::)\s+|｜")
_BEFORE, _AFTER = 3, 8
_LONGEST_LINE = 160
_FEWEST_WORDS = 4
_SENTENCE = re.compile(r".{40}[.!?。…][\"'”’»“)]*$")
_PART = re.compile(r"\s*[|·•—]\s*|\s+[–-]\s+")
_BY_NAME = re.compile(r"\s+(?=(?:by|von|par|di|por)\s)", re.IGNORECASE)
_BY_CLASS = re.compile(
    r"(?:^|[-_\s])(?:byline|by|author|autore?|auteur|writer|firma|signature|credit|creator|kisha"
    r"|verfasser)(?:$|[-_\s])",
    re.IGNORECASE,
)
_DEK_CLASS = re.compile(
    r"(?:^|[-_\s])(?:dek|deck|standfirst|sub-?title|sub-?head(?:line)?|excerpt|summary|chapo"
    r"|vorspann|sommario|occhiello|entradilla|bajada|intro|lead|lede)(?:$|[-_\s])",
    re.IGNORECASE,
)
_BY_WORD = re.compile(
    r"(?:文・|文＝|文：|取材・文[・：]?|بقلم|מאת|por|von|par|by|di)[\s:]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Around:
    """What the lines around a headline tell, "" and None where they do not.

    `for_machines` is true of a moment that an element states; `lines` are those that tell it.
    """

    author: str
    dek: str
    moment: datetime | None
    for_machines: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line or a piece of a passage; `passage` is all of its text."""

    text: str
    element: HtmlElement
    passage: str


def find_headline(passages: Sequence[Passage], titles: Sequence[str]) -> tuple[str, int | None]:
    """The headline and where among the passages it stands, None where it does not.

    It is what the page's own titles and its text both show: of the lines that open a passage and
    stand in a title the longest, a heading before other text. Where the titles say something else,
    it is the only `h1` that is more than a name; without one the first title, its site cut off.
    """
    for title in titles:
        if (place := _shown_at(passages, title)) is not None:
            return passages[place].lines[0], place
    largest = [at for at, one in enumerate(passages) if one.element.tag == "h1"]
    telling = [at for at in largest if len(passages[at].text.split()) >= _FEWEST_WORDS]
    if len(telling) == 1:
        return passages[telling[0]].text, telling[0]
    if titles:
        return _without_site(titles[0]), None
    return (passages[largest[0]].text, largest[0]) if largest else ("", None)


def around(passages: Sequence[Passage], place: int | None) -> Around:
    """What the short lines near the headline tell; those below it count before those above."""
    lines = _near(passages, place)
    author, by = next(filter(None, map(_signed, lines)), None) or next(
        filter(None, map(_named, lines)), ("", "")
    )
    moment, stamp, for_machines = _moment(lines)
    dek = next((line.text for line in lines if _says(line.element, _DEK_CLASS)), "")
    return Around(author, dek, moment, for_machines, tuple(filter(None, (by, stamp, dek))))


def _near(passages: Sequence[Passage], place: int | None) -> list[_Line]:
    start = -1 if place is None else place
    own = [] if place is None else list(_lines_of(passages[place]))[1:]
    below = passages[start + 1 : start + 1 + _AFTER]
    above = passages[max(start - _BEFORE, 0) : max(start, 0)]
    lines = [line for one in (*below, *above) for line in _lines_of(one)]
    return [line for line in (*own, *lines) if len(line.text) <= _LONGEST_LINE]


def _lines_of(passage: Passage) -> Iterator[_Line]:
    """The lines of a passage, and the pieces of one that is made of several."""
    yield from (_Line(line, passage.element, passage.text) for line in passage.lines)
    pieces = [piece for piece in passage.element if piece.tag in _PIECES]
    if len(pieces) > 1 and not _SENTENCE.search(passage.text):
        for piece in pieces:
            yield _Line(shown(piece.text_content()), piece, passage.text)


def _signed(line: _Line) -> tuple[str, str] | None:
    """The name after “By”, and the passage it stands in."""
    found = next(filter(None, map(BYLINE.fullmatch, _parts(line.text))), None)
    name = found["name"] if found else signed_by(line.text)
    return (name, line.passage) if name else None


def _named(line: _Line) -> tuple[str, str] | None:
    """The name in an element that says it holds one, and the passage it stands in."""
    if not _says(line.element, _BY_CLASS):
        return None
    names = (_BY_WORD.sub("", part, count=1) for part in _parts(line.text))
    name = next(filter(_is_name, names), "")
    return (name, line.passage) if name else None


def _moment(lines: Sequence[_Line]) -> tuple[datetime | None, str, bool]:
    """The moment of publication, its passage, and whether an element states it for machines."""
    for line in lines:
        around = (line.element, *line.element.iterancestors("time"), *line.element.iter("time"))
        for time in around:
            if moment := feed_moment(time.get("datetime")):
                return moment, line.passage if DATE.fullmatch(line.text) else "", True
    for line in lines:
        if not _SENTENCE.search(line.text) and (moment := written_date(line.text)):
            return moment, line.passage, False
    return None, "", False


def is_about(text: str) -> bool:
    """Whether a line only tells who wrote the article, when, or how long it takes to read."""
    return bool(text) and all(
        BYLINE.fullmatch(part) or DATE.fullmatch(part) or _is_furniture(part)
        for part in _facts(text)
    )


def signed_by(text: str) -> str:
    """The name in a line that tells nothing but who wrote the article, when, and the like."""
    if not is_about(text):
        return ""
    found = next(filter(None, map(BYLINE.fullmatch, _facts(text))), None)
    return found["name"] if found else ""


def _facts(text: str) -> list[str]:
    return [fact for part in _parts(text) for fact in _BY_NAME.split(part)]


def _is_furniture(part: str) -> bool:
    return any(pattern.fullmatch(part) for _, pattern in FURNITURE)


def _shown_at(passages: Sequence[Passage], title: str) -> int | None:
    """Where the longest passage stands that is part of this title."""
    folded = title.casefold()
    best: tuple[int, bool, int] | None = None
    for place, passage in enumerate(passages):
        text = passage.lines[0]
        if not 0 < len(text) <= len(title) or text.casefold() not in folded:
            continue
        if len(text) < 0.4 * len(title):  # the site's name, or a word of the navigation
            continue
        heading = any(one.tag in _HEADINGS for one in _itself_and_above(passage.element))
        rank = (len(text), heading, -place)
        best = rank if best is None or rank > best else best
    return None if best is None else -best[2]


def _without_site(title: str) -> str:
    parts = _SITE_NAME.split(title)
    return title if len(parts) < 2 else title[: title.rindex(parts[-1])].rstrip(" |–—·•:»«-｜")


def _parts(text: str) -> list[str]:
    return [part for part in _PART.split(text) if part]


def _is_name(part: str) -> bool:
    words = part.split()
    short = 1 <= len(words) <= 5 and len(part) <= 60
    return short and not any(map(str.isdigit, part)) and not DATE.fullmatch(part)


def _says(element: HtmlElement, names: re.Pattern[str]) -> bool:
    """Whether an element, or one of the two around it, is named so."""
    return any(names.search(names_of(one)) for one in _itself_and_above(element))


def _itself_and_above(element: HtmlElement) -> Iterator[HtmlElement]:
    yield element
    for _, parent in zip(range(2), element.iterancestors(), strict=False):
        yield parent
