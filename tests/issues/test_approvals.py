"""What is kept of approvals: read back as written, and never taken for what it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.approvals import (
    Approval,
    Ruling,
    Verdict,
    approval_file,
    read_approval,
    read_rulings,
    ruling_line,
)

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
APPROVAL = Approval("ab" * 32, "Ada", NOW, {"all/html": "cd" * 32}, "ef" * 32)
NAMES = st.text(st.characters(exclude_categories=("Cs",)), max_size=100)


@pytest.fixture
def issue(tmp_path):
    return folder.create(
        tmp_path, "2026-11-27", day=date(2026, 11, 27), list_key="weekly", titles=["Top story"]
    )


@given(by=NAMES)
def test_an_approval_reads_back(by):
    approval = replace(APPROVAL, by=by)
    assert read_approval(approval_file(approval), file="approval.json") == approval


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"digest": 7, "by": "Ada", "at": "noon"}'])
def test_a_damaged_approval_says_what_to_do(text):
    with pytest.raises(IssueError, match=r"approval\.json: is damaged; approve the issue again"):
        read_approval(text, file="approval.json")


@given(names=st.lists(NAMES, max_size=5))
def test_rulings_read_back_in_their_order(names):
    rulings = tuple(Ruling(Verdict.APPROVED, "ab" * 32, by, NOW) for by in names)
    assert read_rulings("".join(map(ruling_line, rulings))) == rulings


def test_an_approval_keeps_the_text_it_was_given_for(issue):
    text = issue.issue_file.read_text(encoding="utf-8")
    issue.approve(APPROVAL, text)
    issue.write(text.replace("Top story", "Other"))
    kept = issue.approval()
    assert replace(kept, text="") == replace(APPROVAL, text="")
    assert issue.approved(kept, {}).text == text


@pytest.mark.parametrize("touched", [True, False])
def test_a_copy_that_was_touched_or_lost_is_not_what_was_approved(issue, touched):
    issue.approve(APPROVAL, issue.issue_file.read_text(encoding="utf-8"))
    copy = issue.path / "approved.md"
    if touched:
        copy.write_text(copy.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    else:
        copy.unlink()
    assert issue.approved(issue.approval(), {}) is None


def test_a_revoked_approval_is_gone_and_on_record(issue):
    issue.approve(APPROVAL, issue.issue_file.read_text(encoding="utf-8"))
    issue.revoke(issue.approval(), by="Bruno", at=NOW)
    assert issue.approval() is None
    assert [(one.verdict, one.by) for one in issue.rulings()] == [
        (Verdict.APPROVED, "Ada"),
        (Verdict.REVOKED, "Bruno"),
    ]


def test_a_line_that_a_crash_cut_off_takes_no_other_with_it(issue):
    issue.approve(APPROVAL, "text")
    with (issue.path / "approvals.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"verdict": "appro')
    issue.approve(replace(APPROVAL, by="Bruno"), "text")
    assert [one.by for one in issue.rulings()] == ["Ada", "Bruno"]
