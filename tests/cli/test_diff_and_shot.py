"""diff, shot and approve --revoke as people run them."""

from __future__ import annotations

import os
import shutil

import pytest
from PIL import Image

from newsletter.render.chromium import PROGRAMS

ISSUE = "2026-11-20"


def change(sample, before, after):
    path = sample / "issues" / ISSUE / "issue.md"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_diff_marks_every_word_that_changed(run, sample):
    run("approve", ISSUE, "--by", "Ada")
    change(sample, "eleven setters", "twelve setters")
    result = run("diff", ISSUE)
    assert result.exit_code == 0
    assert "brings [-eleven-] {+twelve+} setters" in result.output
    assert "11 briefs without a change" in result.output
    assert "Renders otherwise now: all/html, all/text" in result.output


def test_diff_of_what_is_as_approved_says_so(run):
    run("approve", ISSUE, "--by", "Ada")
    result = run("diff", ISSUE)
    assert "Not a word has changed." in result.output
    assert "It renders the same bytes as approved." in result.output


def test_diff_against_another_issue(run, sample):
    shutil.copytree(sample / "issues" / ISSUE, sample / "issues" / "2026-11-27")
    change(sample, "eleven setters", "twelve setters")
    assert "[-twelve-] {+eleven+}" in run("diff", "2026-11-27", ISSUE).output
    assert run("diff", ISSUE, ISSUE).output == f"“{ISSUE}” and “{ISSUE}” have the same words.\n"


def test_diff_obeys_no_terminal_command_of_a_text(run, sample):
    run("approve", ISSUE, "--by", "Ada")
    change(sample, "eleven setters", "eleven\x1b[2J setters")
    assert "\x1b" not in run("diff", ISSUE).output


def test_diff_without_an_approval_says_so(run, told):
    told(run("diff", ISSUE), "is not approved, so there is nothing to hold it against")


def test_an_approval_is_revoked(run, told):
    run("approve", ISSUE, "--by", "Ada")
    result = run("approve", ISSUE, "--revoke", "--by", "Bruno")
    assert result.output.startswith("Revoked ")
    assert result.output.endswith("which Ada had approved.\n")
    told(run("approve", ISSUE, "--revoke"), "is not approved, so there is nothing to take back")


def test_shot_writes_what_was_asked_for(run, tmp_path):
    if not any(map(shutil.which, PROGRAMS)):
        what = "needs a browser: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)
    out = tmp_path / "pictures"
    asked = ("--width", "390", "--client", "outlook-windows")
    result = run("shot", ISSUE, "--out", out, *asked)
    path = out / f"{ISSUE}-all-390-light-outlook-windows.png"
    assert (result.exit_code, result.output) == (0, f"{path}\n")
    with Image.open(path) as image:
        assert image.width == 390


def test_shot_without_a_browser_says_what_to_install(run, told, tmp_path):
    told(run("shot", ISSUE, "--out", tmp_path, PATH=str(tmp_path)), "apt-get install chromium")
