"""Declared attributes have indexes, and the SQL of segments uses them."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

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
def bare(engine):
    """A store without such indexes, and again once the test has ended: it is shared."""
    yield engine
    with writing(engine) as connection:
        for name in indexes(engine):
            connection.execute(text(f'DROP INDEX "attribute_{name}"'))


@pytest.fixture
def declared(bare):
    """The four declared."""
    attributes.ensure(bare, DECLARED)
    return bare


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
            assert f"ix_delivery_subscriber_id_human_{deed}_at" in found, found


@pytest.mark.parametrize("expression", ["received < 3", "received within 30 days >= 5"])
def test_received_mails_are_looked_up_campaign_by_campaign(engine, clock, expression):
    found = plan(engine, expression, clock.now()).lower()
    assert "scan delivery" not in found
    assert "seq scan on delivery" not in found


def test_indexes_are_added_as_attributes_are_declared(bare):
    attributes.ensure(bare, {"role": "text"})
    assert indexes(bare) == {"text_role"}
    attributes.ensure(bare, {"role": "number", "vip": "flag"})
    assert indexes(bare) == {"text_role", "number_role", "flag_vip"}
    attributes.ensure(bare, {})
    assert indexes(bare) == {"text_role", "number_role", "flag_vip"}


def test_processes_that_open_at_once_do_not_collide(bare):
    barrier = threading.Barrier(4)

    def opening():
        barrier.wait(60)
        attributes.ensure(bare, DECLARED)

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(opening) for _ in range(4)]:
            one.result()
    assert indexes(bare) == {"text_role", "number_visits", "flag_vip", "text_joined"}


def test_a_workspace_has_the_indexes_it_declares(open_workspace, sample):
    config = sample / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8")
        + "\nattributes:\n  role: {type: text}\n  visits: {type: number}\n",
        encoding="utf-8",
    )
    assert indexes(open_workspace().engine) == {"text_role", "number_visits"}
