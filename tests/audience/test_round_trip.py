"""An export taken into an empty database is the same people again, on either database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from newsletter.audience.exports import write_csv, write_json_lines
from newsletter.audience.fields import Terms
from newsletter.audience.imports import import_file
from newsletter.audience.rows import people_file
from newsletter.config.audience import AttributeRule
from newsletter.domain.address import Address
from newsletter.domain.audience import (
    Entry,
    Frequency,
    ListStanding,
    Suppression,
)
from newsletter.store import audience, people, schema
from newsletter.store.admission import admitting
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy import Connection, Engine

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
LISTS = ("daily", "gems", "weekly")
RULES = {"doors": AttributeRule(type="number"), "guild": AttributeRule(type="flag")}
TERMS = Terms(NOW, frozenset(LISTS), (), RULES)

lines = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")),
    min_size=1,
    max_size=12,
).filter(lambda text: text == text.strip())
texts = lines | st.sampled_from(
    ("=1+1", "'=1", "@x", "-2", "+3", "'", '"', "a;b", "a,b", "\uff1d1")
)
tags = st.sampled_from(("vip", "Basel 2026", "=x", "'", "press"))
past = st.integers(0, 10**9).map(lambda seconds: NOW - timedelta(seconds=seconds))
precise = st.integers(0, 10**15).map(lambda micros: NOW - timedelta(microseconds=micros))
standings = st.builds(
    ListStanding,
    st.sampled_from(LISTS),
    past | precise,
    st.none() | past,
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "city": texts,
        "full_name": texts,
        "note": texts,
        "timezone": texts,
        "doors": st.integers(-(10**12), 10**12)
        | st.decimals(-10_000, 10_000, places=3).map(float)
        | st.sampled_from((0.1 + 0.2, 1e-05, 5e-324, 0.00012345678901234567, 1e14)),
        "guild": st.booleans(),
    },
)
persons = st.builds(
    Entry,
    st.sampled_from(("Ana", "ben", "+c", "d'or", "-e", "=f")).map(
        lambda name: Address(f"{name}@example.org", f"{name}@example.org".lower())
    ),
    attributes,
    st.lists(standings, max_size=3, unique_by=lambda one: one.key).map(
        lambda found: tuple(sorted(found))
    ),
    name=st.just("") | texts,
    language=st.none() | st.sampled_from(("en", "pt-BR", "de")),
    time_zone=st.none() | st.sampled_from(("Europe/Zurich", "UTC")),
    tags=st.lists(tags, max_size=3, unique=True).map(lambda found: tuple(sorted(found))),
    frequency=st.sampled_from(Frequency),
    paused_until=st.none() | past,
    tracking=st.none() | st.booleans(),
    suppression=st.none() | st.builds(Suppression, st.sampled_from(("bounced", "by hand")), past),
)


def _kept(person: Entry) -> bool:
    """Of somebody suppressed who is on no list, the suppression alone is kept."""
    return person.suppression is None or bool(person.lists)


def _empty(connection: Connection) -> None:
    for table in (schema.consent, schema.tag, schema.subscription, schema.subscriber):
        connection.execute(delete(table))
    connection.execute(delete(schema.suppression))


def _by_address(readers: Iterable[Entry]) -> dict[str, Entry]:
    """In which order a database has tags depends on its collation."""
    return {one.address.canonical: one._replace(tags=tuple(sorted(one.tags))) for one in readers}


def _all(engine: Engine) -> dict[str, Entry]:
    with reading(engine) as connection:
        return _by_address(people.stream_people(connection, now=NOW))


def _export(engine: Engine, path: Path) -> None:
    with reading(engine) as connection, path.open("w", encoding="utf-8", newline="") as file:
        found = people.stream_people(connection, now=NOW)
        if path.suffix == ".jsonl":
            write_json_lines(found, file)
        else:
            fields = people.fields_in_use(connection)
            write_csv(found, fields, audience.attribute_names(connection), file)


@pytest.mark.parametrize("name", ["people.csv", "people.jsonl"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(persons, max_size=4, unique_by=lambda one: one.address.canonical))
def test_what_was_exported_comes_back_exactly(
    engine: Engine, tmp_path: Path, name: str, readers: list[Entry]
) -> None:
    path = tmp_path / name
    with writing(engine) as connection:
        _empty(connection)
        with admitting(connection, consent_source="test", at=NOW) as admit:
            admit(readers)
    before = _all(engine)
    assert before == _by_address(filter(_kept, readers))
    _export(engine, path)
    with writing(engine) as connection:
        _empty(connection)
    with people_file(path) as file, writing(engine) as connection:
        report = import_file(
            connection, file, TERMS, consent_source="test", failed=tmp_path / "failed"
        )
    assert report.kept, report.bad
    assert _all(engine) == before
    with people_file(path) as file, writing(engine) as connection:
        again = import_file(
            connection, file, TERMS, consent_source="test", failed=tmp_path / "failed"
        ).admission
    suppressed = sum(one.suppression is not None for one in before.values())
    assert (again.unchanged, again.suppressed) == (len(before) - suppressed, suppressed)
    assert (again.added, again.updated, again.subscribed, again.unsubscribed) == (0, 0, 0, 0)
