"""What people type after the send: correct and proof."""

from __future__ import annotations

import csv
import json

import pytest

SLUG = "2026-11-20"
OLD, NEW = "https://loupe.example.com/2026/gold-holds", "https://loupe.example.com/2026/gold"


@pytest.fixture
def sent(run, sample):
    """The sample's issue, sent to six readers, its links through our own redirect."""
    path = sample / "config.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\nlinks: {{redirect: true}}\n", encoding="utf-8")
    people = sample / "people.csv"
    addresses = "\n".join(f"reader{number}@example.com" for number in range(1, 7))
    people.write_text(f"email\n{addresses}\n", encoding="utf-8")
    run("subscribers", "import", people, "--list", "weekly")
    run("approve", SLUG, "--by", "Ada")
    assert run("send", SLUG, "--yes", "--by", "Ada").exit_code == 0
    (sample / "right.md").write_text("It trains **six** apprentices.\n", encoding="utf-8")
    return sample / "right.md"


def test_a_wrong_link_is_told_where_it_leads_now(run, sent):
    done = run("correct", SLUG, "--link", OLD, NEW, "--by", "Ada")
    assert done.exit_code == 0
    assert f"1 link in mails lead to {NEW} now; the archive was amended." in done.output
    assert "change the link there, too" in done.output
    listed = run("correct", SLUG)
    assert OLD in listed.output
    assert "Ada" in listed.output


def test_a_dry_run_shows_the_mail_and_who_would_get_it_and_changes_nothing(run, sent):
    shown = run("correct", SLUG, "--item", "A Lyon house", "--text", sent, "--dry-run")
    assert shown.exit_code == 0
    assert "It trains six apprentices." in shown.output
    assert "to be mailed" in shown.output
    told = run("correct", SLUG, "--item", "A Lyon house", "--text", sent, "--dry-run", "--json")
    assert json.loads(told.output)["people"] == 6
    assert json.loads(run("correct", SLUG, "--json").output) == []


def test_nothing_is_mailed_that_nobody_agreed_to(run, sent):
    asked = run("correct", SLUG, "--item", "A Lyon house", "--text", sent)
    assert asked.exit_code == 2
    assert "nobody is here to confirm; add --yes" in asked.output
    assert json.loads(run("correct", SLUG, "--json").output) == []


def test_a_correction_is_mailed_once_however_often_it_is_asked_for(run, sent, sample):
    words = ("correct", SLUG, "--item", "A Lyon house", "--text", sent, "--yes", "--by", "Ada")
    assert run(*words).exit_code == run(*words).exit_code == 0
    mails = list((sample / ".newsletter" / "outbox").rglob("*.eml"))
    assert len(mails) == 12
    assert "weekly / correction: done" in run("status", SLUG).output


def test_the_text_may_come_by_a_pipe(run, sent):
    words = ("correct", SLUG, "--item", "A Lyon house", "--text", "-", "--dry-run")
    assert "It trains ten." in run(*words, text="It trains ten.\n").output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--item", "Gold"], "write --link OLD NEW, or --item BRIEF with --text FILE"),
        (["--link", OLD, NEW, "--dry-run"], "a link has none"),
        (["--link", OLD, "javascript:alert(1)"], "is no web address"),
        (["--item", "Zebra", "--text", "right.md"], "right.md"),
    ],
)
def test_a_mistake_is_one_sentence(run, sent, options, says):
    told = run("correct", SLUG, *options)
    assert told.exit_code == 2
    assert says in told.output
    assert "Traceback" not in told.output


def test_a_proof_is_a_page_to_print_and_a_table(run, sent, tmp_path):
    run("correct", SLUG, "--link", OLD, NEW)
    told = run("proof", SLUG, "Maison Journal", "--out", tmp_path / "proofs")
    assert told.exit_code == 0
    page, table = (tmp_path / "proofs" / name for name in (
        f"proof-{SLUG}-maison-journal.html", f"proof-{SLUG}-maison-journal.csv"))  # fmt: skip
    html = page.read_text(encoding="utf-8")
    assert "A Lyon house reopens the workshop" in html
    assert "Maison Aubrac brings eleven setters back" in html
    assert "Grading queues" not in html
    assert "How this was counted" in html
    assert "@media print" in html
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert {row["submitted"] for row in rows} == {"6"}
    assert {row["link"] for row in rows} > {"https://maison.example.org/aubrac-workshop"}


SOLD = """\
halden-cover:
  sponsor: Halden & Voss
  dates: [2026-11-20]
  section: latest
  place: 1
  headline: Insurance that knows what a bench is worth
  text: Cover for stock.
  link: https://halden.example.com/cover
  button: Ask for a quote
  label: Sponsored by Halden & Voss
"""


@pytest.mark.parametrize("wanted", ["Halden & Voss", "halden-cover"])
def test_a_proof_is_found_by_the_sponsor_and_by_the_slot(run, sample, tmp_path, wanted):
    (sample / "sponsors.yaml").write_text(SOLD, encoding="utf-8")
    (sample / "people.csv").write_text("email\nada@example.com\n", encoding="utf-8")
    run("subscribers", "import", sample / "people.csv", "--list", "weekly")
    run("sponsors", SLUG, "--place")
    run("approve", SLUG, "--by", "Ada")
    assert run("send", SLUG, "--yes", "--by", "Ada").exit_code == 0
    assert run("proof", SLUG, wanted, "--out", tmp_path).exit_code == 0
    (page,), (table,) = tmp_path.glob("*.html"), tmp_path.glob("*.csv")
    html = page.read_text(encoding="utf-8")
    assert "The Latest, place 1" in html
    assert "none reported so far" in html
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert {(row["slot"], row["place"]) for row in rows} == {("halden-cover", "1")}


def test_a_proof_of_what_did_not_run_is_refused(run, sent):
    told = run("proof", SLUG, "Nobody Ltd")
    assert told.exit_code == 2
    assert "had an item “Nobody Ltd”" in told.output
