"""Readers as an issue would be filled in for them, on either database."""

from __future__ import annotations

import pytest

from newsletter.domain.segment import Comparison, Missing, Negation
from newsletter.store import readers, schema
from newsletter.store.engine import reading, writing


@pytest.fixture
def people(engine, mailed, clock):
    mailed(engine, 3)
    told = {1: {"first_name": "Ada", "role": "retailer"}, 2: {"first_name": "Wilhelmina"}, 3: {}}
    with writing(engine) as connection:
        for number, attributes in told.items():
            table = schema.subscriber
            connection.execute(
                table.update().where(table.c.id == number).values(attributes=attributes)
            )
    return clock.now()


def test_what_is_known_of_a_subscriber(engine, people):
    with reading(engine) as connection:
        assert readers.attributes_of(connection, 1) == {"first_name": "Ada", "role": "retailer"}
        assert readers.attributes_of(connection, 3) == {}
        assert readers.attributes_of(connection, 99) is None


def test_the_segments_a_subscriber_is_in(engine, people):
    rules = {
        "trade": Comparison("role", "=", "retailer"),
        "named": Negation(Missing("first_name")),
    }
    with reading(engine) as connection:
        found = [readers.memberships_of(connection, one, rules, now=people) for one in (1, 2, 3)]
    assert found == [{"trade", "named"}, {"named"}, frozenset()]


def test_the_longest_value_of_each_attribute(engine, people):
    with reading(engine) as connection:
        found = readers.longest_values(
            connection, ["first_name", "role", "shoe"], list_key="weekly", now=people
        )
    assert found == {"first_name": "Wilhelmina", "role": "retailer"}
    with reading(engine) as connection:
        assert readers.longest_values(connection, ["role"], list_key="gems", now=people) == {}
