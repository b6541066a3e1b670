"""`sponsors`, and what `send` and `status` tell of waves and of subjects on trial."""

from __future__ import annotations

import json

import pytest

SLUG = "2026-11-20"
SOLD = """\
halden-cover:
  sponsor: Halden & Voss
  dates: [2026-11-20]
  section: latest
  headline: Insurance that knows what a bench is worth
  text: Cover for stock.
"""
PLAIN = "sending: {provider: outbox, batch_size: 500}"


@pytest.fixture
def sold(sample):
    (sample / "sponsors.yaml").write_text(SOLD, encoding="utf-8")


@pytest.fixture
def settle(sample):
    def make(words):
        path = sample / "config.yaml"
        text = path.read_text(encoding="utf-8")
        assert PLAIN in text
        path.write_text(text.replace(PLAIN, f"{PLAIN[:-1]}, {words}}}"), encoding="utf-8")

    return make


def test_it_lists_what_is_sold_and_places_it(run, sold):
    shown = run("sponsors")
    assert shown.exit_code == 0
    assert "halden-cover  Halden & Voss  latest   missing" in shown.output
    placed = run("sponsors", SLUG, "--place")
    assert "1 paid piece placed." in placed.output
    assert "latest   placed" in placed.output
    assert "0 paid pieces placed." in run("sponsors", SLUG, "--place").output


def test_json_is_for_programs(run, sold):
    (one,) = json.loads(run("sponsors", "--json").output)
    assert one == {
        "day": SLUG,
        "issue": SLUG,
        "slot": "halden-cover",
        "sponsor": "Halden & Voss",
        "section": "latest",
        "place": None,
        "standing": "missing",
        "instead": "",
    }


def test_a_mistake_names_file_and_line(run, sold, sample):
    path = sample / "sponsors.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-11-20", "soon"))
    failed = run("sponsors")
    assert failed.exit_code == 2
    assert "sponsors.yaml:3: “dates” of the slot “halden-cover” has “soon”" in failed.output


def test_place_needs_an_issue(run, sold):
    assert "--place needs an issue" in run("sponsors", "--place").output


def test_without_the_file_it_says_where_to_write(run):
    assert "sponsors.yaml lists what is" in run("sponsors").output


def test_a_dry_run_counts_waves_and_those_who_try_subjects(run, settle, sample):
    settle("reader_time: true, subject_test: {share: 50%, least: 2}")
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8")
    issue.write_text(text.replace("---\n", '---\nsubjects: ["Gold", "Silver"]\n', 1))
    people = sample / "people.csv"
    people.write_text(
        "email,time_zone\n"
        "ada@example.com,Asia/Tokyo\nbob@example.com,\ncleo@example.com,\ndan@example.com,\n"
    )
    run("subscribers", "import", people, "--list", "weekly")
    run("approve", SLUG, "--by", "Ada")
    told = run("send", SLUG, "--at", "2040-01-06 08:00", "--dry-run").output
    assert "wave Friday 08:00 in Asia/Tokyo        1 person at 2040-01-05 23:00 UTC" in told
    assert "wave Friday 08:00 in America/New_York  3 people at 2040-01-06 13:00 UTC" in told
    assert "1 person each, the others get the best by clicks 4:00:00 later: Gold | Silver" in told
    facts = json.loads(run("send", SLUG, "--at", "2040-01-06 08:00", "--dry-run", "--json").output)
    assert [wave["people"] for wave in facts["waves"]] == [1, 3]
    frozen = run("send", SLUG, "--at", "2040-01-06 08:00", "--yes", "--by", "Ada")
    assert "2040-01-05 23:00 UTC  Friday 08:00 in Asia/Tokyo" in frozen.output
    assert "Subjects on trial" in frozen.output
