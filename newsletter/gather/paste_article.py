"""The one article of a pasted page: where it begins, and its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.domain.item import Furniture, Item, ItemKind, Link, item_id
from newsletter.gather.paste_lines import Line, Role
from newsletter.gather.paste_list import dated, set_aside
from newsletter.gather.text import joined

if TYPE_CHECKING:
    from collections.abc import Sequence

# How an article begins, in roles (see paste_lines.Role): a headline, at most two deks, a byline or
# date or a dateline, running text; or a headline with three paragraphs right under it.
_BYLINED = re.compile(r"[TQ][SQ]{0,2}[BM]+[SDQ]{2}")
_CLEAR_BEGINNING = re.compile(
    r"[TQ][SQ]{0,2}[BM]+[SDQ]{2}|[TQ][SQ]{0,2}[BM]+[SD]\Z|TS{0,2}D(?:[SDQ]|\Z)|T[SDQ]{3}"
)
_SHORT_ARTICLE = re.compile(r"T[SD][SDQ]")
_PROSE = frozenset((Role.SENTENCE, Role.DATELINE, Role.OPEN))
_TEXT = _PROSE | {Role.TITLE}
_META = frozenset((Role.BYLINE, Role.DATE))
_HEADINGS = frozenset((Role.LIST_HEADING, Role.RELATED_HEADING))
_BEGINS_BODY = _META | {Role.DATELINE}


def article_start(lines: Sequence[Line]) -> int | None:
    """The index of the article's headline, or None where the lines hold no article.

    A headline with just two sentences counts as one only where headlines are few; a list of
    headlines with deks looks much the same. Below a list heading only a byline or date tells an
    article from teasers.
    """
    seen = [index for index, line in enumerate(lines) if line.role in _TEXT | _META]
    roles = "".join(lines[index].role for index in seen)
    in_list = bool(lines) and lines[0].role in _HEADINGS
    found = (_BYLINED if in_list else _CLEAR_BEGINNING).search(roles)
    if found is None and not in_list and roles.count("T") * 3 <= len(roles):
        found = _SHORT_ARTICLE.search(roles)
    if found is None:
        return None
    start = seen[found.start()]
    before = seen[found.start() - 1] if found.start() and not in_list else None
    return before if before is not None and _is_dek_of(lines[start], lines[before]) else start


def _is_dek_of(dek: Line, headline: Line) -> bool:
    """Whether of two headline-like lines in one block the longer, lower one is a dek."""
    alike = dek.role is headline.role is Role.TITLE and dek.block == headline.block
    return alike and len(headline.text) < len(dek.text)


@dataclass(slots=True)
class _Article:
    """An article while its lines are read."""

    headline: Line
    dek: list[str] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    meta: list[Line] = field(default_factory=list)
    url: str | None = None
    furniture: list[Furniture] = field(default_factory=list)


def read_article(lines: Sequence[Line], *, source: str) -> tuple[Item, tuple[Furniture, ...]]:
    """The article whose headline is the first of `lines`, and the lines that are not its text.

    The body stays exactly as pasted, its dateline included. Bylines and date lines are furniture
    from which author and date are read.
    """
    article = _Article(lines[0])
    begin = 1 + _length_of_head(lines[1:])
    for line in lines[1:begin]:
        _take_head(line, article)
    for line in lines[begin:]:
        _take_body(line, article)
    return _item(article, source), tuple(article.furniture)


def _length_of_head(lines: Sequence[Line]) -> int:
    """How many lines stand between the headline and the first paragraph of the body.

    At most two texts above a byline or date, or one above a dateline, are deks; otherwise the
    layout tells.
    """
    texts = [index for index, line in enumerate(lines) if line.role in _TEXT]
    marks = [index for index, line in enumerate(lines) if line.role in _BEGINS_BODY]
    deks = [index for index in texts if marks and index < marks[0]]
    most = 2 if marks and lines[marks[0]].role in _META else 1
    if 0 < len(deks) <= most and len(deks) < len(texts):
        return texts[len(deks)]
    if not texts:
        return len(lines)
    return texts[_deks_by_layout([lines[index] for index in texts])]


def _deks_by_layout(texts: Sequence[Line]) -> int:
    """1 where the first text is a dek: a dateline follows, or it stands apart from a dense body."""
    if len(texts) < 2 or texts[0].role is Role.DATELINE:
        return 0
    first, second, *rest = texts
    dense = bool(rest) and rest[0].block == second.block
    return int(second.role is Role.DATELINE or (first.block != second.block and dense))


def _take_head(line: Line, article: _Article) -> None:
    if line.role in _TEXT:
        article.dek.append(line.text)
    elif line.role is Role.ADDRESS and article.url is None:
        article.url = line.detail
    else:
        _take_body(line, article, in_head=True)


def _take_body(line: Line, article: _Article, *, in_head: bool = False) -> None:
    if line.role in _TEXT or (line.role is Role.LABEL and not in_head):
        article.body.append(line)
    elif line.role is Role.RELATED:
        article.links.append(Link(line.detail))
    elif line.role is Role.ADDRESS:
        article.links.append(Link(line.detail, line.detail))
    else:
        article.meta.append(line)
        article.furniture.append(set_aside(line))


def _item(article: _Article, source: str) -> Item:
    text = joined(line.text for line in article.body)
    authors = [line.detail for line in article.meta if line.role is Role.BYLINE]
    dates = [found for line in article.meta if (found := dated(line)) is not None]
    first = article.body[0] if article.body else None
    return Item(
        id=item_id(source=source, url=article.url, title=article.headline.text, text=text),
        kind=ItemKind.ARTICLE,
        source=source,
        title=article.headline.text,
        dek=joined(article.dek),
        dateline=first.detail if first and first.role is Role.DATELINE else "",
        text=text,
        url=article.url,
        author=next((name for name in authors if name), None),
        published=dates[0] if dates else None,
        links=tuple(article.links),
    )
