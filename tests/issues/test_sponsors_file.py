"""sponsors.yaml: what it says, what is wrong with it and where, and pieces put into an issue."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.sponsor import differences
from newsletter.errors import IssueError
from newsletter.issues.codec import parse
from newsletter.issues.sponsors import read_sponsors, with_piece

FILE = """\
# what is sold
halden-cover:
  sponsor: Halden & Voss
  dates: [2026-11-27, 2026-12-04/2026-12-18]
  section: latest
  place: 2
  headline: Insurance that knows what a bench is worth
  text: |
    Cover for stock, stones on memo and **tools**.

    Ask before the fair.
  link: https://halden.example.com/cover
  button: Ask for a quote
  image: https://halden.example.com/bench.jpg
  alt: A bench beneath a lamp
  label: Sponsored by Halden & Voss
"""
ISSUE = """\
---
subject: Gold
date: 2026-11-27
---

## The Latest

### First

One.

### Second

Two.
"""
PIECE = """\
### Insurance that knows what a bench is worth
<!-- component: sponsor -->
<!-- sponsor: halden-cover -->

*Sponsored by Halden & Voss*

![A bench beneath a lamp](https://halden.example.com/bench.jpg)

Cover for stock, stones on memo and **tools**.

Ask before the fair.

[Ask for a quote](https://halden.example.com/cover)
"""
SECTIONS = ("latest", "partner")
KEYS = {"the latest": "latest", "partner": "partner"}


def document(text):
    return parse(text, slug="2026-11-27", file="issue.md", keys=KEYS)


def with_line(old, new):
    assert old in FILE
    return FILE.replace(old, new)


def test_a_booking_says_when_where_and_what():
    (one,) = read_sponsors(FILE, SECTIONS)
    assert (one.slot, one.sponsor, one.section, one.place, one.line) == (
        "halden-cover",
        "Halden & Voss",
        "latest",
        2,
        2,
    )
    days = ["2026-11-26", "2026-11-27", "2026-12-03", "2026-12-04", "2026-12-18", "2026-12-19"]
    assert [one.is_for(date.fromisoformat(day)) for day in days] == [
        False, True, False, True, True, False,
    ]  # fmt: skip
    assert one.block == PIECE


def test_a_file_without_a_slot_sells_nothing():
    assert read_sponsors("# nothing yet\n", SECTIONS) == ()


def test_a_piece_goes_to_its_place_and_all_else_stays():
    (one,) = read_sponsors(FILE, SECTIONS)
    written = with_piece(document(ISSUE), one, "The Latest")
    assert written == ISSUE.replace("### Second", PIECE + "\n### Second")
    assert differences(one, document(written).issue) == ()


@pytest.mark.parametrize("place", ["place: 3", "place: 9", "# anywhere"])
def test_a_piece_without_a_place_or_a_brief_there_ends_its_section(place):
    (one,) = read_sponsors(with_line("place: 2", place), SECTIONS)
    written = with_piece(document(ISSUE), one, "The Latest")
    assert written == f"{ISSUE}\n{PIECE}"


def test_a_section_that_is_missing_is_made():
    (one,) = read_sponsors(with_line("section: latest\n  place: 2", "section: partner"), SECTIONS)
    written = with_piece(document(ISSUE), one, "Partner")
    assert written == f"{ISSUE}\n## Partner\n\n{PIECE}"
    assert differences(one, document(written).issue) == ()


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("worth", "costs", "another headline"),
        ("before the fair", "after the fair", "another text"),
        ("/cover", "/other", "another link"),
        ("*Sponsored", "*Paid", "another text"),
        ("bench.jpg", "shop.jpg", "another text"),
        ("[Ask for", "[Beg for", "another words of the link"),
        ("<!-- component: sponsor -->\n", "", "another component"),
        ("## The Latest\n", "## The Latest\n<!-- audience: trade -->\n", "another audience"),
        ("### First\n\nOne.\n\n", "", "it stands at place 1 instead of 2"),
        ("## The Latest", "## Partner", "it stands in “partner” instead of “latest”"),
    ],
)
def test_what_is_otherwise_than_sold_is_named(old, new, what):
    (one,) = read_sponsors(FILE, SECTIONS)
    written = with_piece(document(ISSUE), one, "The Latest")
    assert old in written
    assert differences(one, document(written.replace(old, new)).issue) == (what,)


def test_a_piece_that_stands_twice_is_told():
    (one,) = read_sponsors(FILE, SECTIONS)
    written = with_piece(document(f"{ISSUE}\n{PIECE}"), one, "The Latest")
    assert differences(one, document(written).issue) == ("it stands there 2 times",)


@pytest.mark.parametrize("label", ["Paid *by* <b>us</b>", "[Halden](x) `&` _Voss_"])
def test_a_label_is_plain_text(label):
    (one,) = read_sponsors(with_line("Sponsored by Halden & Voss", f"'{label}'"), SECTIONS)
    assert one.piece.text.splitlines()[0].replace("\\", "") == f"*{label}*"
    assert "<b>" not in one.block.replace("\\<b\\>", "")


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("2026-12-04/2026-12-18", "2026-12-18/2026-12-04", 4, "ends before it begins"),
        ("2026-11-27,", "friday,", 4, "“dates” of the slot .* has “friday”, which is no day"),
        ("2026-11-27,", "2026-11-31,", 4, "has “2026-11-31”, which is no day"),
        ("dates: [2026-11-27, 2026-12-04/2026-12-18]", "dates: 2026-11-27", 4, "days in brackets"),
        ("dates: [2026-11-27, 2026-12-04/2026-12-18]", "dates: []", 4, "days in brackets"),
        ("  headline:", "  headlin:", 7, "“headlin” .* no key known here; did you mean “headline”"),
        ("  headline:", "  zzz:", 7, "there are: sponsor, dates, section"),
        ("  section: latest\n", "", 2, "“section” of the slot .* must be given"),
        ("sponsor: Halden & Voss", "sponsor:", 3, "“sponsor” .* must not be empty"),
        ("sponsor: Halden & Voss", "sponsor: [Halden]", 3, "“sponsor” .* should be text"),
        ("sponsor: Halden & Voss", f"sponsor: {'H' * 201}", 3, "at most 200 characters"),
        ("Insurance that knows", "H" * 201, 7, "at most 200 characters"),
        ("section: latest", "section: Latest", 5, "no section “Latest” .* has: latest, partner"),
        ("place: 2", "place: 0", 6, "“place” .* whole number from 1"),
        ("place: 2", "place: true", 6, "“place” .* whole number from 1"),
        ("place: 2", "place: top", 6, "“place” .* whole number from 1"),
        ("place: 2", "place: 2\n  place: 3", 7, "“place” stands twice; keep one"),
        ("https://halden.example.com/cover", "halden", 12, "should be a web address"),
        ("https://halden.example.com/bench.jpg", "my bench.jpg", 14, "a file such as images/"),
        ("Ask before", "## Ask before", 8, "without headings, comments"),
        ("Ask before", "<!-- item: 1 --> Ask", 8, "without headings, comments"),
        ("halden-cover:", "Halden Cover:", 2, "cannot name a slot"),
        ("halden-cover:", "12:", 2, "“12” cannot name a slot"),
        ("  place: 2", "\tplace: 2", 6, "indent with spaces"),
        ("Halden & Voss\n  dates", "@Halden\n  dates", 3, "into quotation marks"),
    ],
)
def test_a_mistake_is_told_with_its_line(old, new, line, why):
    with pytest.raises(IssueError, match=rf"sponsors\.yaml:{line}: .*{why}"):
        read_sponsors(with_line(old, new), SECTIONS)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (FILE + FILE, 18, "stands twice"),
        ("- sponsor: Halden\n", 1, "should have a name and a colon"),
        ("Halden\n", 1, "should have a name and a colon"),
        ("halden: [", 1, "close every bracket"),
        ("a: 1\nb: \x00", 2, "cannot be read as YAML"),
        ("halden: yes\n", 1, "needs its sponsor, dates and section below it"),
        ("halden:\n", 1, "needs its sponsor, dates and section below it"),
        ("halden: &a [*a]\n", 1, "cannot be read as YAML"),
        ("? [a]\n: b\n", 1, "cannot be read as YAML"),
    ],
)
def test_a_file_that_sells_nothing_it_can_tell_is_refused(text, line, why):
    with pytest.raises(IssueError, match=rf"sponsors\.yaml:{line}: .*{why}"):
        read_sponsors(text, SECTIONS)


@given(st.text(alphabet="ab1:-[]{}&*#?|> \n\t'\"!%@,", max_size=60))
def test_whatever_stands_there_is_read_or_refused_in_a_sentence(text):
    with suppress(IssueError):
        read_sponsors(text, SECTIONS)


def test_a_name_that_looks_like_a_number_is_a_name():
    (one,) = read_sponsors(with_line("sponsor: Halden & Voss", "sponsor: 1837"), SECTIONS)
    assert one.sponsor == "1837"


def test_a_slot_may_be_sold_before_its_piece_is_written():
    (one,) = read_sponsors(
        "halden-cover:\n  sponsor: Halden\n  dates: [2026-11-27]\n  section: latest\n", SECTIONS
    )
    assert (one.piece, one.block) == (None, "")
