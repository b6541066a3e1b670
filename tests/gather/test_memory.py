"""What ran before is known again: the page, the story told elsewhere, and what is new of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from newsletter.domain.issue import Brief
from newsletter.domain.item import Item, ItemKind
from newsletter.domain.story import Evidence
from newsletter.gather.memory import Past, news, ran_before

LAST = date(2026, 11, 13)
PAGE = "https://wire.example.com/motlatse"
TOLD = Brief(
    "Motlatse mine finds 1,094-carat rough",
    text="Lucan Resources recovered a stone of 1,094 carats from the Motlatse mine in Botswana.",
    link=f"{PAGE}?utm_source=feed",
    item="0123456789ab",
)


def item(title, text, *, url="https://other.example.org/1", day=18):
    return Item(
        id="new",
        kind=ItemKind.ARTICLE,
        source="Other",
        title=title,
        text=text,
        url=url,
        published=datetime(2026, 11, day, tzinfo=UTC),
    )


def ran(one, *past, source=""):
    return ran_before([one], past, lambda _: source).get("new")


def past(brief=TOLD, issue="2026-11-13", day=LAST):
    return Past(issue, day, brief)


def test_the_same_page_is_known_in_any_past_issue():
    found = ran(item("Anything", "", url=PAGE), past(day=date(2019, 1, 4), issue="2019-01-04"))
    assert (found.issue, found.headline) == ("2019-01-04", TOLD.headline)
    assert (found.evidence, found.follow_up) == (Evidence.ADDRESS, False)


def test_the_last_of_several_issues_is_named():
    again = past(issue="2026-11-06", day=date(2026, 11, 6))
    assert ran(item("Anything", "", url=PAGE), past(), again).issue == "2026-11-13"


def test_the_same_story_told_elsewhere_is_known():
    other = item(
        "A 1,094-carat rough from Botswana",
        "The stone of 1,094 carats came from the Motlatse mine of Lucan Resources.",
    )
    found = ran(other, past())
    assert (found.evidence, found.new) == (Evidence.FACTS, ())
    assert ran(other, past(day=date(2025, 11, 14))) is None


def test_new_figures_and_names_make_a_follow_up():
    other = item(
        "The 1,094-carat rough from Motlatse is sold",
        "The stone of Lucan Resources from the Motlatse mine in Botswana weighs 1,094 carats. "
        "It brought $41 million, paid by the cutter Hadar Voss in Antwerp.",
    )
    found = ran(other, past())
    assert found.follow_up
    assert found.new == ("$41 million", "Hadar Voss", "Antwerp")
    source = "Hadar Voss of Antwerp had bid $41 million, 1,094 carats"
    assert ran(other, past(), source=source).new == ()


def test_another_story_of_the_same_house_did_not_run():
    other = item("Lucan Resources names a new chair", "Ada Moremi takes over in Gaborone.")
    assert ran(other, past()) is None


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (
            "Head\nThe price fell 4 percent, says Ida Reyl in Prague.",
            ("4 percent", "Ida Reyl", "Prague"),
        ),
        ("Head Of All\nNothing new is told. However, it rains.", ()),
        ("Head\nGold at 4,100 in November.", ()),
    ],
)
def test_what_is_new_in_a_text(text, new):
    assert news(text, "Gold at 4,100, and then nothing.") == new
