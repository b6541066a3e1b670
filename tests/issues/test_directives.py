"""Comments right beneath a heading: components and audiences."""

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


@pytest.mark.parametrize(
    "comment",
    ["<!-- ask Ida: is this right? -->", "<!-- note: later -->", "<!-- Component: x -->"],
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
