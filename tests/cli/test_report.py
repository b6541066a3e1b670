"""`newsletter report`: for people, for programs, and for those who ask for too much."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from newsletter.cli.main import main
from newsletter.domain.correction import Correction, CorrectionKind
from newsletter.domain.event import Event, EventKind
from newsletter.domain.visit import Sign
from newsletter.events.ingest import ingest
from newsletter.store import corrections, schema
from newsletter.store.engine import writing


@pytest.fixture
def run(workspace):
    def call(*words):
        return CliRunner().invoke(main, ["-C", str(workspace.root), "report", *words])

    return call


@pytest.fixture
def told(workspace, mailed, clock):
    """Nine readers got the issue, six opened it, and two programs loaded its pictures."""
    mailed(workspace.engine, 9)
    at = clock.now()
    ingest(
        workspace.engine,
        [
            Event(f"{kind} {n}", kind, at + timedelta(minutes=minutes), f"reader{n}@example.com", n,
                  signs=signs)
            for kind, minutes, signs, readers in (
                (EventKind.DELIVERED, 1, 0, range(1, 10)),
                (EventKind.OPENED, 30, Sign.BROWSER.value, range(1, 7)),
                (EventKind.OPENED, 30, Sign.PREFETCH.value, range(7, 9)),
            )
            for n in readers
        ],
        clock=clock,
    )  # fmt: skip


def test_figures_stand_with_their_method(run, told):
    result = run("issue-1")
    assert result.exit_code == 0
    words = [line.split() for line in result.output.splitlines()]
    lines = {line[0]: line for line in reversed(words) if line}
    assert lines["submitted"] == ["submitted", "9"]
    assert lines["opened"][:5] == ["opened", "6", "0", "2", "loaded"]
    assert "time alone decides nothing" in result.output
    assert "@" not in result.output


def test_programs_get_all_of_it(run, told):
    found = json.loads(run("issue-1", "--json").output)
    assert (found["delivered"], found["opened"]["human"]) == (9, 6)
    rows = run("issue-1", "--csv").output.splitlines()
    assert rows[0] == "part,of,figure,value"
    assert "issue,issue-1,opened human,6" in rows


def test_without_an_issue_it_tells_what_runs_across_them(run, told):
    result = run("--since", "2026-11-02")
    assert result.exit_code == 0
    assert "weekly  2026-11-23" in result.output
    assert json.loads(run("--json").output)["cohorts"][0]["delivered"] == 9


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["issue-1", "--json", "--csv"], "--json and --csv exclude each other"),
        (["issue-1", "--since", "2026-11-02"], "--since is for reports across issues"),
        (["--since", "soon"], "is no day; write it as 2026-11-27"),
        (["2026-11-20"], "`newsletter send 2026-11-20`"),
        (["nowhere"], "there is no issue"),
    ],
)
def test_mistakes_are_told_in_a_sentence(run, words, sentence):
    result = run(*words)
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_links_lead_to_pages_and_corrections_are_listed(run, told, workspace, clock):
    own = f"{workspace.settings.web.base_url}/l/issue-1/0123456789ab"
    page = "https://example.net/jade"
    with writing(workspace.engine) as connection:
        connection.execute(
            insert(schema.link).values(
                campaign_id=1, place=1, url=own, section="latest", brief="d4", headline="Jade"
            )
        )
        connection.execute(
            insert(schema.redirect).values(
                issue="issue-1", key="0123456789ab", brief="d4", target=page
            )
        )
        note = Correction(
            "issue-1", CorrectionKind.LINK, clock.now(), "Ada", "https://example.net/j", page, ""
        )
        corrections.record(connection, note)
    output = run("issue-1").output
    assert own not in output
    assert f"{page}  " in output
    (line,) = [line.split() for line in output.splitlines() if "Ada" in line]
    assert line[3:] == ["link", "https://example.net/j", page, "Ada"]
    assert json.loads(run("issue-1", "--json").output)["corrections"][0]["after"] == page


def test_before_anything_was_sent_no_empty_tables_are_shown(run):
    output = run().output
    assert output.startswith("No issue was sent since then.\n")
    assert "Lists since" not in output
    assert "week of" not in output
