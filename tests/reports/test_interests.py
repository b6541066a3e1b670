"""What readers care for, without telling what a few of them did."""

from __future__ import annotations

import pytest

from newsletter.reports.trends import Interests


def interests(few):
    found = Interests()
    for name, clicked in (("Gem Post", few), ("Atelier", 4), ("Karat", 60)):
        found.add(name, 400, clicked)
    return {one.name: one for one in found.told()}


@pytest.mark.parametrize("few", [1, 2, 3, 4])
def test_the_weight_of_a_source_that_few_clicked_tells_no_more_than_its_figure(few):
    told = interests(few)
    usual = (few + 4 + 60) / 1200
    assert told["Gem Post"].clicked is None
    assert told["Gem Post"].weight == told["Atelier"].weight
    assert told["Gem Post"].weight == pytest.approx(max(20 / (400 * usual + 20), 0.5), abs=0.001)


def test_a_source_that_many_clicked_weighs_more_in_full():
    told = interests(3)
    assert told["Karat"].clicked == 60
    assert told["Karat"].weight == pytest.approx(80 / (400 * 67 / 1200 + 20), abs=0.001)
