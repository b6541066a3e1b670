"""Keeps figures from telling of a few people, also by subtraction. Pure.

Counts of one to four are withheld. A single withheld part of a known whole could be had from the
others, so the next smallest goes too, until what is withheld is of five people or more together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from newsletter.domain.report import FEWEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_Key = TypeVar("_Key")
_Line = TypeVar("_Line")


def shown(count: int) -> int | None:
    """A count that stands for itself."""
    return None if 0 < count < FEWEST else count


def parts_shown(parts: Mapping[_Key, int]) -> dict[_Key, int | None]:
    """Counts whose sum is known, or nearly."""
    hidden = {key for key, count in parts.items() if shown(count) is None}
    rest = sorted((key for key in parts if key not in hidden), key=lambda key: parts[key])
    while hidden and rest and (len(hidden) < 2 or _sum(parts, hidden) < FEWEST):
        # Zeros first would tell as little as they hide; but alone they may not stay.
        hidden.add(_next(rest, parts))
    return {key: None if key in hidden else count for key, count in parts.items()}


def _next(rest: list[_Key], parts: Mapping[_Key, int]) -> _Key:
    place = next((place for place, key in enumerate(rest) if parts[key]), 0)
    return rest.pop(place)


def _sum(parts: Mapping[_Key, int], keys: set[_Key]) -> int:
    return sum(parts[key] for key in keys)


def large_enough(
    lines: Sequence[_Line], size: Callable[[_Line], int], merged: Callable[[list[_Line]], _Line]
) -> tuple[_Line, ...]:
    """Lines of five people or more; smaller ones become one, with the next larger if need be."""
    left = sorted(range(len(lines)), key=lambda place: size(lines[place]))
    small: list[_Line] = []
    while left and (size(lines[left[0]]) < FEWEST or 0 < sum(map(size, small)) < FEWEST):
        small.append(lines[left.pop(0)])
    if len(small) < 2:
        return tuple(lines)
    return (*(lines[place] for place in sorted(left)), merged(small))
