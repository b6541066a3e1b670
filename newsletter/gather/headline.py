"""The headline of a page and the lines around it: who wrote it, when, and what it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.gather.dates import feed_moment, written_date
from newsletter.gather.frame import names_of
from newsletter.gather.paste_words import BYLINE, DATE, FURNITURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from lxml.html import HtmlElement

    from newsletter.gather.passages import Passage

_HEADINGS = ("h1", "h2", "h3")
_SITE_NAME = re.compile(r"\s+(?:[|–—·•:»«-]|::)\s+|｜")
_BEFORE, _AFTER = 3, 8
_LONGEST_LINE = 160
_PART = re.compile(r"\s*[|·•—]\s*|\s+[–-]\s+")
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
_BY_WORD = re.compile(r"(?:文・|文＝|文：|取材・文[・：]?|بقلم|מאת|por|von|par|by|di)[\s:]*", re.IGNORECASE)


def find_headline(
    passages: Sequence[Passage], titles: Sequence[str]
) -> tuple[str, int | None]:
    """The headline and where among the passages it stands, None where it does not.

    It is what the page's own titles and its text both show: of the passages that stand in a title
    the longest, a heading before other text. Without one it is the first title, its site cut off.
    """
    for title in titles:
        if (place := _shown_at(passages, title)) is not None:
            return passages[place].text, place
    if titles:
        return _without_site(titles[0]), None
    first = next((at for at, one in enumerate(passages) if one.element.tag == "h1"), None)
    return (passages[first].text, first) if first is not None else ("", None)


def lines_around(passages: Sequence[Passage], place: int | None) -> tuple[Passage, ...]:
    """The short lines near the headline, those below it first."""
    if place is None:
        near = passages[:_AFTER]
    else:
        near = (*passages[place + 1 : place + 1 + _AFTER], *passages[max(place - _BEFORE, 0) : place])
    return tuple(one for one in near if len(one.text) <= _LONGEST_LINE)


def author_in(lines: Sequence[Passage]) -> str:
    """The name in a byline: after “By”, or in an element that says it holds one."""
    for line in lines:
        for part in _parts(line.text):
            if found := BYLINE.fullmatch(part):
                return found["name"]
    for line in lines:
        if any(_BY_CLASS.search(names_of(one)) for one in _itself_and_above(line.element)):
            names = (_BY_WORD.sub("", part, count=1) for part in _parts(line.text))
            if name := next(filter(_is_name, names), ""):
                return name
    return ""


def moment_in(lines: Sequence[Passage]) -> tuple[datetime | None, bool]:
    """The moment of publication in these lines, and whether an element states it for machines."""
    for line in lines:
        for element in (line.element, *line.element.iterancestors("time")):
            for time in (element, *element.iter("time")):
                if moment := feed_moment(time.get("datetime")):
                    return moment, True
    for line in lines:
        # A whole line, or a part of one between bars.
        if len(line.text) <= 100 and (moment := written_date(line.text)):
            return moment, False
    return None, False


def dek_in(lines: Sequence[Passage]) -> str:
    """The line below the headline that an element says it is."""
    for line in lines:
        if any(_DEK_CLASS.search(names_of(one)) for one in _itself_and_above(line.element)):
            return line.text
    return ""


def is_about(text: str) -> bool:
    """Whether a line only tells who wrote the article, when, or how long it takes to read."""
    return bool(text) and all(
        BYLINE.fullmatch(part) or DATE.fullmatch(part) or _is_furniture(part)
        for part in _parts(text)
    )


def _is_furniture(part: str) -> bool:
    return any(pattern.fullmatch(part) for _, pattern in FURNITURE)


def _shown_at(passages: Sequence[Passage], title: str) -> int | None:
    """Where the longest passage stands that is part of this title."""
    folded = title.casefold()
    best: tuple[int, bool, int] | None = None
    for place, passage in enumerate(passages):
        text = passage.text
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


def _itself_and_above(element: HtmlElement) -> Iterator[HtmlElement]:
    yield element
    for _, parent in zip(range(2), element.iterancestors(), strict=False):
        yield parent
