"""An issue held against its approval, and against the issue before."""

from __future__ import annotations

import shutil

import pytest

from newsletter.errors import IssueError
from newsletter.usecases import deciding
from newsletter.usecases.differences import issue_before, since_approval, since_issue

SLUG = "2026-11-20"


def change(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def copy(workspace):
    """A copy of the sample's issue under another name and date, and other changes."""

    def make(slug, **changes):
        home = workspace.issues / slug
        shutil.copytree(workspace.issues / SLUG, home)
        change(home / "issue.md", "date: 2026-11-20", f"date: {slug[:10]}")
        for before, after in changes.items():
            change(home / "issue.md", before, after)
        return slug

    return make


def test_nothing_differs_right_after_the_approval(workspace, approved):
    found = since_approval(workspace, approved)
    assert (found.approval.by, bool(found.words), found.parts) == ("Ada", False, ())


def test_words_and_parts_that_changed_are_told(workspace, approved):
    change(workspace.issues / SLUG / "issue.md", "eleven setters", "twelve setters")
    found = since_approval(workspace, approved)
    (brief,) = found.words.briefs
    assert brief.headline == "A Lyon house reopens the workshop it closed in 1998"
    assert found.parts == ("all/html", "all/text")


def test_a_change_of_the_theme_alone_changes_no_word(workspace, approved):
    change(workspace.root / "templates/digest/theme.yaml", "#7b1e3c", "#7b1e3d")
    found = since_approval(workspace, approved)
    assert (bool(found.words), found.parts) == (False, ("all/html",))


def test_without_what_was_approved_the_digests_speak(workspace, approved):
    (workspace.issues / SLUG / "approved.md").unlink()
    change(workspace.issues / SLUG / "issue.md", "eleven setters", "twelve setters")
    found = since_approval(workspace, approved)
    assert (found.words, found.parts) == (None, ("all/html", "all/text"))


def test_what_is_not_approved_is_held_against_nothing(workspace, approved):
    deciding.revoke(workspace, approved, by="Bruno")
    with pytest.raises(IssueError, match="is not approved, so there is nothing to hold it against"):
        since_approval(workspace, approved)


def test_two_issues_differ(workspace, copy):
    slug = copy("2026-11-27", **{"quick payment": "late payment"})
    found = since_issue(workspace, slug, SLUG)
    assert found.other.slug == SLUG
    assert [one.name for one in found.words.passages] == ["date"]
    assert [one.headline[:10] for one in found.words.briefs] == ["Gold holds"]


def test_the_issue_before_is_the_newest_earlier_one_of_the_same_list(workspace, copy):
    assert issue_before(workspace, SLUG) is None
    gems = copy("2026-11-24-gems", **{"list: weekly": "list: gems"})
    after = copy("2026-11-27")
    assert issue_before(workspace, after) == SLUG
    assert issue_before(workspace, gems) == SLUG
    broken = workspace.issues / "2026-11-25"
    broken.mkdir()
    (broken / "issue.md").write_text("no front matter", encoding="utf-8")
    assert issue_before(workspace, after) == SLUG
