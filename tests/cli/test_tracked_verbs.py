"""What the command line says of tracking: before a send, and where it is not possible."""

from __future__ import annotations

import json

import pytest

SLUG = "2026-11-20"
BOTH = {"NEWSLETTER_SENDING__TRACKING": '["opens", "clicks"]'}


@pytest.fixture
def readers(run, sample):
    """Four readers of whom one agreed, and an approved issue that tries two subjects."""
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8")
    issue.write_text(text.replace("---\n", '---\nsubjects: ["Gold", "Silver"]\n', 1))
    people = sample / "people.csv"
    names = ("ada,yes", "bob,no", "cleo,", "dan,")
    rows = [f"{name.partition(',')[0]}@example.com,{name.partition(',')[2]}" for name in names]
    people.write_text("\n".join(["email,tracking", *rows, ""]))
    run("subscribers", "import", people, "--list", "weekly")
    run("approve", SLUG, "--by", "Ada")


def test_a_dry_run_tells_how_many_would_be_tracked(run, readers, through_sendgrid):
    told = run("send", SLUG, "--dry-run", **through_sendgrid, **BOTH)
    assert "4 people in 2 requests" in told.output
    assert "1 person who agreed: opens and clicks" in told.output
    facts = run("send", SLUG, "--dry-run", "--json", **through_sendgrid, **BOTH)
    assert json.loads(facts.output)["tracked"] == 1


def test_without_tracking_a_dry_run_is_silent_of_it(run, readers, through_sendgrid):
    told = run("send", SLUG, "--dry-run", **through_sendgrid)
    assert "4 people in 1 request\n" in told.output
    assert "agreed" not in told.output


@pytest.mark.parametrize(
    ("tracking", "said"),
    [
        ("[]", True),
        ('["opens"]', True),
        ('["clicks"]', False),
    ],
)
def test_a_trial_that_cannot_be_judged_is_warned_of(run, readers, through_sendgrid, tracking, said):
    trial = {
        "NEWSLETTER_SENDING__SUBJECT_TEST__SHARE": "0.5",
        "NEWSLETTER_SENDING__SUBJECT_TEST__LEAST": "2",
        "NEWSLETTER_SENDING__TRACKING": tracking,
    }
    told = run("send", SLUG, "--dry-run", **through_sendgrid, **trial).output
    assert ("no clicks are noted, so the first subject is taken" in told) == said


@pytest.mark.parametrize("provider", ["outbox", "smtp"])
def test_who_cannot_track_says_so_where_the_setting_stands(run, sample, told, provider):
    config = sample / "config.yaml"
    text = config.read_text(encoding="utf-8")
    plain = "sending: {provider: outbox, batch_size: 500}"
    server = ", smtp: {host: localhost}" if provider == "smtp" else ""
    changed = f"sending: {{provider: {provider}{server}, tracking: [clicks]}}"
    config.write_text(text.replace(plain, changed), encoding="utf-8")
    told(run("send", SLUG, "--dry-run"), r"config\.yaml:\d+: .*tracking needs provider: sendgrid")
