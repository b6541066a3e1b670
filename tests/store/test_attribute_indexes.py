"""Declared attributes have indexes, and the SQL of segments uses them."""

import re

import pytest
from sqlalchemy import func, select, text

from newsletter.audience.segments import parse_segment
from newsletter.store import attributes
from newsletter.store.engine import reading, writing
from newsletter.store.schema import subscriber
from newsletter.store.segments import condition

DECLARED = {"role": "text", "visits": "number", "vip": "flag", "joined": "date"}


def indexes(engine):
    with reading(engine) as connection:
        sqlite = "SELECT name FROM sqlite_master WHERE type = 'index'"
        query = sqlite if engine.dialect.name == "sqlite" else "SELECT indexname FROM pg_indexes"
        names = connection.execute(text(query)).scalars()
        return {name.removeprefix("attribute_") for name in names if name.startswith("attribute_")}


@pytest.fixture
def declared(engine):
    """The four declared, and none of them on the database when the test has ended."""
    attributes.ensure(engine, DECLARED)
    yield engine
    attributes.ensure(engine, {})


def plan(engine, expression, now):
    """How the database would count, with whole scans as the last resort."""
    statement = select(func.count()).where(condition(parse_segment(expression), now))
    compiled = str(
        statement.select_from(subscriber).compile(engine, compile_kwargs={"literal_binds": True})
    )
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")
        else:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            rows = connection.exec_driver_sql(f"EXPLAIN {compiled}".replace("%", "%%"))
        return "\n".join(str(tuple(row)) for row in rows)


@pytest.mark.parametrize(
    ("expression", "index"),
    [
        ("role = 'retailer'", "text_role"),
        ("role in ('retailer', 'designer')", "text_role"),
        ("role between 'a' and 'c'", "text_role"),
        ("joined within 30 days", "text_joined"),
        ("visits >= 3", "number_visits"),
        ("visits = 3", "number_visits"),
        ("vip = true", "flag_vip"),
        ("role = 'retailer' and undeclared = 5", "text_role"),
    ],
)
def test_a_declared_attribute_is_looked_up(declared, expression, index, clock):
    assert f"attribute_{index}" in plan(declared, expression, clock.now())


@pytest.mark.parametrize("expression", ["undeclared = 5", "visits = 'three'", "role is null"])
def test_what_is_not_declared_so_is_not(declared, expression, clock):
    assert "attribute_" not in re.sub(r"attributes", "", plan(declared, expression, clock.now()))


def test_opened_and_clicked_mails_are_looked_up_by_person(engine, clock):
    for deed in ("opened", "clicked"):
        for expression in (deed, f"{deed} within 90 days", f"{deed} >= 3"):
            found = plan(engine, expression, clock.now())
            assert f"ix_delivery_subscriber_id_{deed}_at" in found, found


def test_indexes_follow_what_is_declared(engine):
    attributes.ensure(engine, DECLARED)
    assert indexes(engine) == {"text_role", "number_visits", "flag_vip", "text_joined"}
    attributes.ensure(engine, {"role": "number", "vip": "flag"})
    assert indexes(engine) == {"number_role", "flag_vip"}
    attributes.ensure(engine, {})
    assert indexes(engine) == set()


def test_nothing_is_written_where_nothing_has_changed(engine):
    attributes.ensure(engine, DECLARED)
    with writing(engine):  # or this would wait for a lock in vain
        attributes.ensure(engine, DECLARED)
    attributes.ensure(engine, {})


def test_a_workspace_has_the_indexes_it_declares(open_workspace, sample):
    config = sample / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8")
        + "\nattributes:\n  role: {type: text}\n  visits: {type: number}\n",
        encoding="utf-8",
    )
    assert indexes(open_workspace().engine) == {"text_role", "number_visits"}
