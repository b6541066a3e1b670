"""Which lines of a pasted page are its article, and which are lists of other stories."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from newsletter.domain.prose import first_sentences
from newsletter.gather.paste_article import article_start
from newsletter.gather.paste_lines import Line, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADINGS = frozenset((Role.LIST_HEADING, Role.RELATED_HEADING))
_PROSE = frozenset((Role.SENTENCE, Role.DATELINE, Role.OPEN))
_LIKE_A_HEADING = frozenset((Role.TITLE, Role.LABEL))
_TEXT = _PROSE | _LIKE_A_HEADING
# A box of related headlines inside an article: after it the text goes on.
_BOX_IN_ARTICLE = re.compile(r"(?P<box>[TK]{1,6})[SDQ]{2}")
_NO_HEADLINE = re.compile(r"S?D[SQT]{2}")
_LONGEST_HEADING = 40


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines of a page by where they belong; each line stands in exactly one part.

    `article` begins with its headline and is empty where the page has none. Each list begins with
    its heading where it has one. An article pasted without its headline is headed by a line 0,
    its first sentence, which its text keeps too.
    """

    above: tuple[Line, ...]
    article: tuple[Line, ...]
    lists: tuple[tuple[Line, ...], ...]


def laid_out(lines: Sequence[Line]) -> Layout:
    """The parts of a page: cut at its list headings, then the first article looked for."""
    parts = _cut(lines)
    for index, part in enumerate(parts):
        start = article_start(part)
        if start is None:
            continue
        above, article, later = part[:start], part[start:], parts[index + 1 :]
        if later and (resumed := _resumed(later[0])):
            article, later = article + resumed, later[1:]
        article, trailing = _without_trailing_list(article)
        lists = [*parts[:index], trailing, *later]
        if index > 0 or (above and above[0].role in _HEADINGS):
            above, lists = (), [*parts[:index], above, trailing, *later]
        return Layout(above, article, tuple(part for part in lists if part))
    if parts and (article := _without_headline(parts[0])):
        return Layout((), article, tuple(parts[1:]))
    return Layout((), (), tuple(parts))


def _without_headline(part: tuple[Line, ...]) -> tuple[Line, ...]:
    """The part as an article, when it is one pasted from its dek or its dateline on, else none.

    Its paragraphs stand in one block, which teasers hardly ever do.
    """
    texts = [line for line in part if line.role in _TEXT]
    roles = "".join(line.role for line in texts)
    if roles.count(Role.DATELINE) != 1 or not _NO_HEADLINE.match(roles):
        return ()
    at = roles.index(Role.DATELINE)
    if len({line.block for line in texts[at : at + 3]}) > 1:
        return ()
    if at:
        return part if part[0] is texts[0] else ()
    title = first_sentences(texts[0].text, at_most=0)
    return (Line(0, texts[0].block, title, title, Role.TITLE), *part)


def _cut(lines: Sequence[Line]) -> list[tuple[Line, ...]]:
    """The lines in parts, each but the first beginning with a heading over a list."""
    starts = [index for index, line in enumerate(lines) if line.role in _HEADINGS and index]
    bounds = [0, *starts, len(lines)]
    parts = [tuple(lines[begin:end]) for begin, end in pairwise(bounds)]
    return [part for part in parts if part]


def _resumed(part: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines under a related-stories heading when the article goes on below them, else none."""
    texts = [line for line in part if line.role in _TEXT]
    found = _BOX_IN_ARTICLE.match("".join(line.role for line in texts))
    if part[0].role is not Role.RELATED_HEADING or found is None:
        return ()
    box = {line.number for line in texts[: found.end("box")]}
    return tuple(
        replace(line, role=Role.RELATED, detail=line.text) if line.number in box else line
        for line in part
    )


def _without_trailing_list(
    article: tuple[Line, ...],
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The article, and the list below it whose heading, if any, is not known by its words.

    Such a list shows by its make: only headlines below the last furniture under the last sentence,
    or a short line with a change of spacing below it, from dense paragraphs to lines that stand
    each by itself.
    """
    index = _end_of_page(article) or _unknown_heading(article)
    if index is None:
        return article, ()
    first, *others = article[index:]
    if first.role in _LIKE_A_HEADING:
        first = replace(first, role=Role.LIST_HEADING)
    return article[:index], (first, *others)


def _end_of_page(article: Sequence[Line]) -> int | None:
    """The first furniture below the last sentence, if two or more headlines follow it."""
    prose = [index for index, line in enumerate(article) if line.role in _PROSE]
    below = range(prose[-1] + 1, len(article)) if prose else ()
    for index in below:
        if article[index].role is Role.FURNITURE:
            headlines = [line for line in article[index:] if line.role in _LIKE_A_HEADING]
            return index if len(headlines) > 1 else None
    return None


def _unknown_heading(article: Sequence[Line]) -> int | None:
    """The first short line among those at the end that stand each by itself, below dense text."""
    texts = [index for index, line in enumerate(article) if line.role in _TEXT]
    loose = len(texts) - 1
    while loose > 0 and article[texts[loose - 1]].block != article[texts[loose]].block:
        loose -= 1
    paragraphs = [article[at].block for at in texts[1:loose] if article[at].role in _PROSE]
    if len(paragraphs) < 3 or len(set(paragraphs)) * 2 > len(paragraphs):
        return None
    candidates = (article[at] for at in texts[loose : len(texts) - 3])
    heading = next((line for line in candidates if _may_head_a_list(line)), None)
    return article.index(heading) if heading is not None else None


def _may_head_a_list(line: Line) -> bool:
    return line.role in _LIKE_A_HEADING and len(line.text) <= _LONGEST_HEADING
