"""issue.md: nothing a person wrote is ever lost, and every mistake names its line."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.issue import Brief
from newsletter.errors import IssueError
from newsletter.issues.blocks import blocks, digest, item_of, known_items, spliced
from newsletter.issues.codec import add_blocks, brief_block, parse, parse_candidates

FULL = """---
# the editor's own remark
subject: "Gold: steady, but for how long?"
preheader: Nine stories in six minutes
date: 2026-11-27
list: weekly
segment: retailers
---

Good morning.

<!-- remind Ada about the picture -->
## Top story

An opening line.

### Rhodium climbs

Up *again*, says the exchange.

It was the third rise.

[Trade \\[Wire\\]](<https://example.com/a(1)>)
<!-- item: 0123456789ab -->

## The Latest

### A house opens in Lyon

### Nothing but a headline and a source

[Maison](https://example.org/x)

```
## not a section
### not a brief
```
"""


def read(text, **keys):
    return parse(text, slug="2026-11-27", file="issue.md", keys=keys)


def test_reads_everything_the_format_has():
    issue = read(FULL, **{"top story": "lead"}).issue
    assert (issue.subject, issue.preheader) == (
        "Gold: steady, but for how long?",
        "Nine stories in six minutes",
    )
    assert (issue.date, issue.list_key, issue.segment) == (
        date(2026, 11, 27),
        "weekly",
        "retailers",
    )
    assert issue.intro == "Good morning."
    lead, latest = issue.sections
    assert (lead.key, lead.title, lead.intro, lead.line) == (
        "lead",
        "Top story",
        "An opening line.",
        13,
    )
    assert lead.briefs == (
        Brief(
            headline="Rhodium climbs",
            text="Up *again*, says the exchange.\n\nIt was the third rise.",
            link="https://example.com/a(1)",
            source="Trade [Wire]",
            item="0123456789ab",
            line=17,
        ),
    )
    assert latest.key == "the-latest"
    assert [brief.headline for brief in latest.briefs] == [
        "A house opens in Lyon",
        "Nothing but a headline and a source",
    ]


def test_headings_inside_code_and_comments_are_text():
    text = FULL + "\n<!--\n### dropped by the editor\n-->\n"
    latest = read(text).issue.sections[1]
    assert len(latest.briefs) == 2
    assert "## not a section" in latest.briefs[1].text
    assert "dropped" not in latest.briefs[1].text


def test_adding_briefs_changes_nothing_that_stood_there():
    document = read(FULL)
    added = add_blocks(document, "top-story", "Top story", ["### New one\n\nText.\n"])
    before, _, after = added.partition("### New one\n\nText.\n\n")
    assert before + after == FULL
    assert [b.headline for b in read(added).issue.sections[0].briefs] == [
        "Rhodium climbs",
        "New one",
    ]


def test_a_file_with_a_byte_order_mark_reads_as_without_and_keeps_it():
    assert read("\ufeff" + FULL).issue == read(FULL).issue
    added = add_blocks(read("\ufeff" + FULL), "jobs", "Jobs", ["### Bench jeweller\n"])
    assert added.startswith("\ufeff" + FULL)
    assert known_items("\ufeff" + FULL) == known_items(FULL)


def test_a_missing_section_is_made_at_the_end():
    added = add_blocks(read(FULL), "jobs", "Jobs", ["### Bench jeweller\n\nPart time.\n"])
    assert added.startswith(FULL)
    assert read(added).issue.sections[-1].title == "Jobs"


def test_known_items_are_found_even_in_comments():
    text = FULL + "\n<!-- ### dropped\n<!-- item: ffffffffffff -->\n"
    assert known_items(text) == {"0123456789ab", "ffffffffffff"}


def test_the_desk_is_told_in_comments_that_nothing_can_end():
    brief = Brief("Gold", "Text.", link="https://e.example.com/a", source="Wire", item="a" * 12)
    block = brief_block(
        brief,
        remarks=["ran before: in 1, as “--> <b>”"],
        also=["Other, https://o.example.com/?a=-->"],
    )
    assert block == (
        "### Gold\n<!-- ran before: in 1, as “--› ‹b›” -->\n\nText.\n\n"
        "[Wire](https://e.example.com/a)\n"
        "<!-- also: Other, https://o.example.com/?a=--› -->\n<!-- item: aaaaaaaaaaaa -->\n"
    )
    (read_back,) = parse_candidates(block, file="candidates.md")
    assert (read_back.text, read_back.link, read_back.item) == ("Text.", brief.link, brief.item)


def test_blocks_are_the_briefs_that_came_from_an_item():
    (found,) = blocks(FULL)
    assert item_of(found.text) == found.item == "0123456789ab"
    assert FULL[found.start : found.stop] == found.text == found.text.rstrip("\n")
    assert digest(found.text) == digest(found.text + "\n\n") != digest(found.text + " ")


def test_a_block_is_replaced_or_taken_out_and_all_else_stays():
    (found,) = blocks(FULL)
    before, after = FULL[: found.start], FULL[found.stop :]
    assert spliced(FULL, {found.item: "### New\n"}) == f"{before}### New{after}"
    assert spliced(FULL, {found.item: ""}) == before + after.lstrip("\n")
    assert spliced(FULL, {"ffffffffffff": "### New"}) == FULL


def test_a_commented_out_brief_and_a_file_that_breaks_off_have_no_blocks():
    assert blocks("<!--\n### Gone\n\n<!-- item: 0123456789ab -->\n") == ()
    assert blocks("### Here\n\n<!-- item: 0123456789ab -->\n\n```\n") == ()
    assert blocks("") == ()


def test_an_issue_without_a_section_is_empty():
    assert read("---\ndate: 2026-11-27\n---\n\nGood morning.\n").issue.sections == ()


def test_the_intro_knows_its_line():
    text = "---\nsubject: Gold\ndate: 2026-11-27\n---\n\n\nGood morning.\n"
    assert parse(text, slug="2026-11-27", file="issue.md").issue.intro_line == 7


def test_silenced_checks_come_with_their_reasons():
    front = "silence:\n  link-http: the  partner\n  link-words:\n  secret: 3\n"
    issue = read(f"---\ndate: 2026-11-27\n{front}---\n").issue
    assert issue.silence == (("link-http", "the partner"), ("link-words", ""), ("secret", "3"))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("no front matter", 1, "front matter"),
        ("---\nsubject: x\n", 1, "not closed"),
        ("---\nsubject: a: b\n---\n", 2, "quotation marks"),
        ("---\nsubject: x\ndate: soon\n---\n", 3, "2026-11-27"),
        ("---\nsubject: x\n---\n", 1, "date"),
        ("---\ndate: 2026-11-27\nsubjekt: x\n---\n", 3, "did you mean “subject”?"),
        ("---\ndate: 2026-11-27\ndate: 2026-11-28\n---\n", 3, "twice"),
        ("---\n- 1\n---\n", 2, "should hold"),
        ("---\ndate: 2026-11-27\nsubject: [a]\n---\n", 3, "one line of text"),
        ("---\ndate: 2026-11-27\nsilence: link-http\n---\n", 3, "should be pairs"),
        ("---\ndate: 2026-11-27\nsilence: {link-http: [a]}\n---\n", 3, "should be pairs"),
        ("---\ndate: 2026-11-27\n---\n\n### early\n", 5, "before the first section"),
        ("---\ndate: 2026-11-27\n---\n\n```\ncode\n", 5, "never closed"),
        ("---\ndate: 2026-11-27\n---\n## A\n\nx <!-- y\n### B\n", 6, "never closed"),
    ],
)
def test_mistakes_name_file_and_line(text, line, says):
    with pytest.raises(IssueError, match=says) as caught:
        read(text)
    assert (caught.value.file, caught.value.line) == ("issue.md", line)


lines = st.lists(
    st.sampled_from(
        [
            "## Top story", "### Brief", "Text.", "", "<!-- note -->", "<!--", "-->", "```",
            "[Wire](https://example.com/1)", "<!-- item: 0123456789ab -->", "~~~", "#### deep",
        ]
    )
    | st.text(alphabet=st.characters(exclude_characters="\n\r", exclude_categories=["Cs"])),
    max_size=30,
)  # fmt: skip
endings = st.sampled_from(["\n", "\r\n"])
briefs = st.builds(
    Brief,
    headline=st.text(
        st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\n"), min_size=1
    ).map(lambda text: " ".join(text.split())).filter(bool),
    text=st.sampled_from(["", "One paragraph.", "Two\n\nparagraphs with *stars*."]),
    link=st.sampled_from([None, "https://example.com/a", "https://example.com/a_(b)?c=1"]),
    source=st.sampled_from(["Wire", "A [bracketed] \\ source"]),
    item=st.sampled_from([None, "0123456789ab"]),
)  # fmt: skip


@given(lines, endings)
def test_any_body_that_is_accepted_is_kept_to_the_byte(body, ending):
    head = ["---", "subject: x", "date: 2026-11-27", "---", "## First"]
    text = ending.join([*head, *body])
    try:
        document = read(text)
    except IssueError as error:
        assert "never closed" in error.message  # noqa: PT017 - the only mistake allowed here
        return
    assert document.text == text
    added = add_blocks(document, "new-one", "New one", ["### Added\n"])
    assert added.startswith(text)
    assert read(added).issue.sections[-1].briefs[-1].headline == "Added"


@given(briefs)
def test_a_brief_reads_back_as_it_was_written(brief):
    text = "---\ndate: 2026-11-27\n---\n\n## Only\n\n" + brief_block(brief)
    (read_back,) = read(text).issue.sections[0].briefs
    expected_source = brief.source if brief.link else None
    assert (read_back.headline, read_back.text) == (brief.headline, brief.text)
    assert (read_back.link, read_back.source) == (brief.link, expected_source)
    assert read_back.item == brief.item
