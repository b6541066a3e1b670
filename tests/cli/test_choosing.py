"""A person chooses among subjects on trial, at the command line."""

from __future__ import annotations

import json
import time

import pytest

SLUG = "2026-11-20"
TRIAL = {
    "NEWSLETTER_SENDING__SUBJECT_TEST__SHARE": "0.2",
    "NEWSLETTER_SENDING__SUBJECT_TEST__LEAST": "2",
}


@pytest.fixture
def subjects(sample):
    """The subjects of all mails that left."""

    def left():
        mails = (sample / ".newsletter" / "outbox").rglob("*.eml")
        return sorted(
            line.removeprefix("Subject: ")
            for mail in mails
            for line in mail.read_text(encoding="utf-8").splitlines()
            if line.startswith("Subject: ")
        )

    return left


@pytest.fixture
def trying(run, start, sample, subjects):
    """Of twenty readers four got one of two subjects; the others wait for the better one."""
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8")
    issue.write_text(text.replace("---\n", '---\nsubjects: ["Gold", "Silver"]\n', 1))
    people = sample / "people.csv"
    people.write_text("\n".join(["email", *(f"r{one}@example.com" for one in range(20)), ""]))
    run("subscribers", "import", people, "--list", "weekly")
    run("approve", SLUG, "--by", "Ada", **TRIAL)
    sender = start("send", SLUG, "--yes", **TRIAL)
    ends = time.monotonic() + 60
    while len(subjects()) < 4 and time.monotonic() < ends:
        time.sleep(0.05)
    sender.terminate()
    sender.wait(60)
    assert subjects() == ["Gold", "Gold", "Silver", "Silver"]


def test_everybody_who_waits_gets_what_a_person_chose(run, trying, told, subjects):
    told(run("choose", SLUG, "3", "--yes", **TRIAL), "there is no subject 3")
    unasked = run("choose", SLUG, "2", **TRIAL)
    assert unasked.exit_code == 2
    assert "nobody is here to confirm" in unasked.output
    chosen = run("choose", SLUG, "2", "--yes", "--by", "Ada", "--json", **TRIAL)
    assert json.loads(chosen.output)["campaign"]["state"] == "sending"
    told(run("choose", SLUG, "1", "--yes", **TRIAL), "chosen")
    assert run("send", SLUG, "--yes", **TRIAL).exit_code == 0
    assert subjects() == ["Gold"] * 2 + ["Silver"] * 18
