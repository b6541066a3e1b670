"""Charts keep within their frame, say what they show, and look as they did."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from newsletter.reports.charts import (
    BOTTOM,
    FIGURES,
    HEIGHT,
    LEFT,
    NAMES,
    RIGHT,
    TOP,
    WIDTH,
    Bar,
    Caption,
    Line,
    Range,
    Threshold,
    bar_chart,
    line_chart,
    range_chart,
)
from newsletter.reports.scales import Scale, ticks

GOLDEN = Path(__file__).parents[1] / "golden" / "reports"
CAPTION = Caption("key", "A <title>", "What it shows & why")
VALUES = st.floats(0, 1e9, allow_nan=False)
NAMES_OF_BARS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=60)


def drawn(svg):
    return etree.fromstring(svg)


def found(svg, tag, kind=""):
    return [
        element
        for element in drawn(svg).iter(f"{{*}}{tag}")
        if kind in element.get("class", "").split() or not kind
    ]


def numbers(element, *names):
    return [float(element.get(name)) for name in names]


@given(VALUES, st.integers(1, 10), st.booleans())
def test_ticks_are_round_go_up_evenly_and_end_at_the_greatest(greatest, most, whole):
    marks = ticks(greatest, most=most, whole=whole)
    assert marks[0] == 0
    assert marks[-1] >= greatest * (1 - 1e-9)
    assert len(marks) <= most + 1
    steps = [after - before for before, after in pairwise(marks)]
    assert all(step == pytest.approx(steps[0], rel=1e-6) and step > 0 for step in steps)
    assert f"{steps[0]:.0e}"[0] in "125"
    assert not whole or steps[0] >= 1


@given(VALUES, VALUES, VALUES)
def test_a_scale_keeps_the_order_and_its_ends(one, other, greatest):
    scale = Scale(0, greatest, 10, 110)
    low, high = sorted((one, other))
    assert 10 <= scale.at(low) <= scale.at(high) <= 110
    assert scale.at(0) == 10
    assert greatest == 0 or scale.at(greatest) == pytest.approx(110)


@settings(suppress_health_check=[HealthCheck.too_slow])  # long names, on a loaded machine
@given(st.lists(st.tuples(NAMES_OF_BARS, st.lists(VALUES, min_size=1, max_size=3)), max_size=20))
def test_bars_are_as_long_as_they_should_be_and_never_leave_their_room(given):
    bars = [Bar(name, tuple(parts), "7") for name, parts in given]
    svg = bar_chart(CAPTION, bars)
    boxes = [numbers(box, "x", "width") for box in found(svg, "rect")]
    assert len(boxes) == sum(len(bar.parts) for bar in bars)
    assert all(width >= 0 and x >= 0 for x, width in boxes)
    assert all(x + width <= WIDTH - FIGURES + 0.2 for x, width in boxes)
    room, longest = WIDTH - FIGURES, max((sum(bar.parts) for bar in bars), default=0)
    for bar in bars:
        mine, boxes = boxes[: len(bar.parts)], boxes[len(bar.parts) :]
        share = sum(bar.parts) / longest if longest else 0
        assert sum(width for _, width in mine) == pytest.approx(room * share, abs=0.2)


@given(st.lists(st.tuples(st.floats(0, 48), VALUES), min_size=2, max_size=30), VALUES)
def test_lines_stay_in_the_frame_and_a_greater_value_is_never_lower(given, limit):
    points = tuple(sorted(given))
    svg = line_chart(
        CAPTION,
        [Line("opened", points)],
        across=[(0, "0 h"), (48, "48 h")],
        tell=str,
        thresholds=[Threshold("limit", limit)],
    )
    (line,) = found(svg, "polyline")
    places = [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
    assert len(places) == len(points)
    for x, y in places:
        assert LEFT <= x <= WIDTH - RIGHT
        assert TOP <= y <= HEIGHT - BOTTOM
    for (_, value), (_, y) in zip(points, places, strict=True):
        for (_, other), (_, lower) in zip(points, places, strict=True):
            assert value <= other or y <= lower
    (rule,) = found(svg, "line", "threshold")
    (y,) = set(numbers(rule, "y1", "y2"))
    assert all(
        (value >= limit) <= (at <= y) for (_, value), (_, at) in zip(points, places, strict=True)
    )


@given(st.lists(VALUES, min_size=3, max_size=3), st.one_of(st.none(), VALUES))
def test_a_range_keeps_the_order_of_its_values(values, value):
    least, median, greatest = sorted(values)
    svg = range_chart(CAPTION, [Range("opened", value, median, least, greatest, "7 %")])
    (span,), (tick,) = found(svg, "line", "span"), found(svg, "line", "median")
    start, end = numbers(span, "x1", "x2")
    assert NAMES <= start <= numbers(tick, "x1")[0] <= end <= WIDTH - FIGURES
    dots = [numbers(dot, "cx")[0] for dot in found(svg, "circle")]
    assert len(dots) == (value is not None)
    for dot in dots:
        assert NAMES <= dot <= WIDTH - FIGURES
        assert value > greatest or dot <= end
        assert value < least or dot >= start


@given(NAMES_OF_BARS)
def test_whatever_a_name_holds_it_is_only_text(name):
    svg = bar_chart(Caption("k", name, name), [Bar(name, (1.0,), name)], parts=(name, name))
    root = drawn(svg)
    assert {etree.QName(element).localname for element in root.iter()} <= {
        "svg", "title", "desc", "rect", "text",
    }  # fmt: skip
    assert root.findtext("{*}title") == (name or None) or not name


def test_a_chart_has_a_name_and_a_description_for_who_cannot_see_it():
    root = drawn(bar_chart(CAPTION, []))
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert [named[key] for key in root.get("aria-labelledby").split()] == [
        "A <title>", "What it shows & why",
    ]  # fmt: skip


@given(st.lists(st.text("abcdefgh-", min_size=1, max_size=20), min_size=2, max_size=9))
def test_a_legend_shows_each_line_as_it_is_drawn_and_stays_in_the_frame(names):
    lines = [Line(name, ((0, 1), (1, 2))) for name in names]
    svg = line_chart(CAPTION, lines, across=[(0, "0 h"), (1, "1 h")], tell=str)
    samples = found(svg, "line", "line")
    assert [sample.get("class") for sample in samples] == [
        line.get("class") for line in found(svg, "polyline")
    ]
    assert [text.text for text in found(svg, "text", "legend")] == names
    top = min(y for line in found(svg, "line", "grid") for y in numbers(line, "y1"))
    for sample, text in zip(samples, found(svg, "text", "legend"), strict=True):
        assert numbers(sample, "x2")[0] < numbers(text, "x")[0] < WIDTH
        assert numbers(text, "y")[0] < top


def test_a_chart_says_nothing_of_colours():
    svg = bar_chart(CAPTION, [Bar("a", (1.0, 2.0), "3")], parts=("human", "machine"))
    assert not re.search(r"style=|fill=|stroke=|#[0-9a-f]{3}", svg)


CHARTS = {
    "lines.svg": line_chart(
        Caption("hours", "The first hours", "60 people had opened after a day."),
        [
            Line("opened", ((0, 0), (1, 22), (6, 45), (24, 60))),
            Line("clicked", ((0, 0), (1, 6), (6, 14), (24, 21))),
        ],
        across=[(0, "0 h"), (12, "12 h"), (24, "24 h")],
        tell=lambda value: f"{value:.0f}",
        whole=True,
        thresholds=[Threshold("stay below 50", 50)],
    ),
    "bars.svg": bar_chart(
        Caption("briefs", "By brief", "Gold 41, a bench 12."),
        [
            Bar("Gold holds above its autumn floor as shops order", (41, 6, 3), "41"),
            Bar("A bench reopens", (12, 2, 0), "12"),
            Bar("Nobody’s brief", (0, 0, 0), "0"),
        ],
        parts=("human", "unsure", "machine"),
    ),
    "ranges.svg": range_chart(
        Caption("compared", "Beside the last 10 issues", "Two shares."),
        [
            Range("opened", 0.41, 0.38, 0.3, 0.44, "41 %"),
            Range("complained", None, 0.0001, 0.0, 0.0005, "–"),
        ],
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_the_golden_ones(name):
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(CHARTS[name] + "\n", encoding="utf-8")
    assert CHARTS[name] + "\n" == path.read_text(encoding="utf-8")
