from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.matching import Mail, Person, matches
from newsletter.domain.segment import (
    Ago,
    Comparison,
    Deed,
    Either,
    Every,
    Listed,
    Mails,
    Membership,
    Missing,
    Negation,
    Tagged,
)

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ITEM = {"source": "Trade Wire", "words": "12", "paid": "true", "title": None, "size": 3}


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        (Comparison("source", "=", "Trade Wire"), True),
        (Comparison("source", "=", "trade wire"), False),
        (Comparison("source", "like", "Trade%"), True),
        (Comparison("source", "like", "%"), True),
        (Comparison("source", "=", 5), None),
        (Comparison("words", ">", 3), True),
        (Comparison("words", ">", "3"), False),
        (Comparison("size", ">", "3"), None),
        (Comparison("paid", "=", True), True),
        (Comparison("title", "=", "x"), None),
        (Negation(Comparison("title", "=", "x")), None),
        (Missing("title"), True),
        (Missing("nothing of the sort"), True),
        (Membership("size", (1, 2, 3.0)), True),
        (Membership("source", (1, 2)), None),
        (Comparison("source", ">", Ago(timedelta(days=1))), None),
        (Tagged("vip"), None),
        (Listed("weekly"), None),
        (Mails(Deed.OPENED), None),
    ],
)
def test_a_rule_holds_or_not_or_nobody_can_tell(rule, answer):
    assert matches(rule, ITEM) is answer


@pytest.mark.parametrize("unknown", [Comparison("title", "=", "x"), Tagged("vip")])
def test_unknown_is_joined_as_in_sql(unknown):
    yes, no = Comparison("size", "=", 3), Comparison("size", "=", 4)
    assert matches(Every((yes, unknown)), ITEM) is None
    assert matches(Every((no, unknown)), ITEM) is False
    assert matches(Either((yes, unknown)), ITEM) is True
    assert matches(Either((no, unknown)), ITEM) is None
    assert matches(Every((yes, Negation(no))), ITEM) is True


def test_mails_are_counted_one_by_one_within_the_time():
    person = Person(
        mails=(
            Mail(NOW - timedelta(days=40), opened=NOW - timedelta(days=5)),
            Mail(NOW - timedelta(days=3), clicked=NOW, clicks=(("jobs", NOW), ("jobs", NOW))),
            Mail(None),
        )
    )

    def holds(rule):
        return matches(rule, {}, now=NOW, person=person)

    month = timedelta(days=30)
    assert holds(Mails(Deed.RECEIVED, 2))
    assert not holds(Mails(Deed.RECEIVED, 3))
    assert not holds(Mails(Deed.RECEIVED, 2, month))
    assert holds(Mails(Deed.OPENED, 1, month))
    assert not holds(Mails(Deed.OPENED, 1, timedelta(days=4)))
    assert holds(Mails(Deed.CLICKED, section="jobs"))
    assert not holds(Mails(Deed.CLICKED, 2, section="jobs"))
    assert not holds(Mails(Deed.CLICKED, section="latest"))
