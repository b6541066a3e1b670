"""What fails around the program: disks, databases, ports, providers, other people's files."""

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
DATABASE = ".newsletter/newsletter.db"


def test_a_locked_database(told, run, sample, everything, monkeypatch):
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.05)
    people = sample / "people.csv"
    people.write_text("email\nada@example.com\n", encoding="utf-8")
    before = everything()
    with closing(sqlite3.connect(sample / DATABASE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run("subscribers", "import", people, "--list", "weekly")
    told(result, r"newsletter\.db is in use by another program; wait for that to finish")
    assert everything() == before


def test_a_full_disk(told, run, sample, everything):
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
    told(result, r"newsletter\.db cannot grow, for the disk is full; make room and run")
    assert everything() == before


def test_a_damaged_database(told, run, sample):
    path = sample / DATABASE
    content = bytearray(path.read_bytes())
    content[4096:-4096] = bytes(len(content) - 8192)
    path.write_bytes(content)
    result = run("subscribers", "count")
    told(result, r"newsletter\.db is damaged; bring it back from a backup")
    assert path.read_bytes() == content


def test_a_database_of_a_newer_program(told, run, sample, everything):
    with closing(sqlite3.connect(sample / DATABASE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = everything()
    told(run("subscribers", "count"), r"newsletter\.db .*newer")
    assert everything() == before


def test_a_place_where_nothing_can_be_written(told, run, sample, everything):
    (sample / "letter").write_text("", encoding="utf-8")
    before = everything()
    result = run("build", SLUG, "--out", sample / "letter" / "build")
    told(result, "letter/build/2026-11-20-web.html: cannot be written: Not a directory")
    assert everything() == before


def test_an_issue_folder_where_nothing_can_be_written(told, run, sample, everything):
    (sample / "issues" / SLUG / "candidates.md").mkdir()
    before = everything()
    result = run(
        "gather", SLUG, "--from", "-", text="The show keeps its January dates this year.\n"
    )
    told(result, r"candidates\.md: cannot be read: Is a directory")
    assert everything() == before


def test_a_csv_with_bad_rows_names_each(run, sample, everything):
    people = sample / "people.csv"
    people.write_text("email\nada@example.com\nbruno\n@example.com\n", encoding="utf-8")
    before = everything()
    result = run("subscribers", "import", people, "--list", "weekly")
    assert result.exit_code == 2
    assert re.search(r"^ *3 +2 +there is no @", result.stdout, re.MULTILINE)
    assert re.search(r"^ *4 +3 +", result.stdout, re.MULTILINE)
    told, rest = result.stderr.splitlines()
    assert told == f"Rows that failed, to be corrected: {sample / 'people.failed.csv'}"
    assert rest == "Nothing was imported. Correct the rows, or add --skip-bad."
    (sample / "people.failed.csv").unlink()
    assert everything() == before


@pytest.mark.parametrize(("more", "code"), [((), 1), (("--skip-bad",), 0)])
def test_a_dry_run_tells_bad_rows_by_its_exit_code(run, sample, everything, more, code):
    people = sample / "people.csv"
    people.write_text("email\nada@example.com\nbruno\n", encoding="utf-8")
    before = everything()
    result = run("subscribers", "import", people, "--list", "weekly", "--dry-run", *more)
    assert result.exit_code == code
    assert everything() == before


def test_an_export_that_fails_leaves_the_file_of_before(told, run, sample):
    path = sample / "people.csv"
    path.write_text("of before", encoding="utf-8")
    result = run("subscribers", "export", path, "--segment", "none")
    told(result, "there is no segment “none”")
    assert path.read_text(encoding="utf-8") == "of before"
    assert not list(sample.glob("*.partial"))


def test_a_provider_that_refuses_a_test_mail(told, run, simulator, through_sendgrid):
    simulator.faults.add(Fault(FaultKind.UNAUTHORIZED))
    result = run("test", SLUG, "--to", "me@example.com", **through_sendgrid)
    told(result, "401|key|refused")
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
def test_a_port_that_is_taken(told, run, verb):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run(verb, "--port", taken.getsockname()[1])
    told(result, "cannot be used .*Address already in use.* choose")


def test_a_webhook_key_that_is_none(told, run):
    result = run("serve", "--port", "0", SENDGRID_WEBHOOK_PUBLIC_KEY="a key")
    told(result, "SENDGRID_WEBHOOK_PUBLIC_KEY is not a verification key; copy it from")


def test_the_demo_stays_out_of_the_workspace_of_the_environment(told, run, tmp_path):
    result = run(
        "demo", "--workspace", tmp_path / "demo", NEWSLETTER_DATABASE="sqlite:////tmp/real.db"
    )
    told(result, "the demo stands on its own; unset NEWSLETTER_DATABASE first")
    assert not (tmp_path / "demo").exists()
