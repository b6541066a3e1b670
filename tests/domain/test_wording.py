"""Two texts word by word: nothing is lost of either, and only what differs is marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.wording import MOST_WORDS, Mark, runs, words

TEXTS = st.lists(st.sampled_from(["gold", "Gold", "holds,", "12", "é", "\n\n"]), max_size=40).map(
    " ".join
)


def told(before, after):
    marks = {Mark.SAME: "{}", Mark.ADDED: "+{}", Mark.DROPPED: "-{}"}
    return [marks[run.mark].format(run.text) for run in runs(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("Gold holds.", "Gold holds.", ["Gold holds."]),
        ("", "Gold", ["+Gold"]),
        ("Gold", "", ["-Gold"]),
        ("Gold holds its floor", "Gold holds its ground", ["Gold holds its", "-floor", "+ground"]),
        ("Gold holds\nits floor", "Gold  holds its floor\n", ["Gold holds its floor"]),
        ("One.\n\nTwo.", "One. Two.", ["One.", "-\n\n", "Two."]),
    ],
)
def test_only_what_differs_is_marked(before, after, expected):
    assert told(before, after) == expected


@given(TEXTS, TEXTS)
def test_either_text_can_be_read_out_of_the_runs(before, after):
    found = runs(before, after)
    for text, left_out in ((before, Mark.ADDED), (after, Mark.DROPPED)):
        kept = [word for run in found if run.mark is not left_out for word in spelt(run.text)]
        assert kept == words(text)


def spelt(text):
    """The words of a run, with the breaks between paragraphs at its ends."""
    return ["\n\n" if word == "¶" else word for word in text.replace("\n\n", " ¶ ").split()]


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert all(run.mark is Mark.SAME for run in runs(text, text))


def test_a_stretch_too_long_to_compare_is_told_as_a_whole():
    before, after = (
        " ".join(f"{name}{number}" for number in range(MOST_WORDS + 1)) for name in "ab"
    )
    assert [run.mark for run in runs(f"Head {before} tail", f"Head {after} tail")] == [
        Mark.SAME, Mark.DROPPED, Mark.ADDED, Mark.SAME,
    ]  # fmt: skip
