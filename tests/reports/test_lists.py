"""Audiences added up by list tell nothing that the audiences do not."""

from __future__ import annotations

from types import SimpleNamespace

from newsletter.domain.report import Group, Shares
from newsletter.reports.lists import by_list

CAMPAIGNS = [
    SimpleNamespace(audience="weekly / retailers", list_key="weekly"),
    SimpleNamespace(audience="weekly / press", list_key="weekly"),
    SimpleNamespace(audience="gems", list_key="gems"),
]


def group(name, clicked, left=0):
    return Group(name, 100, 90, 5, 5, 0, left, Shares(human=50), Shares(human=clicked))


def test_audiences_of_a_list_add_up():
    found = by_list(
        CAMPAIGNS, [group("weekly / retailers", 7), group("weekly / press", 9), group("gems", 8)]
    )
    assert [(one.name, one.deliveries, one.clicked.human) for one in found] == [
        ("weekly", 200, 16), ("gems", 100, 8),
    ]  # fmt: skip
    assert found[0].opened.human == 100


def test_what_is_withheld_of_an_audience_is_withheld_of_its_list():
    found = by_list(
        CAMPAIGNS,
        [group("weekly / retailers", None), group("weekly / press", 9, None), group("gems", 8)],
    )
    assert [(one.clicked.human, one.unsubscribed) for one in found] == [(None, None), (8, 0)]


def test_audiences_too_small_to_be_told_apart_stay_together():
    found = by_list(CAMPAIGNS, [group("weekly / press", 9), group("", 6)])
    assert [one.name for one in found] == ["weekly", ""]
