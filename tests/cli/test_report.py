"""`newsletter report`: for people, for programs, and for those who ask for too much."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from newsletter.cli.main import main
from newsletter.domain.event import Event, EventKind
from newsletter.domain.visit import Sign
from newsletter.events.ingest import ingest


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
        (["--since", "soon"], "does not match the format"),
        (["2026-11-20"], "`newsletter send 2026-11-20`"),
        (["nowhere"], "there is no issue"),
    ],
)
def test_mistakes_are_told_in_a_sentence(run, words, sentence):
    result = run(*words)
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output
