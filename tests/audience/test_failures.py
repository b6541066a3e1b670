"""Rows that failed go into a file of their own, which is imported again once it is corrected."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import pytest

from newsletter.audience.failures import beside
from newsletter.audience.fields import Terms
from newsletter.audience.imports import import_file
from newsletter.audience.rows import people_file
from newsletter.errors import AudienceError
from newsletter.store import audience
from newsletter.store.engine import reading, writing

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture
def run(engine, tmp_path):
    def run(path, *, failed=None, **options):
        terms = Terms(AT, frozenset({"weekly"}), (), {})
        with people_file(path) as file, writing(engine) as connection:
            return import_file(
                connection,
                file,
                terms,
                consent_source="test",
                failed=failed or beside(path),
                **options,
            )

    return run


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def test_failed_rows_are_kept_as_they_were_with_line_and_reason(run, tmp_path):
    path = written(
        tmp_path,
        "people.csv",
        'email;Note;lists\nada@example.com;ok;weekly\nben;"=1+1; ""x""";weekly\n'
        "cleo@example.com;'+2;daily\ndora@example.com;a;b;c\n",
    )
    report = run(path, skip_bad=True)
    assert (report.admission.added, report.bad_rows) == (1, 3)
    assert report.failed == str(tmp_path / "people.failed.csv")
    kept = tmp_path / "people.failed.csv"
    assert list(csv.reader(kept.read_text(encoding="utf-8").splitlines())) == [
        ["failed_line", "failed_because", "email", "Note", "lists"],
        ["3", "there is no @ in the address", "ben", '\'=1+1; "x"', "weekly"],
        [
            "4",
            "there is no list “daily” in config.yaml; lists there: weekly",
            "cleo@example.com",
            "'+2",
            "daily",
        ],
        ["5", "4 cells, but the header names 3 columns", "dora@example.com", "a", "b", "c"],
    ]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_corrected_file_goes_in_and_what_is_still_wrong_stays_apart(engine, run, tmp_path):
    run(written(tmp_path, "people.csv", "email,note\nben,'=1\ncleo,x\n"), skip_bad=True)
    kept = tmp_path / "people.failed.csv"
    kept.write_text(kept.read_text(encoding="utf-8").replace("ben", "ben@example.com"))
    report = run(kept, skip_bad=True)
    assert (report.admission.added, report.bad_rows) == (1, 1)
    assert report.failed == str(tmp_path / "people.failed.failed.csv")
    assert (tmp_path / "people.failed.failed.csv").read_text(encoding="utf-8").splitlines() == [
        "failed_line,failed_because,email,note",
        "3,there is no @ in the address,cleo,x",
    ]
    with reading(engine) as connection:
        ben = audience.find_subscriber(connection, "ben@example.com")
    assert ben.attributes == {"note": "=1"}


def test_a_row_that_cannot_even_be_taken_apart_is_kept_as_text(run, tmp_path):
    path = written(tmp_path, "people.csv", 'email,city\nada@example.com,"Ly"on\n')
    run(path)
    rows = list(csv.reader(beside(path).read_text(encoding="utf-8").splitlines()))
    assert rows[1][2:] == ['ada@example.com,"Ly"on']


def test_failed_json_keeps_its_form(run, tmp_path):
    path = written(
        tmp_path,
        "people.jsonl",
        '{"email": "ben", "doors": 3, "failed_line": 9}\nnonsense\n{"email": "a@example.com"}\n',
    )
    assert run(path, skip_bad=True).admission.added == 1
    first, second = beside(path).read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {
        "failed_line": 1, "failed_because": "there is no @ in the address", "email": "ben",
        "doors": 3,
    }  # fmt: skip
    assert json.loads(second)["text"] == "nonsense"


def test_where_nothing_fails_there_is_no_file(run, tmp_path):
    report = run(written(tmp_path, "people.csv", "email\nada@example.com\n"))
    assert report.failed is None
    assert [path.name for path in tmp_path.glob("*people*")] == ["people.csv"]


def test_a_file_that_breaks_off_leaves_nothing_half_done(run, tmp_path):
    path = written(tmp_path, "people.csv", 'email,city\nben,x\nada@example.com,"Lyon\n')
    with pytest.raises(AudienceError, match="is not closed"):
        run(path)
    assert [one.name for one in tmp_path.glob("*people*")] == ["people.csv"]


def test_a_place_that_cannot_be_written_keeps_everybody_out(engine, run, tmp_path):
    path = written(tmp_path, "people.csv", "email\nada@example.com\nben\n")
    with pytest.raises(AudienceError, match=r"cannot be written: No such file.* --failed"):
        run(path, skip_bad=True, failed=tmp_path / "no" / "folder.csv")
    with reading(engine) as connection:
        assert audience.count_people(connection, now=AT) == 0
