"""Nothing is told of fewer than five people, nor can it be had by subtraction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from newsletter.reports.curve import steps
from newsletter.reports.withhold import large_enough, parts_shown, shown

counts = st.dictionaries(st.text("abcdefgh", max_size=2), st.integers(0, 30), max_size=8)


@given(counts)
def test_what_is_withheld_is_of_two_parts_and_five_people_or_is_all(parts):
    told = parts_shown(parts)
    hidden = [key for key, count in told.items() if count is None]
    assert all(told[key] == parts[key] for key in parts if key not in hidden)
    assert all(shown(parts[key]) is not None for key in parts if key not in hidden)
    if hidden and len(hidden) < len(parts):
        assert len(hidden) >= 2
        assert sum(parts[key] for key in hidden) >= 5


def test_a_part_that_the_others_would_give_away_takes_the_next_smallest_with_it():
    assert parts_shown({"a": 3, "b": 400, "c": 9}) == {"a": None, "b": 400, "c": None}
    assert parts_shown({"a": 3, "b": 0}) == {"a": None, "b": None}
    assert parts_shown({"a": 5, "b": 0}) == {"a": 5, "b": 0}


@given(st.lists(st.integers(0, 40), max_size=8))
def test_small_lines_become_one_large_one(sizes):
    lines = large_enough(sizes, lambda size: size, sum)
    assert sum(lines) == sum(sizes)
    if len(lines) > 1:
        assert all(size == 0 or size >= 5 for size in lines)


BEGAN = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
hours = st.dictionaries(st.integers(-2, 60), st.integers(1, 20), max_size=20)


@given(hours)
def test_every_step_of_the_curve_is_of_five_people_or_more(counted):
    told = steps(
        {f"{BEGAN + timedelta(hours=h):%Y-%m-%dT%H}": n for h, n in counted.items()}, BEGAN
    )
    people = [0, *(step.people for step in told)]
    assert all(after - before >= 5 for before, after in pairwise(people))
    total = sum(counted.values())
    assert people[-1] <= total
    assert not told or total - people[-1] == 0 or total - people[-1] >= 5
    assert [step.hour for step in told] == sorted({step.hour for step in told})
    assert all(1 <= step.hour <= 48 for step in told)


def test_the_first_hour_is_that_of_the_first_mail():
    told = steps({"2026-11-27T09": 7, "2026-11-28T08": 5}, BEGAN)
    assert [(one.hour, one.people) for one in told] == [(1, 7), (24, 12)]
