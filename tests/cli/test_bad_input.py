"""Every mistake gets one sentence with its place and its remedy, and leaves nothing half-done."""

from __future__ import annotations

import re
import socket
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import Engine, event

from newsletter.providers.simulator.faults import Fault, FaultKind
from newsletter.store import engine as store_engine

SLUG = "2026-11-20"


def replace(file, before, after):
    """A change of one of the sample's files, to be made before the command runs."""

    def change(root):
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")

    return change


def write(file, content):
    def change(root):
        (root / file).write_bytes(content)

    return change


def remove(file):
    def change(root):
        (root / file).unlink()

    return change


def nothing(_root):
    """The sample as it is."""


CONFIG = "config.yaml"
ISSUE = f"issues/{SLUG}/issue.md"
FOOTER = "templates/digest/footer.mjml.j2"
DATABASE = ".newsletter/newsletter.db"
POSTAL = "{{ publication.postal_address }}"

MISTAKES = {
    "no config": (remove(CONFIG), ("list",), "is not a workspace: it has no config.yaml; make one"),
    "broken YAML": (write(CONFIG, b"publication: {\n"), ("list",), r"config\.yaml:\d: broken YAML"),
    "not UTF-8": (write(CONFIG, b"theme: \xff\n"), ("list",), r"config\.yaml: cannot be read: "),
    "unknown key": (
        replace(CONFIG, "theme: digest", "teme: digest"),
        ("list",),
        r"config\.yaml:\d+: unknown setting “teme”; did you mean “theme”\?",
    ),
    "missing address": (
        replace(CONFIG, "  postal_address", "  # postal_address"),
        ("check", SLUG),
        r"config\.yaml:3: “publication.postal_address” is missing; add it",
    ),
    "wrong value": (
        replace(CONFIG, "batch_size: 500", "batch_size: many"),
        ("list",),
        r"config\.yaml:\d+: “sending.batch_size”",
    ),
    "unknown list in the issue": (
        replace(ISSUE, "list: weekly", "list: weakly"),
        ("check", SLUG),
        r"issues/2026-11-20/issue.md names the list “weakly”, which config.yaml has not",
    ),
    "bad front matter": (
        replace(ISSUE, "date: 2026-11-20", "date: next Friday"),
        ("check", SLUG),
        r"issues/2026-11-20/issue\.md:4: ",
    ),
    "broken front matter": (
        replace(ISSUE, "date: 2026-11-20", "date: [2026"),
        ("show", SLUG),
        r"issues/2026-11-20/issue\.md:\d: ",
    ),
    "issue not UTF-8": (write(ISSUE, b"---\n\xff\n"), ("show", SLUG), r"issue\.md:2: is not UTF-8"),
    "template with a mistake": (
        replace(FOOTER, POSTAL, "{{ publication."),
        ("check", SLUG),
        r"digest/footer\.mjml\.j2:\d: .*; mend the template",
    ),
    "template with an unknown name": (
        replace(FOOTER, POSTAL, "{{ publication.postal }}"),
        ("approve", SLUG),
        r"digest/footer\.mjml\.j2:\d: .*postal",
    ),
    "template that is missing": (
        replace(FOOTER, POSTAL, "{% include 'stamp.j2' %}"),
        ("build", SLUG, "--out", "build"),
        r"the theme has no usable template “stamp\.j2”",
    ),
    "theme that is missing": (
        replace(CONFIG, "theme: digest", "theme: gazette"),
        ("check", SLUG),
        "there is no theme “gazette” in templates/; set `theme:`",
    ),
    "damaged approval": (
        write(f"issues/{SLUG}/approval.json", b"{"),
        ("send", SLUG, "--dry-run"),
        r"approval\.json: is damaged; approve the issue again",
    ),
    "not approved": (nothing, ("send", SLUG, "--yes"), "is not approved; .*newsletter approve"),
    "no database": (
        write(DATABASE, b"a letter to my aunt" * 999),
        ("subscribers", "count"),
        r"newsletter\.db is not a database of this program; name another file",
    ),
    "new issue that exists": (nothing, ("new", SLUG), "there is already an issue “2026-11-20”"),
    "new issue with a bad name": (nothing, ("new", "../up"), "“../up” cannot name an issue; use"),
    "unknown list": (
        nothing,
        ("send", SLUG, "--list", "weakly"),
        "there is no list “weakly”; config.yaml has: weekly, watches, gems",
    ),
    "unknown segment": (
        nothing,
        ("send", SLUG, "--segment", "trad"),
        "there is no segment “trad”; config.yaml has: trade, retailers",
    ),
    "segment with a mistake": (
        replace(CONFIG, "role = 'retailer' and", "role = 'retailer' und"),
        ("send", SLUG, "--segment", "retailers"),
        r"at character \d+ in segment “role = 'retailer' und",
    ),
    "import of a file that is not there": (
        nothing,
        ("subscribers", "import", "nobody.csv"),
        r"nobody\.csv: ",
    ),
    "import without addresses": (
        nothing,
        ("subscribers", "import", __file__),
        r"test_bad_input\.py:",
    ),
    "import to a list that is none": (
        nothing,
        ("subscribers", "import", __file__, "--list", "weakly"),
        "there is no list “weakly” in config.yaml; lists there",
    ),
    "export to a list that is none": (
        nothing,
        ("subscribers", "export", "-", "--list", "weakly"),
        "there is no list “weakly”; config.yaml has",
    ),
    "export to no folder": (
        nothing,
        ("subscribers", "export", "no/folder/people.csv"),
        "no/folder/people.csv: cannot be written: No such file or directory; check",
    ),
    "somebody nobody knows": (
        nothing,
        ("subscribers", "show", "ada@example.com"),
        "nobody has this address; `newsletter subscribers import` adds people",
    ),
    "test mail to no address": (nothing, ("test", SLUG, "--to", "me"), "no @ in the address"),
    "gather from a file that is not there": (
        nothing,
        ("gather", SLUG, "--from", "nowhere.txt"),
        r"nowhere\.txt: there is no such file; check the path",
    ),
    "gather from nothing": (nothing, ("gather", SLUG, "--from", "-"), "the pasted text holds no"),
    "gather from a private place": (
        nothing,
        ("gather", SLUG, "--from", "http://127.0.0.1:1/feed"),
        "127.0.0.1 is on a private or reserved network.* add it to gathering.allow_private",
    ),
    "an unknown fault": (nothing, ("simulate", "--fault", "flood"), "there is no fault “flood”"),
    "init where something is": (nothing, ("init", "{root}"), "already has config.yaml; name an"),
    "demo in a workspace": (
        nothing,
        ("demo", "--workspace", "{root}"),
        "is a workspace of its own; name an empty folder",
    ),
}


@pytest.mark.parametrize(("spoil", "arguments", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_one_sentence(run, sample, everything, spoil, arguments, sentence):
    spoil(sample)
    before = everything()
    result = run(
        *(argument.format(root=sample) for argument in arguments),
        NEWSLETTER_SECRET_KEY=(None if arguments[0] == "demo" else "a secret of the tests only"),
    )
    assert_told(result, sentence)
    assert everything() == before


@pytest.mark.parametrize(
    "verb",
    [
        ("show",),
        ("check",),
        ("approve",),
        ("gather",),
        ("status",),
        ("build", "--out", "build"),
        ("send", "--dry-run"),
        ("test", "--to", "me@example.com"),
    ],
    ids=lambda verb: verb[0],
)
def test_an_issue_that_is_not_there(run, everything, verb):
    before = everything()
    result = run(verb[0], "2026-12-31", *verb[1:])
    assert_told(result, "there is no issue “2026-12-31”; there are: 2026-11-20; `newsletter new")
    assert everything() == before


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_that_is_no_workspace(run, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    result = run("list", folder=tmp_path / folder)
    assert_told(
        result, f"{folder} is not a workspace: .*newsletter init .*{folder}.*, or name another"
    )
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [("check", SLUG), ("approve", SLUG), ("test", SLUG, "--to", "me@example.com"), ("serve",)],
    ids=lambda arguments: arguments[0],
)
def test_a_missing_secret(run, everything, arguments):
    before = everything()
    result = run(*arguments, NEWSLETTER_SECRET_KEY=None)
    assert_told(
        result, "no NEWSLETTER_SECRET_KEY of at least 16 characters; make one with `openssl"
    )
    assert everything() == before


@pytest.mark.parametrize(
    "arguments",
    [("send", SLUG, "--yes"), ("test", SLUG, "--to", "me@example.com"), ("serve",)],
    ids=lambda arguments: arguments[0],
)
def test_a_missing_key_of_the_provider(run, everything, arguments):
    run("approve", SLUG)
    before = everything()
    result = run(*arguments, NEWSLETTER_SENDING__PROVIDER="sendgrid", SENDGRID_API_KEY=None)
    assert_told(
        result, "the environment has no SENDGRID_API_KEY; export it, or set sending.provider"
    )
    assert everything() == before


def test_a_wrong_setting_of_the_environment_is_named(run):
    result = run("list", NEWSLETTER_SENDING__PROVIDER="smtp")
    assert_told(result, "set by the environment variable NEWSLETTER_SENDING__PROVIDER")


def test_a_database_of_another_kind_is_refused_without_its_password(run):
    result = run("status", NEWSLETTER_DATABASE="mysql://post:hunter2@db.example.com/news")
    assert_told(result, "a database of the kind “mysql” is not supported; write")
    assert "hunter2" not in result.output


def test_a_locked_database(run, sample, everything, monkeypatch):
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.05)
    people = sample / "people.csv"
    people.write_text("email\nada@example.com\n", encoding="utf-8")
    before = everything()
    with closing(sqlite3.connect(sample / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run("subscribers", "import", people, "--list", "weekly")
    assert_told(result, r"newsletter\.db is in use by another program; wait for that to finish")
    assert everything() == before


def test_a_full_disk(run, sample, everything):
    people = sample / "people.csv"
    rows = "".join(f"reader{number}@example.com\n" for number in range(3_000))
    people.write_text(f"email\n{rows}", encoding="utf-8")
    before = everything()

    def no_room(connection, _record):
        connection.execute("PRAGMA max_page_count = 40").close()

    event.listen(Engine, "connect", no_room)
    try:
        result = run("subscribers", "import", people, "--list", "weekly")
    finally:
        event.remove(Engine, "connect", no_room)
    assert_told(result, r"newsletter\.db cannot grow, for the disk is full; make room and run")
    assert everything() == before


def test_a_damaged_database(run, sample):
    path = sample / DATABASE
    content = bytearray(path.read_bytes())
    content[4096:-4096] = bytes(len(content) - 8192)
    path.write_bytes(content)
    result = run("subscribers", "count")
    assert_told(result, r"newsletter\.db is damaged; bring it back from a backup")
    assert path.read_bytes() == content


def test_a_database_of_a_newer_program(run, sample, everything):
    with closing(sqlite3.connect(sample / DATABASE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = everything()
    assert_told(run("subscribers", "count"), r"newsletter\.db .*newer")
    assert everything() == before


def test_a_place_where_nothing_can_be_written(run, sample, everything):
    (sample / "letter").write_text("", encoding="utf-8")
    before = everything()
    result = run("build", SLUG, "--out", sample / "letter" / "build")
    assert_told(result, "letter/build/2026-11-20-all.html: cannot be written: Not a directory")
    assert everything() == before


def test_an_issue_folder_where_nothing_can_be_written(run, sample, everything):
    (sample / "issues" / SLUG / "candidates.md").mkdir()
    before = everything()
    result = run(
        "gather", SLUG, "--from", "-", text="The show keeps its January dates this year.\n"
    )
    assert_told(result, r"candidates\.md: cannot be read: Is a directory")
    assert everything() == before


def test_a_csv_with_bad_rows_names_each(run, sample, everything):
    people = sample / "people.csv"
    people.write_text("email\nada@example.com\nbruno\n@example.com\n", encoding="utf-8")
    before = everything()
    result = run("subscribers", "import", people, "--list", "weekly")
    assert result.exit_code == 2
    assert re.search(r"^ *3 +2 +there is no @", result.stdout, re.MULTILINE)
    assert re.search(r"^ *4 +3 +", result.stdout, re.MULTILINE)
    assert result.stderr == "Nothing was imported. Correct the rows, or add --skip-bad.\n"
    assert everything() == before


@pytest.mark.parametrize(("more", "code"), [((), 1), (("--skip-bad",), 0)])
def test_a_dry_run_tells_bad_rows_by_its_exit_code(run, sample, everything, more, code):
    people = sample / "people.csv"
    people.write_text("email\nada@example.com\nbruno\n", encoding="utf-8")
    before = everything()
    result = run("subscribers", "import", people, "--list", "weekly", "--dry-run", *more)
    assert result.exit_code == code
    assert everything() == before


def test_an_export_that_fails_leaves_the_file_of_before(run, sample):
    path = sample / "people.csv"
    path.write_text("of before", encoding="utf-8")
    result = run("subscribers", "export", path, "--segment", "none")
    assert_told(result, "there is no segment “none”")
    assert path.read_text(encoding="utf-8") == "of before"
    assert not list(sample.glob("*.partial"))


@pytest.mark.parametrize("moment", ["tomorrow", "27.11.2026", "2026-11-27 25:00", ""])
def test_a_moment_that_is_none(run, everything, moment):
    before = everything()
    result = run("send", SLUG, "--at", moment, "--yes")
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "is no moment; write it as '2026-11-27 08:00'" in result.stderr
    assert everything() == before


def test_a_moment_in_the_past(run, subscribe, everything):
    subscribe(1)
    run("approve", SLUG)
    before = everything()
    result = run("send", SLUG, "--at", "2020-01-01 08:00", "--yes")
    assert_told(result, "2020-01-01 08:00 EST has passed; leave the moment out to send now")
    assert everything() == before


def test_nobody_there_to_confirm(run, subscribe, everything):
    subscribe(1)
    run("approve", SLUG)
    before = everything()
    result = run("send", SLUG)
    assert result.exit_code == 2
    assert result.stderr.endswith("Error: nobody is here to confirm; add --yes\n")
    assert everything() == before


def test_a_provider_that_refuses_a_test_mail(run, simulator, through_sendgrid):
    simulator.faults.add(Fault(FaultKind.UNAUTHORIZED))
    result = run("test", SLUG, "--to", "me@example.com", **through_sendgrid)
    assert_told(result, "401|key|refused")
    assert "SG.test" not in result.output


def test_a_provider_that_refuses_a_campaign(run, subscribe, simulator, through_sendgrid):
    subscribe(2)
    run("approve", SLUG)
    simulator.faults.add(Fault(FaultKind.UNAUTHORIZED))
    result = run("send", SLUG, "--yes", **through_sendgrid)
    assert result.exit_code == 1
    assert "paused because of the provider, it refused: " in result.stdout
    assert "SG.test" not in result.output
    assert run("send", SLUG, "--yes", **through_sendgrid).exit_code == 0


@pytest.mark.parametrize("verb", ["serve", "simulate"])
def test_a_port_that_is_taken(run, verb):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run(verb, "--port", taken.getsockname()[1])
    assert_told(result, "cannot be used .*Address already in use.* choose")


def test_a_webhook_key_that_is_none(run):
    result = run("serve", "--port", "0", SENDGRID_WEBHOOK_PUBLIC_KEY="a key")
    assert_told(result, "SENDGRID_WEBHOOK_PUBLIC_KEY is not a verification key; copy it from")


def test_the_demo_stays_out_of_the_workspace_of_the_environment(run, tmp_path):
    result = run(
        "demo", "--workspace", tmp_path / "demo", NEWSLETTER_DATABASE="sqlite:////tmp/real.db"
    )
    assert_told(result, "the demo stands on its own; unset NEWSLETTER_DATABASE first")
    assert not (tmp_path / "demo").exists()


def assert_told(result, sentence):
    """One line on the error stream, exit code 2, and no traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert re.search(sentence, line)
