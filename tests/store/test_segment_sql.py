from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql

from newsletter.domain.segment import Comparison, Either, Every, Membership, Missing, Negation
from newsletter.store.engine import reading, writing
from newsletter.store.schema import subscriber
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from newsletter.domain.segment import Rule, Value
    from newsletter.ports import Clock

NAMES = ("role", "country", "visits", "vip")
TEXTS = (
    *("", "a", "A", "b", "\u00e4", "\u00c4", "zz", "retailer", "Retailer", "re%", "a_b", "a*b"),
    *("10036", "007", "-3", "3.50", "1.", "1e3", "4\u0663", "true", "false", "TRUE", "null"),
    *("\U0001f48d", "\ufffd", "it's", 'say "x"', "back\\slash", "[ab]", "?", "$.x", " a"),
)
NUMBERS = (0, 1, -3, 3, 3.5, 7, 10036, 10**15, -0.5, 1e300)
VALUES = (*TEXTS, *NUMBERS, True, False)
PATTERNS = (*TEXTS, "%", "_", "__", "a%", "%r", "%e%a%", "[a]%", "*", "a\\%", "%\\%")
UNKNOWN = None
DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?\Z", re.ASCII)


def _all_values() -> Iterator[dict[str, Any]]:
    for place, value in enumerate(VALUES):
        yield {"role": value, "country": VALUES[place * 7 % len(VALUES)]}
        yield {"visits": value, "vip": VALUES[place * 5 % len(VALUES)], "role": None}
    yield {}


ROWS = tuple(_all_values())

fields = st.sampled_from(NAMES)
signs = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
comparisons = st.one_of(
    st.builds(Comparison, fields, signs, st.sampled_from((*TEXTS, *NUMBERS))),
    st.builds(Comparison, fields, st.sampled_from(("=", "!=")), st.booleans()),
    st.builds(Comparison, fields, st.just("like"), st.sampled_from(PATTERNS)),
    st.builds(
        Membership,
        fields,
        st.one_of(
            *(
                st.lists(st.sampled_from(kind), min_size=1, max_size=4).map(tuple)
                for kind in (TEXTS, NUMBERS, (True, False))
            )
        ),
    ),
    st.builds(Missing, fields),
)
several = {"min_size": 1, "max_size": 4}
rules = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(Every, st.lists(inner, **several).map(tuple)),
        st.builds(Either, st.lists(inner, **several).map(tuple)),
        st.builds(Negation, inner),
    ),
    max_leaves=8,
)


def _comparable(attribute: Any, value: Value) -> Value | None:
    """The attribute as the type of `value`, or UNKNOWN."""
    if isinstance(value, bool):
        words = {"true": True, "false": False}
        return attribute if isinstance(attribute, bool) else words.get(attribute, UNKNOWN)
    if isinstance(value, str):
        return attribute if isinstance(attribute, str) else UNKNOWN
    if isinstance(attribute, str):
        return float(attribute) if DECIMAL.match(attribute) else UNKNOWN
    return UNKNOWN if isinstance(attribute, bool) else attribute


def _like(text: str, pattern: str) -> bool:
    wild = {"%": ".*", "_": "."}
    return bool(re.fullmatch("".join(wild.get(c, re.escape(c)) for c in pattern), text, re.DOTALL))


def _holds(rule: Rule, row: dict[str, Any]) -> bool | None:
    """Three-valued logic as in SQL: the specification, in a few lines of Python."""
    match rule:
        case Missing(field):
            return row.get(field) is None
        case Negation(inner):
            held = _holds(inner, row)
            return UNKNOWN if held is UNKNOWN else not held
        case Every(inner):
            held = [_holds(one, row) for one in inner]
            return False if False in held else UNKNOWN if UNKNOWN in held else True
        case Either(inner):
            held = [_holds(one, row) for one in inner]
            return True if True in held else UNKNOWN if UNKNOWN in held else False
        case Membership(field, values):
            left = _comparable(row.get(field), values[0])
            return UNKNOWN if left is UNKNOWN else left in values
        case Comparison(field, sign, value):
            left: Any = _comparable(row.get(field), value)
            if left is UNKNOWN:
                return UNKNOWN
            return {
                "=": lambda: left == value,
                "!=": lambda: left != value,
                "<": lambda: left < value,
                "<=": lambda: left <= value,
                ">": lambda: left > value,
                ">=": lambda: left >= value,
                "like": lambda: _like(left, str(value)),
            }[sign]()


def _fill(engine: Engine, clock: Clock, rows: tuple[dict[str, Any], ...]) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(subscriber),
            [
                {
                    "id": place,
                    "address": f"p{place}@example.org",
                    "canonical": f"p{place}@example.org",
                    "digest": f"{place:032}",
                    "attributes": row,
                    "created_at": clock.now(),
                    "updated_at": clock.now(),
                }
                for place, row in enumerate(rows)
            ],
        )


def _found(connection: Connection, rule: Rule) -> list[int]:
    query = select(subscriber.c.id).where(condition(rule)).order_by(subscriber.c.id)
    return list(connection.execute(query).scalars())


def test_sql_finds_whom_the_rule_describes(engine: Engine, clock: Clock) -> None:
    _fill(engine, clock, ROWS)
    with reading(engine) as connection:

        @settings(max_examples=150)
        @given(rules)
        def check(rule: Rule) -> None:
            expected = [place for place, row in enumerate(ROWS) if _holds(rule, row) is True]
            assert _found(connection, rule) == expected

        check()


def test_every_value_pattern_and_absence_is_found(engine: Engine, clock: Clock) -> None:
    _fill(engine, clock, ROWS)
    signs = ("=", "!=", "<", "<=", ">", ">=")
    simple = (
        *(Comparison("role", sign, value) for value, sign in product((*TEXTS, *NUMBERS), signs)),
        *(Comparison("vip", sign, flag) for flag, sign in product((True, False), signs[:2])),
        *(Comparison("role", "like", pattern) for pattern in PATTERNS),
        *(Missing(name) for name in NAMES),
    )
    with reading(engine) as connection:
        for rule in simple:
            expected = [place for place, row in enumerate(ROWS) if _holds(rule, row) is True]
            assert _found(connection, rule) == expected, rule


def test_nothing_of_a_rule_becomes_text_of_the_statement(engine: Engine) -> None:
    hostile = "x'); DROP TABLE subscriber; --"
    rule = Every((Comparison(hostile, "=", hostile), Membership("role", (hostile,))))
    with reading(engine) as connection:
        statement = select(subscriber.c.id).where(condition(rule))
        assert hostile not in str(statement.compile(connection.engine))
        assert _found(connection, rule) == []


def test_text_is_put_in_order_by_code_point_whatever_the_server_s_language() -> None:
    ordered = str(condition(Comparison("role", "<", "a")).compile(dialect=postgresql.dialect()))
    assert 'COLLATE "C"' in ordered
