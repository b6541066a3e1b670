"""Complaints by mailbox provider: withheld where they are few, but not how near the limit."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.mailbox import MailboxProvider
from newsletter.domain.report import Level, ProviderLine
from newsletter.domain.tally import Measure
from newsletter.reports.complaints import level, provider_lines, spans, told
from newsletter.reports.sums import Sums

AT = datetime(2026, 11, 27, tzinfo=UTC)


def line(issue, complained, *, provider="gmail", delivered=1000):
    found = level(complained, delivered)
    return ProviderLine(issue, AT, provider, delivered, 0, 0, 0, complained, found)


@given(st.lists(st.integers(0, 12), max_size=20))
def test_issues_are_told_together_until_there_are_five_complaints_or_none(counts):
    found = spans([line(f"{place:02}", count) for place, count in enumerate(counts)])
    assert sum(one.delivered for one in found) == 1000 * len(counts)
    assert all(int(one.last) + 1 == int(after.first) for one, after in pairwise(found))
    if 0 < sum(counts) < 5:
        assert [one.complained for one in found] == [None]
    else:
        assert all(one.complained == 0 or one.complained >= 5 for one in found)
        assert sum(one.complained for one in found) == sum(counts)


def test_providers_are_told_one_after_the_other():
    lines = [
        line("1", 6),
        line("1", 0, provider="yahoo"),
        line("2", 2),
        line("2", 7, provider="yahoo"),
    ]
    found = [(one.provider, one.first, one.last, one.complained) for one in spans(lines)]
    assert found == [("gmail", "1", "2", 8), ("yahoo", "1", "1", 0), ("yahoo", "2", "2", 7)]


def test_what_would_give_few_complaints_away_is_withheld_over_all_issues():
    few = [line("1", 2, provider="apple"), line("2", 1, provider="apple")]
    found = spans([line("1", 6), line("2", 7), *few, line("1", 50, provider="others")])
    assert [(one.provider, one.complained) for one in found] == [
        ("gmail", None), ("apple", None), ("others", 50),
    ]  # fmt: skip
    assert [one.level for one in found] == [Level.MANY, Level.NEAR, Level.MANY]


@pytest.mark.parametrize(
    ("complained", "delivered", "expected"),
    [
        (0, 0, Level.FINE),
        (0, 900, Level.FINE),
        (1, 1001, Level.FINE),
        (1, 1000, Level.NEAR),
        (2, 1000, Level.NEAR),
        (3, 1000, Level.MANY),
    ],
)
def test_a_level_is_told_by_the_published_thresholds(complained, delivered, expected):
    assert level(complained, delivered) is expected


def test_few_complaints_are_withheld_but_not_how_near_the_limit_they_are():
    found = told([line("1", 3), line("1", 9, provider="yahoo"), line("1", 20, provider="others")])
    assert [one.complained for one in found] == [None, None, 20]
    assert [one.level for one in found] == [Level.MANY] * 3
    assert found[0].complaints is None
    assert found[2].complaints == 0.02


def test_there_is_a_line_for_each_provider_that_anything_was_reported_of():
    sums = Sums()
    sums.counts[Measure.DELIVERED, MailboxProvider.GMAIL] = 40
    sums.counts[Measure.COMPLAINED, MailboxProvider.YAHOO] = 1
    found = provider_lines(sums, "issue-1", AT)
    assert [(one.provider, one.delivered, one.complained) for one in found] == [
        ("gmail", 40, 0), ("yahoo", 0, 1),
    ]  # fmt: skip
