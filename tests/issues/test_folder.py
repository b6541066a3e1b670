"""The issue folder: written whole or not at all, and every refusal says what to do."""

import os
from datetime import UTC, date, datetime

import pytest
import yaml

from newsletter.domain.issue import Brief
from newsletter.domain.item import Item, ItemKind, Link
from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.files import write_atomically
from newsletter.issues.folder import Approval

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def issue(tmp_path):
    return folder.create(
        tmp_path, "2026-11-27", day=date(2026, 11, 27), list_key="weekly", titles=["Top", "Latest"]
    )


def test_a_new_issue_has_its_sections_and_reads_back(issue, tmp_path):
    read = folder.find(tmp_path, "2026-11-27").read({"top": "lead"}).issue
    assert [section.key for section in read.sections] == ["lead", "latest"]
    assert (read.date, read.list_key, read.subject) == (date(2026, 11, 27), "weekly", "")


def test_an_issue_is_never_made_over_another(issue, tmp_path):
    issue.write("precious")
    with pytest.raises(IssueError, match="already"):
        folder.create(tmp_path, "2026-11-27", day=date(2026, 1, 1), list_key="x", titles=[])
    assert issue.issue_file.read_text() == "precious"


@pytest.mark.parametrize("slug", ["../secrets", "A", "", "a/b", "a" * 65, ".hidden", "ü"])
def test_only_plain_names_are_folders(tmp_path, slug):
    with pytest.raises(IssueError, match="small letters"):
        folder.find(tmp_path, slug)


def test_a_missing_issue_names_those_there_are(issue, tmp_path):
    with pytest.raises(IssueError, match=r"there are: 2026-11-27; `newsletter new 2026-12-04`"):
        folder.find(tmp_path, "2026-12-04")


def test_candidates_are_appended_and_known(issue):
    issue.add_candidates([Brief("One", item="aaaaaaaaaaaa")])
    issue.add_candidates([Brief("Two", item="bbbbbbbbbbbb")])
    text = (issue.path / "candidates.md").read_text()
    assert text.index("### One") < text.index("### Two")
    assert issue.known_items() == {"aaaaaaaaaaaa", "bbbbbbbbbbbb"}


def test_gathered_items_keep_their_text_and_are_written_once(issue):
    item = Item(
        id="0123456789ab",
        kind=ItemKind.ARTICLE,
        source="Wire: the one",
        title="“Gold” — up",
        text="Ünïcode & <tags>\n\n--- not front matter",
        links=(Link("RELATED", None), Link("more", "https://example.com")),
        published=NOW,
    )
    issue.keep([item], fetched_at=NOW)
    path = issue.path / "gathered" / "0123456789ab.md"
    _, front, text = path.read_text().split("---\n", 2)
    assert text == item.text + "\n"
    known = yaml.safe_load(front)
    assert (known["source"], known["title"]) == ("Wire: the one", "“Gold” — up")
    assert known["links"] == [
        {"text": "RELATED", "url": None},
        {"text": "more", "url": "https://example.com"},
    ]
    path.write_text("the first fetch stays")
    issue.keep([item], fetched_at=NOW)
    assert path.read_text() == "the first fetch stays"


def test_what_a_person_threw_out_stays_known(issue):
    item = Item(id="0123456789ab", kind=ItemKind.TEASER, source="Wire", title="", text="Gone.")
    issue.keep([item], fetched_at=NOW)
    assert "0123456789ab" not in issue.issue_file.read_text()
    assert issue.known_items() == {"0123456789ab"}


def test_an_approval_reads_back_and_a_damaged_one_says_so(issue):
    assert issue.approval() is None
    approval = Approval(digest="ab" * 32, by="Ada", at=NOW)
    issue.approve(approval)
    assert issue.approval() == approval
    (issue.path / "approval.json").write_text("{")
    with pytest.raises(IssueError, match="approve the issue again"):
        issue.approval()


def test_a_file_that_is_not_utf8_names_the_line(issue):
    issue.issue_file.write_bytes(b"---\nsubject: caf\xe9\n")
    with pytest.raises(IssueError, match="UTF-8") as caught:
        issue.read({})
    assert caught.value.line == 2


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "issue.md"
    write_atomically(path, "old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IssueError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["issue.md"]


def test_issues_are_listed_newest_first(tmp_path):
    for slug in ("2026-11-20", "2026-12-04", "2026-11-27"):
        folder.create(tmp_path, slug, day=date(2026, 1, 1), list_key="x", titles=[])
    (tmp_path / "notes").mkdir()
    assert [one.slug for one in folder.every(tmp_path)] == [
        "2026-12-04",
        "2026-11-27",
        "2026-11-20",
    ]
