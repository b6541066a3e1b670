"""`subscribers import` and `export` as an operator sees them."""

from __future__ import annotations

import json


def people(sample, content, name="people.csv"):
    path = sample / name
    path.write_text(content, encoding="utf-8")
    return path


def shown(result):
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_what_becomes_of_columns_is_shown_even_where_nothing_is_kept(run, sample):
    path = people(sample, "E-Mail,Town,Fax,Status\nada@example.com,Lyon,1,active\n")
    result = run("subscribers", "import", path, "--dry-run", "--map", "Fax=-")
    assert result.exit_code == 0
    assert shown(result)[:6] == [
        "Columns", "column becomes", "E-Mail email", "Town attribute town", "Fax –",
        "Status status",
    ]  # fmt: skip
    assert "Nothing was kept: this was a dry run." in result.stdout


def test_people_who_come_in_without_a_list_are_told_of(run, sample):
    path = people(sample, "email\nada@example.com\n")
    assert (
        "on no list, and gets no mail: name one with --list"
        in run("subscribers", "import", path).stderr
    )
    path.write_text("email\nben@example.com\n")
    assert run("subscribers", "import", path, "--list", "weekly").stderr == ""


def test_the_program_a_file_comes_from_is_named(run, sample):
    head = "email,active_subscription,expiry,plan,email_disabled,created_at"
    path = people(sample, f"{head}\nada@example.com,false,,other,true,2026-06-01\n")
    result = run("subscribers", "import", path, "--list", "weekly")
    assert "Columns, as Substack exports them" in result.stdout
    assert "unsubscribed by the file 1" in shown(result)


def test_failed_rows_are_pointed_to_and_go_in_once_corrected(run, sample):
    path = people(sample, "email\nada@example.com\nben\n")
    result = run("subscribers", "import", path, "--list", "weekly", "--skip-bad")
    assert result.exit_code == 0
    kept = sample / "people.failed.csv"
    assert f"to be corrected: {kept}" in result.stderr
    kept.write_text(kept.read_text().replace("ben", "ben@example.com"))
    assert run("subscribers", "import", kept, "--list", "weekly").exit_code == 0
    counted = json.loads(run("subscribers", "count", "--json").stdout)
    assert counted["lists"]["weekly"]["subscribed"] == 2


def test_failed_rows_go_where_they_are_told_to(run, sample, tmp_path):
    path = people(sample, "email\nben\n")
    result = run("subscribers", "import", path, "--failed", tmp_path / "bad.csv", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["failed"] == str(tmp_path / "bad.csv")
    assert (tmp_path / "bad.csv").is_file()


def test_a_column_that_is_not_there_cannot_be_mapped(run, sample):
    path = people(sample, "email,city\nada@example.com,Lyon\n")
    result = run("subscribers", "import", path, "--map", "Town=city")
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: {path}:1: there is no column “Town” to map; there are: email, city\n"
    )


def test_an_export_holds_what_an_import_brought_and_is_nobody_elses_to_read(run, sample):
    path = people(
        sample,
        "email,name,tags,lists,unsubscribed\n"
        "ada@example.com,Ada,vip;press,weekly 2026-01-31,gems 2026-02-28\n",
    )
    run("subscribers", "import", path)
    out = sample / "out.csv"
    assert run("subscribers", "export", out).exit_code == 0
    head, ada = out.read_text().splitlines()
    assert head == "email,name,tags,lists,unsubscribed"
    assert ada == (
        "ada@example.com,Ada,press;vip,weekly 2026-01-31T00:00:00Z,"
        "gems 2026-02-28T00:00:00Z/2026-02-28T00:00:00Z"
    )
    assert out.stat().st_mode & 0o777 == 0o600
