"""Colours as numbers, and how far two of them stand apart. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tinycss2.color3 import RGBA, parse_color


class Colour(NamedTuple):
    """Red, green and blue, each from 0 to 1."""

    red: float
    green: float
    blue: float


WHITE = Colour(1.0, 1.0, 1.0)
BLACK = Colour(0.0, 0.0, 0.0)


@lru_cache(maxsize=512)
def colour(text: str) -> tuple[Colour, float] | None:
    """A CSS colour and its opacity; None for what is no colour, or depends on another."""
    found = parse_color(text)
    if not isinstance(found, RGBA):
        return None
    return Colour(*(min(max(part, 0.0), 1.0) for part in found[:3])), found.alpha


def over(top: Colour, opacity: float, ground: Colour) -> Colour:
    """What is seen of a colour that lets its ground through."""
    if opacity >= 1:
        return top
    return Colour(*(opacity * a + (1 - opacity) * b for a, b in zip(top, ground, strict=True)))


@lru_cache(maxsize=512)
def contrast(one: Colour, other: Colour) -> float:
    """1 to 21 (WCAG 2.2, contrast ratio)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def hexadecimal(one: Colour) -> str:
    """`#1a2b3c`."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in one)


def _luminance(one: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in one
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
