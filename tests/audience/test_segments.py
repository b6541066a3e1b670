from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.segments import parse_segment
from newsletter.domain.segment import (
    Comparison,
    Either,
    Every,
    Membership,
    Missing,
    Negation,
    Rule,
)
from newsletter.errors import SegmentError

UNDERSTOOD: dict[str, Rule] = {
    "role = 'retailer'": Comparison("role", "=", "retailer"),
    "role == 'retailer'": Comparison("role", "=", "retailer"),
    "role != 'it''s'": Comparison("role", "!=", "it's"),
    "role <> ''": Comparison("role", "!=", ""),
    "visits < 3": Comparison("visits", "<", 3),
    "visits <= -3": Comparison("visits", "<=", -3),
    "visits > 1.5": Comparison("visits", ">", 1.5),
    "joined >= '2026-01-01'": Comparison("joined", ">=", "2026-01-01"),
    "vip = true": Comparison("vip", "=", True),
    "vip != FALSE": Comparison("vip", "!=", False),
    "city like 'New%'": Comparison("city", "like", "New%"),
    "city not like 'New%'": Negation(Comparison("city", "like", "New%")),
    "country in ('US')": Membership("country", ("US",)),
    "visits not in (1, 2.5)": Negation(Membership("visits", (1, 2.5))),
    "age between 20 and 30": Every((Comparison("age", ">=", 20), Comparison("age", "<=", 30))),
    "age not between 20 and 30": Negation(
        Every((Comparison("age", ">=", 20), Comparison("age", "<=", 30)))
    ),
    "phone is null": Missing("phone"),
    "phone is not null": Negation(Missing("phone")),
    "not phone is null": Negation(Missing("phone")),
    "order = 1": Comparison("order", "=", 1),
    "(((role = 'press')))": Comparison("role", "=", "press"),
    "role = 'retailer' and country in ('US', 'CA')": Every(
        (Comparison("role", "=", "retailer"), Membership("country", ("US", "CA")))
    ),
    "a = 1 or b = 2 and\n\tnot (c = 3 or d = 4)": Either(
        (
            Comparison("a", "=", 1),
            Every(
                (
                    Comparison("b", "=", 2),
                    Negation(Either((Comparison("c", "=", 3), Comparison("d", "=", 4)))),
                )
            ),
        )
    ),
    "a = 1 and b = 2 and c = 3": Every(
        tuple(Comparison(name, "=", number) for number, name in enumerate("abc", start=1))
    ),
}

HOSTILE = (
    "1=1; drop table subscriber",
    "a = 1; select 1",
    "a = 1;",
    "1=1",
    "country = 'x' OR 1=1",
    "a = 1 or true",
    "true",
    "a",
    "a = 1) union select (1",
    "a = 1 union select address from subscriber",
    "a = 1) or (b = 2",
    "a = 1)) or ((b = 2",
    "a = (select pepper from workspace)",
    "a in (select 1)",
    "exists (select 1)",
    "a = 1 -- and b = 2",
    "a = 1 /* and b = 2 */",
    "/* x */ a = 1",
    "a = b",
    'a = "b"',
    '"a" = 1',
    "`a` = 1",
    "subscriber.canonical = 'x'",
    "a.b.c = 1",
    "__class__ = 1",
    "Role = 'press'",
    "lower(role) = 'press'",
    "load_extension('x') = 1",
    "a = lower('X')",
    "a || b = 'x'",
    "a + 1 = 2",
    "a & 1 = 1",
    "a -> 'b' = 'c'",
    "a[1] = 2",
    "a :: text = 'x'",
    "cast(a as int) = 1",
    "case when a = 1 then 1 end = 1",
    "a = :name",
    "a = ?",
    "a = @x",
    "a = $1",
    "a = {{ x }}",
    "a = {% x %}",
    "a = x'00'",
    "a = 0x1f",
    "a = 'x' 'y'",
    "a = N'x'",
    "a = date '2026-01-01'",
    "a = null",
    "a is true",
    "a is 1",
    "1 = a",
    "'x' = a",
    "(a, b) = (1, 2)",
    "a in ()",
    "a in (1, 'x')",
    "a in (b)",
    "a in (1, (2))",
    "a between 1 and 'x'",
    "a between true and false",
    "a between symmetric 1 and 2",
    "a like 1",
    "a like 'x' escape '!'",
    "a ilike 'x'",
    "a glob 'x'",
    "a regexp 'x'",
    "a similar to 'x'",
    "a < true",
    "a = 1e999",
    "a = any(1)",
    "a = 1 limit 1",
    "a = 1 order by a",
    "a = 1 group by a",
    "a = 1 as b",
    "a = 1 collate nocase",
    "a = 'x\0'",
    "a = '\u202e'",
    "a = '\ud800'",
    "a = 1 and",
    "a = 'x",
    "a = ",
    "",
    " ",
    "()",
    "*",
    "a = 1" + " and a = 1" * 300,
    "(" * 900 + "a = 1" + ")" * 900,
    "not " * 450 + "a = 1",
    "a = '" + "x" * 2_000 + "'",
)


@pytest.mark.parametrize(("expression", "rule"), UNDERSTOOD.items(), ids=UNDERSTOOD.keys())
def test_expressions_become_rules(expression: str, rule: Rule) -> None:
    assert parse_segment(expression) == rule


def test_true_and_one_are_not_the_same() -> None:
    (flag, number) = (parse_segment(f"a = {value}") for value in ("true", "1"))
    assert isinstance(flag, Comparison)
    assert isinstance(number, Comparison)
    assert (type(flag.value), type(number.value)) == (bool, int)


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: ascii(text[:30]))
def test_everything_else_is_refused_in_a_sentence(expression: str) -> None:
    with pytest.raises(SegmentError) as refused:
        parse_segment(expression)
    assert len(str(refused.value)) < 700
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("role = 'a' and city = b", "at character 23 in segment"),
        ("role = 'a' && ", "the mistake is at character"),
        ("role = 'a' and 1 = 1", "an attribute stands first"),
        ("role = 'a\u200b'", "an invisible character at character 10"),
        ("role = 'a' an city = 'b'", "write comparisons such as"),
    ],
)
def test_the_place_of_a_mistake_is_told(expression: str, message: str) -> None:
    with pytest.raises(SegmentError, match=message):
        parse_segment(expression)


words = st.sampled_from(
    [
        *"()=<>,;'\"*-+/%.:?@{}[]|&!\n",
        *("a", "b", "role", "1", "2.5", "'x'", "null", "true", "and", "or", "not", "in", "like"),
        *("between", "is", "select", "union", "from", "--", "/*", "*/", "exists", "case"),
    ]
)


@given(st.lists(words, max_size=12).map(" ".join))
def test_any_text_is_a_rule_or_refused(expression: str) -> None:
    try:
        rule = parse_segment(expression)
    except SegmentError:
        return
    assert isinstance(rule, Comparison | Membership | Missing | Every | Either | Negation)
