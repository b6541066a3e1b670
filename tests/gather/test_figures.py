"""Figures are compared by what they say, not by how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.figures import figures


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("worth €1.1 million", "1100000"),
        ("worth €1.1m", "1100000"),
        ("1,1 Mio. Euro", "1100000"),
        ("1,1 million d'euros", "1100000"),
        ("2 Milliarden", "2000000000"),
        ("$3.2bn", "3200000000"),
        ("850,000 ounces", "850000"),
        ("850.000 Unzen", "850000"),
        ("480 000 euros", "480000"),
        ("fell 4.2 percent", "4.2%"),
        ("4,2 Prozent", "4.2%"),
        ("4.2% less", "4.2%"),
        ("33 per cent fewer", "33%"),
        ("a 1,094-carat stone", "1094"),
        ("9.51 carats", "9.51"),
        ("60 graders", "60"),
    ],
)
def test_what_a_figure_means(written, means):
    assert set(figures(written)) == {means}


@pytest.mark.parametrize("written", ["in 2026", "four of 12", "3 men", "no figure", "B12a34", ""])
def test_what_tells_nothing(written):
    assert figures(written) == {}


def test_a_figure_is_shown_as_it_was_first_written():
    assert figures("$1.1m, that is 1,100,000 dollars") == {"1100000": "$1.1m"}


@given(st.text(st.sampled_from("0123456789.,'% kmM"), max_size=80))
def test_any_text_is_read(text):
    assert all(value for value in figures(text).values())


def test_a_long_run_of_digits_takes_no_time():
    assert len(figures("1,000" * 20_000)) < 20_000
    assert figures("1" * 100_000) == {}
