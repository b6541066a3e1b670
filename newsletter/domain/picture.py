"""A picture as mail programs get it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """`name` is made of its bytes, so that what it shows never changes; `width` and `height` are
    what it is shown at, in CSS pixels; `size` is in bytes.
    """

    name: str
    width: int
    height: int
    size: int
