"""Charts as SVG: lines over time, bars side by side, a value within its range. Pure.

Nothing but classes says how they look, so a page's stylesheet draws them in light and in dark. Each
has a title and a description for who cannot see it; the page puts a table behind each.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from newsletter.reports.scales import Scale, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WIDTH, HEIGHT = 360, 220
"""Little more than a telephone is wide, or the words would be too small to read on one."""

LEFT, RIGHT, TOP, BOTTOM = 48, 14, 20, 30
ROW, NAMES, FIGURES = 28, 92, 76
"""Of ranges: the height of one, and the room for names before and figures behind it."""

BAR, BAR_ROW = 14, 40
"""The height of a bar, and of a row with its name above it; figures stand behind, as in ranges."""

KEY_ROW = 18
"""The height of a row of a legend."""

ROOM = 24
"""To the right edge: words below the axis that stand closer end there, and are not cut off."""

LONGEST_NAME = 52
"""Characters of a name that fit above a bar; the table behind the chart has all of it."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What a chart is called and what it shows, in words; `key` is unique on its page."""

    key: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: (x, y) from left to right, y never below 0."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that a line should stay below, drawn across."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its parts one after the other, and what is written behind it."""

    name: str
    parts: tuple[float, ...]
    figure: str


@dataclass(frozen=True, slots=True)
class Range:
    """A value among those of others; None where there is nothing to show."""

    name: str
    value: float | None
    median: float | None
    least: float | None
    greatest: float | None
    figure: str


def line_chart(
    caption: Caption,
    lines: Sequence[Line],
    *,
    across: Sequence[tuple[float, str]],
    tell: Callable[[float], str],
    whole: bool = False,
    thresholds: Sequence[Threshold] = (),
) -> str:
    """Lines over time. `across` are the marks of the x axis with their words, from left to right;
    `tell` writes a value of the y axis.
    """
    values = [y for line in lines for _, y in line.points] + [one.value for one in thresholds]
    marks = ticks(max(values, default=0.0), whole=whole)
    places = [x for line in lines for x, _ in line.points] + [x for x, _ in across]
    names = [line.name for line in lines] if len(lines) > 1 else []
    body, top = _legend(names, _line_sample)
    bottom = top + HEIGHT - BOTTOM
    over = Scale(min(places, default=0.0), max(places, default=1.0), LEFT, WIDTH - RIGHT)
    up = Scale(0.0, marks[-1], bottom, top + TOP)
    for mark in marks:
        body.append(_rule("grid", LEFT, up.at(mark), WIDTH - RIGHT, up.at(mark)))
        body.append(_words("axis end", LEFT - 6, up.at(mark) + 4, tell(mark)))
    for x, words in across:
        where = "end" if over.at(x) > WIDTH - RIGHT - ROOM else "middle"
        body.append(_words(f"axis {where}", over.at(x), bottom + 18, words))
    for one in thresholds:
        body.append(_rule("threshold", LEFT, up.at(one.value), WIDTH - RIGHT, up.at(one.value)))
    for place, line in enumerate(lines):
        body += _drawn(line, place, over, up)
    for one in thresholds:
        body.append(_words("threshold-name end", WIDTH - RIGHT, up.at(one.value) - 5, one.name))
    return _svg(caption, top + HEIGHT, body)


def bar_chart(caption: Caption, bars: Sequence[Bar], *, parts: Sequence[str] = ()) -> str:
    """Bars below one another, each below its name, the longest as long as there is room; `parts`
    names their parts.
    """
    longest = max((sum(bar.parts) for bar in bars), default=0.0)
    along = Scale(0.0, longest, 0.0, WIDTH - FIGURES)
    body, top = _legend(parts if len(parts) > 1 else (), _box_sample)
    for place, bar in enumerate(bars):
        y = top + place * BAR_ROW
        body.append(_words("name", 0, y + 13, _short(bar.name)))
        start = 0.0
        for kind, part in enumerate(bar.parts):
            ends = start + part
            body.append(_box(f"series-{kind}", along.at(start), y + 19, along.at(ends)))
            start = ends
        body.append(_words("figure", along.at(start) + 6, y + 30, bar.figure))
    return _svg(caption, top + max(len(bars), 1) * BAR_ROW + 4, body)


def range_chart(caption: Caption, ranges: Sequence[Range]) -> str:
    """Each value as a dot on the span of others' values, whose median is a tick. Each row has a
    scale of its own, from 0 to what is greatest in it, for shares of different kinds differ widely.
    """
    body = []
    for place, one in enumerate(ranges):
        y = 8 + place * ROW
        body.append(_words("name end", NAMES - 10, y + 19, _short(one.name)))
        body.append(_words("figure", WIDTH - FIGURES + 8, y + 19, one.figure))
        body += _ranged(one, y + ROW / 2)
    return _svg(caption, 16 + max(len(ranges), 1) * ROW, body)


def _ranged(one: Range, y: float) -> list[str]:
    known = [value for value in (one.value, one.greatest) if value is not None]
    along = Scale(0.0, max(known, default=0.0), NAMES, WIDTH - FIGURES - 8)
    drawn = [_rule("grid", NAMES, y, WIDTH - FIGURES - 8, y)]
    if one.least is not None and one.greatest is not None:
        drawn.append(_rule("span", along.at(one.least), y, along.at(one.greatest), y))
    if one.median is not None:
        drawn.append(_rule("median", along.at(one.median), y - 8, along.at(one.median), y + 8))
    if one.value is not None:
        drawn.append(f'<circle class="dot" cx="{_at(along.at(one.value))}" cy="{_at(y)}" r="6"/>')
    return drawn


def _drawn(line: Line, place: int, over: Scale, up: Scale) -> list[str]:
    if not line.points:
        return []
    points = [(over.at(x), up.at(y)) for x, y in line.points]
    if len(points) == 1:
        ((x, y),) = points
        return [f'<circle class="dot series-{place}" cx="{_at(x)}" cy="{_at(y)}" r="4"/>']
    path = " ".join(f"{_at(x)},{_at(y)}" for x, y in points)
    return [f'<polyline class="line series-{place}" points="{path}"/>']


def _legend(
    names: Iterable[str], sample: Callable[[int, float, float], str]
) -> tuple[list[str], float]:
    """What each series looks like, and where the room below begins."""
    body: list[str] = []
    x, y = 0.0, float(KEY_ROW)
    for place, name in enumerate(names):
        wide = 40 + 6.6 * len(name)
        if x and x + wide > WIDTH:
            x, y = 0.0, y + KEY_ROW
        body += [sample(place, x, y - 4), _words("legend", x + 26, y, name)]
        x += wide
    return body, y + 4 if body else 0.0


def _line_sample(place: int, x: float, y: float) -> str:
    return _rule(f"line series-{place}", x, y, x + 22, y)


def _box_sample(place: int, x: float, y: float) -> str:
    return _box(f"series-{place}", x + 4, y - 6, x + 22, height=11)


def _svg(caption: Caption, height: float, body: Iterable[str]) -> str:
    key = escape(caption.key)
    size = f'viewBox="0 0 {WIDTH} {_at(height)}" xmlns="http://www.w3.org/2000/svg"'
    return "\n".join(
        (
            f'<svg class="chart" {size} role="img" aria-labelledby="{key}-title {key}-words">',
            f'<title id="{key}-title">{escape(caption.title)}</title>',
            f'<desc id="{key}-words">{escape(caption.description)}</desc>',
            *body,
            "</svg>",
        )
    )


def _rule(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    ends = f'x1="{_at(x1)}" y1="{_at(y1)}" x2="{_at(x2)}" y2="{_at(y2)}"'
    return f'<line class="{kind}" {ends}/>'


def _box(kind: str, left: float, top: float, right: float, *, height: float = BAR) -> str:
    size = f'width="{_at(right - left)}" height="{_at(height)}"'
    return f'<rect class="box {kind}" x="{_at(left)}" y="{_at(top)}" {size}/>'


def _words(kind: str, x: float, y: float, words: str) -> str:
    return f'<text class="{kind}" x="{_at(x)}" y="{_at(y)}">{escape(words)}</text>'


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def _at(position: float) -> str:
    """To a tenth of a pixel, as short as it can be written."""
    return f"{position:.1f}".removesuffix(".0")
