"""The goals of reading hold on the samples it was tuned on and on those held out."""

from __future__ import annotations

import pytest

from tests.evaluation import claims, joins
from tests.evaluation.extraction import measure
from tests.evaluation.samples import samples


@pytest.fixture(scope="module")
def figures():
    return {figure.name: figure for figure in measure()}


@pytest.mark.parametrize(
    "name",
    [
        "extraction F1",
        "text exactness",
        "teaser recall",
        "teaser precision",
        "feeds and mails, text exactness",
    ],
)
def test_a_goal_is_met(figures, name):
    assert figures[name].met, figures[name]


@pytest.mark.parametrize("what", ["articles", "feeds and mails"])
@pytest.mark.parametrize("fact", ["title", "dek", "author", "date", "language", "address", "links"])
def test_what_is_told_of_a_story_is_mostly_right(figures, what, fact):
    figure = figures[f"{what}, {fact}"]
    assert min(figure.tuned, figure.held) >= 0.85, figure


def test_the_set_is_as_large_as_it_should_be_and_a_third_is_held_out():
    every = [one for kind in ("pages", "listings", "feeds", "mails") for one in samples(kind)]
    held = [one for one in every if one.held]
    assert len(every) >= 60
    assert 0.3 <= len(held) / len(every) <= 0.4


@pytest.mark.parametrize("figure", [*joins.measure(), *claims.measure()], ids=lambda one: one.name)
def test_a_goal_of_judgement_is_met(figure):
    assert figure.met, figure
