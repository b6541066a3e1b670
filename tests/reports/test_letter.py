"""The report as a mail: what its bars tell, and what they keep to themselves."""

from __future__ import annotations

from newsletter.domain.report import Place, Shares, Step
from newsletter.reports.letter import MOST_BRIEFS, briefs, hours


def place(headline, human):
    return Place(None, "", "latest", "id", headline, Shares(human=human), 0)


def test_the_most_clicked_briefs_come_first_and_withheld_ones_not_at_all():
    rows = briefs([place("Few", None), place("Some", 5), place("Most", 50), place("None", 0)])
    assert [(row.name, row.figure, row.length) for row in rows] == [
        ("Most", "50", 100), ("Some", "5", 10),
    ]  # fmt: skip


def test_a_mail_stays_short():
    assert len(briefs([place(f"Brief {n}", n) for n in range(5, 60)])) == MOST_BRIEFS


def test_hours_before_the_first_that_may_be_told_are_left_out():
    rows = hours([Step(3, 12), Step(6, 24)])
    assert [(row.name, row.figure, row.length) for row in rows] == [
        ("after 3 h", "12", 50), ("after 6 h", "24", 100), ("after 12 h", "24", 100),
        ("after 18 h", "24", 100), ("after 24 h", "24", 100),
    ]  # fmt: skip
    assert hours([]) == ()
