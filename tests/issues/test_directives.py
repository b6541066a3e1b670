"""Comments right beneath a heading: components and audiences."""

from datetime import date, datetime

import pytest

from newsletter.errors import IssueError
from newsletter.issues.codec import parse

HEAD = "---\nsubject: Gold\ndate: 2026-11-27\n---\n"


def issue(body):
    return parse(HEAD + body, slug="2026-11-27", file="issue.md").issue


def test_sections_and_briefs_take_component_and_audience():
    (section,) = issue(
        "## Jobs\n<!-- component: jobs -->\n<!-- audience: retailers -->\n\n"
        "### Setter\n\n<!--audience:not   press-->\nText.\n"
    ).sections
    (brief,) = section.briefs
    assert (section.component, section.audience, section.intro) == ("jobs", "retailers", "")
    assert (brief.component, brief.audience, brief.text) == ("", "not press", "Text.")


def test_an_item_before_a_component_is_kept():
    (section,) = issue(
        "## A\n### B\n<!-- item: 0123456789ab -->\n<!-- component: figure -->\nText\n"
    ).sections
    assert section.briefs[0].item == "0123456789ab"
    assert section.briefs[0].component == "figure"


def test_a_brief_may_wait_for_its_day():
    (section,) = issue(
        "## A\n### B\n<!-- held over: until 2026-12-11, from 2026-11-20 -->\n"
        "<!-- embargo: 2026-11-30 09:00 -->\nText.\n### C\n<!-- embargo: 2026-11-30 -->\n"
    ).sections
    waits, whole_day = section.briefs
    assert (waits.held_over, waits.text) == (date(2026, 12, 11), "Text.")
    assert waits.embargo == datetime.fromisoformat("2026-11-30 09:00")
    assert whole_day.embargo == datetime.fromisoformat("2026-11-30 00:00")


@pytest.mark.parametrize(
    "comment",
    [
        "<!-- ran before: in 2026-11-20 -->",
        "<!-- ask Ida: is this right? -->",
        "<!-- note: later -->",
        "<!-- Component: x -->",
    ],
)
def test_other_comments_are_the_editors_own(comment):
    (section,) = issue(f"## A\n{comment}\n### B\nText\n").sections
    assert section.component == ""


def test_a_comment_after_the_first_words_says_nothing():
    (section,) = issue("## A\n### B\nText\n<!-- component: figure -->\n").sections
    assert section.briefs[0].component == ""


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("<!-- componant: cards -->", "did you mean “component”"),
        ("<!-- audence: press -->", "did you mean “audience”"),
        ("<!-- component: Two Words -->", "is no component"),
        ("<!-- component: -->", "is no component"),
        ("<!-- audience: everybody but me -->", "is no audience"),
        ("<!-- audience: not -->", "is no audience"),
        ("<!-- held over: 2026-12-11 -->", "is no day to hold a brief over to"),
        ("<!-- held over: until 2026-13-11 -->", "is no day to hold a brief over to"),
        ("<!-- hold over: until 2026-12-11 -->", "did you mean “held over”"),
        ("<!-- embargo: Monday -->", "is no moment of an embargo"),
        ("<!-- embargo: 2026-11-30 25:00 -->", "is no moment of an embargo"),
    ],
)
def test_mistakes_name_file_and_line(comment, says):
    with pytest.raises(IssueError, match=says) as caught:
        issue(f"## A\n{comment}\n")
    assert (caught.value.file, caught.value.line) == ("issue.md", 6)


def test_twice_the_same_word_is_a_mistake():
    with pytest.raises(IssueError, match="stands twice") as caught:
        issue("## A\n<!-- audience: press -->\n<!-- audience: not press -->\n")
    assert caught.value.line == 7
