"""sponsors.yaml: what it says, what is wrong with it and where, and pieces put into an issue."""

from __future__ import annotations

from datetime import date

import pytest

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
KEYS = {"the latest": "latest", "partner": "partner"}


def document(text):
    return parse(text, slug="2026-11-27", file="issue.md", keys=KEYS)


def with_line(old, new):
    assert old in FILE
    return FILE.replace(old, new)


def test_a_booking_says_when_where_and_what():
    (one,) = read_sponsors(FILE)
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
    assert read_sponsors("# nothing yet\n") == ()


def test_a_piece_goes_to_its_place_and_all_else_stays():
    (one,) = read_sponsors(FILE)
    written = with_piece(document(ISSUE), one, "The Latest")
    assert written == ISSUE.replace("### Second", PIECE + "\n### Second")
    assert differences(one, document(written).issue) == ()


@pytest.mark.parametrize("place", ["place: 3", "place: 9", "# anywhere"])
def test_a_piece_without_a_place_or_a_brief_there_ends_its_section(place):
    (one,) = read_sponsors(with_line("place: 2", place))
    written = with_piece(document(ISSUE), one, "The Latest")
    assert written == f"{ISSUE}\n{PIECE}"


def test_a_section_that_is_missing_is_made():
    (one,) = read_sponsors(with_line("section: latest\n  place: 2", "section: partner"))
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
        ("### First\n\nOne.\n\n", "", "another place"),
        ("## The Latest", "## Partner", "another section"),
    ],
)
def test_what_is_otherwise_than_sold_is_named(old, new, what):
    (one,) = read_sponsors(FILE)
    written = with_piece(document(ISSUE), one, "The Latest")
    assert old in written
    assert differences(one, document(written.replace(old, new)).issue) == (what,)


def test_a_piece_that_stands_twice_is_told():
    (one,) = read_sponsors(FILE)
    written = with_piece(document(f"{ISSUE}\n{PIECE}"), one, "The Latest")
    assert differences(one, document(written).issue) == ("it stands there 2 times",)


@pytest.mark.parametrize("label", ["Paid *by* <b>us</b>", "[Halden](x) `&` _Voss_"])
def test_a_label_is_plain_text(label):
    (one,) = read_sponsors(with_line("Sponsored by Halden & Voss", f"'{label}'"))
    assert one.piece.text.splitlines()[0].replace("\\", "") == f"*{label}*"
    assert "<b>" not in one.block.replace("\\<b\\>", "")


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        (with_line("2026-12-04/2026-12-18", "2026-12-18/2026-12-04"), 4, "“dates” of the slot"),
        (with_line("2026-11-27,", "friday,"), 4, "should be days such as 2026-11-27"),
        (with_line("  headline:", "  title:"), 7, "“title” of the slot .* is no key known here"),
        (with_line("  section: latest\n", ""), 2, "“section” of the slot .* must be given"),
        (with_line("place: 2", "place: 0"), 6, "“place”"),
        (with_line("https://halden.example.com/cover", "halden"), 12, "should be a web address"),
        (with_line("Ask before", "## Ask before"), 8, "without headings, comments"),
        (with_line("Ask before", "<!-- item: 1 --> Ask"), 8, "without headings, comments"),
        (with_line("halden-cover:", "Halden Cover:"), 2, "cannot name a slot"),
        (FILE + FILE, 18, "stands twice"),
        ("- sponsor: Halden\n", 1, "should hold a slot"),
        ("halden: [", 1, "is no YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line(text, line, why):
    with pytest.raises(IssueError, match=rf"sponsors\.yaml:{line}: .*{why}"):
        read_sponsors(text)
