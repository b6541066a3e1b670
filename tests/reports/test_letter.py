"""The report as a mail: what its bars tell, and what they keep to themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.domain.correction import Correction, CorrectionKind
from newsletter.domain.report import Place, Shares, Step
from newsletter.reports.letter import MOST_BRIEFS, briefs, corrected, hours


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


def test_what_was_put_right_is_told_with_its_day():
    at = datetime(2026, 11, 28, 9, tzinfo=UTC)
    link = Correction(
        "2026-11-27", CorrectionKind.LINK, at, "Ada", "https://a.example.com", "https://b.example.com",
        "",
    )  # fmt: skip
    item = Correction("2026-11-27", CorrectionKind.ITEM, at, "Ada", "Gold climbs", "It fell.", "")
    assert corrected(link) == (
        "Corrected on 2026-11-28: the link to https://a.example.com leads to "
        "https://b.example.com now."
    )
    assert "“Gold climbs”, by a mail to those who received it" in corrected(item)
