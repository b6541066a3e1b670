"""Which subject wins, and why: enough evidence or the first, and words that do not overstate it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.trial import (
    Measure,
    Showing,
    Trial,
    choose,
    figures,
    is_tried,
    of_subject,
    place_of_subject,
    rotation,
)

CLICKS = Measure.CLICKS

showings = st.lists(
    st.integers(0, 2000).flatmap(
        lambda mailed: st.builds(Showing, st.just(mailed), st.integers(0, mailed))
    ),
    min_size=2,
    max_size=4,
)


@given(showings, st.integers(1, 500))
def test_the_best_rate_wins_where_there_is_enough_to_choose_by(shown, least):
    choice = choose(shown, CLICKS, least=least)
    if sum(one.answered for one in shown) < least:
        assert choice.winner == 0
        return
    best = max(one.rate for one in shown)
    assert choice.winner == next(place for place, one in enumerate(shown) if one.rate == best)


@pytest.mark.parametrize(
    ("shown", "least", "winner", "why"),
    [
        ([(500, 10), (500, 30)], 50, 0, "fewer clicks than the 50 it takes; the first is taken"),
        ([(500, 20), (500, 60)], 50, 1, "ahead hardly by chance"),
        ([(500, 28), (500, 31)], 50, 1, "ahead perhaps by chance"),
        ([(500, 30), (500, 30)], 50, 0, "the best are even; the first of them is taken"),
        ([(500, 10), (500, 30), (500, 30)], 50, 1, "the best are even"),
        ([(60, 0), (60, 4)], 1, 1, "ahead perhaps by chance"),  # too few to tell
        ([(500, 30), (500, 52), (500, 31), (500, 29)], 50, 1, "ahead hardly by chance"),
        ([(500, 30), (500, 48), (500, 31), (500, 29)], 50, 1, "ahead perhaps by chance"),
        ([(0, 0), (0, 0)], 50, 0, "fewer clicks than the 50"),
    ],
)
def test_the_reason_says_how_sure_it_is(shown, least, winner, why):
    choice = choose([Showing(*one) for one in shown], CLICKS, least=least)
    assert choice.winner == winner
    assert why in choice.why


def test_the_figures_stand_beside_the_reason():
    assert figures([Showing(1500, 20), Showing(1500, 60)], CLICKS) == (
        "clicks: 20 of 1,500, 60 of 1,500"
    )


def a_trial(subjects=2, share=0.2, least=50):
    words = tuple(f"Gold {number}" for number in range(subjects))
    return Trial(words, share, timedelta(hours=4), CLICKS, least)


@pytest.mark.parametrize(
    ("people", "subjects", "size"),
    [(1000, 2, 200), (1001, 3, 198), (1009, 2, 200), (250, 2, 50), (249, 2, 0), (0, 2, 0)],
)
def test_each_subject_gets_as_many_and_too_few_get_none(people, subjects, size):
    assert a_trial(subjects).size(people) == size


@given(st.integers(0, 10**7), st.integers(2, 4), st.floats(0.01, 0.5))
def test_a_trial_never_takes_more_than_its_share(people, subjects, share):
    size = a_trial(subjects, share).size(people)
    assert size <= people * share
    assert size % subjects == 0


def test_each_issue_draws_others():
    turns = {rotation(f"2026-{month:02}-{day:02}", 32) for month in range(1, 13) for day in (6, 20)}
    assert len(turns) > 10
    assert all(0 <= turn < 32 for turn in turns)


def test_the_key_of_a_version_tells_its_subject():
    assert of_subject("retailers", 2) == "retailers~2"
    assert (place_of_subject("retailers~2"), place_of_subject("retailers")) == (2, 0)
    assert (is_tried("retailers~2"), is_tried("retailers")) == (True, False)
