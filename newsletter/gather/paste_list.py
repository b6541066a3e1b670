"""The entries of a list of stories on a pasted page: teasers, headlines, or both in pairs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from newsletter.domain.item import Furniture, Item, ItemKind, Link, item_id
from newsletter.gather.dates import written_date
from newsletter.gather.paste_lines import Line, Role
from newsletter.gather.text import joined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_PROSE = frozenset((Role.SENTENCE, Role.DATELINE, Role.OPEN))
_TEXT = _PROSE | {Role.TITLE}
# A list may hold one sentence that lost its full stop; it is made of pairs only when headlines
# are at least this share of its lines.
_SHARE_OF_TITLES = 0.4
_ALTERNATING = re.compile(r"(?:T[SD]){2,}|(?:[TQ][SD]){3,}")


@dataclass(slots=True)
class _Entry:
    """The text lines of one story of the list, and the other lines that speak of it."""

    lines: list[Line]
    about: list[Line] = field(default_factory=list)


def read_list(
    lines: Sequence[Line], *, source: str
) -> tuple[tuple[Item, ...], tuple[Furniture, ...]]:
    """An item per entry, in order, and the lines that are no entry's text.

    Each line is an entry of its own. Only a headline takes the sentences under it as its dek,
    where blank lines or the make of the whole list show that they belong together.
    """
    lines = _with_heading(lines)
    short = _short_headlines_count(lines)
    texts = [
        line
        for line in lines
        if line.role in _TEXT or (line.role is Role.LABEL and (short or line.marked))
    ]
    deks = _deks(texts)
    entries: dict[int, list[_Entry]] = defaultdict(list)  # by block, both in order
    last = _Entry([])
    for line in texts:
        if line.number in deks:
            last.lines.append(line)
        else:
            last = _Entry([line])
            entries[line.block].append(last)
    numbers = {line.number for line in texts}
    furniture = []
    for line in lines:
        if line.number in numbers:
            continue
        owner = _owner(line, entries.get(line.block, ()))
        if owner is not None:
            owner.about.append(line)
        if owner is None or line.role not in (Role.ADDRESS, Role.RELATED):
            furniture.append(set_aside(line))
    found = (_item(entry, source) for block in entries.values() for entry in block)
    return tuple(found), tuple(furniture)


def set_aside(line: Line) -> Furniture:
    """The line as furniture, with the reason; text is set aside only above an article."""
    reasons = {
        Role.FURNITURE: line.detail,
        Role.LABEL: "a label",
        Role.BYLINE: "a byline",
        Role.DATE: "a date line",
        Role.LIST_HEADING: "a heading over a list of stories",
        Role.RELATED_HEADING: "a heading over related stories",
        Role.ADDRESS: "an address that belongs to no story",
        Role.RELATED: "a related link that belongs to no story",
    }
    return Furniture(line.number, line.text, reasons.get(line.role, "stands above the headline"))


def _with_heading(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines, the first made a heading where it only names the list below it.

    It does so by its make: a headline without a number above numbered lines, or one that stands
    alone above pairs of headline and dek.
    """
    texts = [line for line in lines if line.role in _TEXT]
    if len(texts) < 3 or texts[0].role is not Role.TITLE or texts[0].marked:
        return lines
    first, second = texts[:2]
    blocks = [list(block) for _, block in groupby(texts, key=lambda line: line.block)]
    pairs = len(blocks) > 2 and all(_deks_of(block) for block in blocks[1:])
    if second.marked or (len(blocks[0]) == 1 and pairs):
        heading = replace(first, role=Role.LIST_HEADING)
        return [heading if line is first else line for line in lines]
    return lines


def _short_headlines_count(lines: Sequence[Line]) -> bool:
    """Whether lines of one or two words are entries: where they are rare in a list of headlines."""
    roles = Counter(line.role for line in lines)
    only_headlines = not any(roles[role] for role in _PROSE)
    return only_headlines and roles[Role.LABEL] * 2 <= roles[Role.TITLE]


def _deks(texts: Sequence[Line]) -> set[int]:
    """The numbers of the lines that belong to the headline above them."""
    blocks = [list(block) for _, block in groupby(texts, key=lambda line: line.block)]
    if len(blocks) == len(texts) and _ALTERNATING.fullmatch(_roles(texts)):
        return {line.number for line in texts[1::2]}
    return {line.number for block in blocks for line in _deks_of(block)}


def _deks_of(block: Sequence[Line]) -> list[Line]:
    roles = _roles(block)
    titles = roles.count("T")
    enough = titles >= _SHARE_OF_TITLES * len(roles) or (titles == 1 and len(roles) <= 3)
    if not roles.startswith("T") or not enough:
        return []
    return [line for line in block if line.role in _PROSE and not line.marked]


def _roles(lines: Sequence[Line]) -> str:
    return "".join("T" if line.role is Role.LABEL else line.role for line in lines)


def _owner(line: Line, entries: Sequence[_Entry]) -> _Entry | None:
    """The entry of its block a line speaks of: the one above it, else the first one below."""
    above = bisect_left(entries, line.number, key=lambda entry: entry.lines[0].number)
    return entries[max(above - 1, 0)] if entries else None


def _item(entry: _Entry, source: str) -> Item:
    first, *rest = (line.bare for line in entry.lines)
    title, text = (first, "") if rest else ("", first)
    dek = joined(rest)
    urls = [line.detail for line in entry.about if line.role is Role.ADDRESS]
    dates = [found for line in entry.about if (found := dated(line)) is not None]
    authors = [line.detail for line in entry.about if line.role is Role.BYLINE]
    related = [Link(line.detail) for line in entry.about if line.role is Role.RELATED]
    url = urls[0] if urls else None
    return Item(
        id=item_id(source=source, url=url, title=title, text=text or dek),
        kind=ItemKind.TEASER,
        source=source,
        title=title,
        text=text,
        dek=dek,
        url=url,
        author=authors[0] if authors else None,
        published=dates[0] if dates else None,
        links=(*related, *(Link(address, address) for address in urls[1:])),
    )


def dated(line: Line) -> datetime | None:
    """The date a byline or date line tells."""
    return written_date(line.text) if line.role in (Role.BYLINE, Role.DATE) else None
