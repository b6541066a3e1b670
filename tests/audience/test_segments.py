from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.audience.explaining import explain
from newsletter.audience.segments import parse_segment
from newsletter.audience.vocabulary import Vocabulary
from newsletter.domain.segment import (
    Ago,
    Comparison,
    Deed,
    Either,
    Every,
    Listed,
    Mails,
    Membership,
    Missing,
    Negation,
    Rule,
    Tagged,
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
    "tag 'vip'": Tagged("vip"),
    "not TAG 'it''s'": Negation(Tagged("it's")),
    "on list 'weekly'": Listed("weekly"),
    "opened within 90 days": Mails(Deed.OPENED, 1, timedelta(days=90)),
    "clicked section 'jobs'": Mails(Deed.CLICKED, section="jobs"),
    "clicked section 'jobs' within 2 weeks >= 3": Mails(
        Deed.CLICKED, 3, timedelta(days=14), "jobs"
    ),
    "received < 3": Negation(Mails(Deed.RECEIVED, 3)),
    "received <= 3": Negation(Mails(Deed.RECEIVED, 4)),
    "received > 3": Mails(Deed.RECEIVED, 4),
    "received = 0": Negation(Mails(Deed.RECEIVED, 1)),
    "opened = 2": Every((Mails(Deed.OPENED, 2), Negation(Mails(Deed.OPENED, 3)))),
    "opened != 2": Negation(Every((Mails(Deed.OPENED, 2), Negation(Mails(Deed.OPENED, 3))))),
    "received within 30 days >= 5": Mails(Deed.RECEIVED, 5, timedelta(days=30)),
    "joined > now - 30 days": Comparison("joined", ">", Ago(timedelta(days=30))),
    "renews < now + 1 week": Comparison("renews", "<", Ago(timedelta(days=-7))),
    "renews >= now": Comparison("renews", ">=", Ago(timedelta())),
    "joined within 36 hours": Every(
        (
            Comparison("joined", ">=", Ago(timedelta(hours=36))),
            Comparison("joined", "<=", Ago(timedelta())),
        )
    ),
    "joined not within 1 day": Negation(
        Every(
            (
                Comparison("joined", ">=", Ago(timedelta(days=1))),
                Comparison("joined", "<=", Ago(timedelta())),
            )
        )
    ),
    "created between now - 2 months and now - 1 year": Every(
        (
            Comparison("created", ">=", Ago(timedelta(days=60))),
            Comparison("created", "<=", Ago(timedelta(days=365))),
        )
    ),
    "created = '2026-01-31'": Comparison("created", "=", date(2026, 1, 31)),
    "domain = 'example.com'": Comparison("domain", "=", "example.com"),
    "name is null": Missing("name"),
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
    "tag",
    "tag vip",
    "tag = 'vip'",
    "tag ''",
    "tags = 'vip'",
    "'vip' in tags",
    "on 'weekly'",
    "on list weekly",
    "lists = 'weekly'",
    "email = 'ada@example.com'",
    "status = 'bounced'",
    "frequency is null",
    "not tracking = true",
    "unsubscribed within 30 days",
    "domain = 'Example.com'",
    "domain in ('example.com', 'bücher.example')",
    "opened within",
    "opened within days",
    "opened within 0 days",
    "opened within -1 days",
    "opened within 1.5 days",
    "opened within 90 lightyears",
    "opened within 101 years",
    "opened within 99999999999999999999 days",
    "opened section 'jobs'",
    "clicked section jobs",
    "clicked section (select 1)",
    "received >= 0",
    "received < 0",
    "received < 1.5",
    "received < '3'",
    "received = -1",
    "received > 99999999999999999999",
    "received between 1 and 2",
    "joined > now -",
    "joined > now - now",
    "joined > now - 30 days - 1 day",
    "joined > '2026-01-01' - 30 days",
    "now > joined",
    "created = '2026-13-01'",
    "created = '20260101'",
    "created = 'yesterday'",
    "created = 5",
    "created in ('2026-01-01')",
    "created like '2026%'",
    "created between '2026-01-01' and now",
    "created > '0001-01-01'",
    "created > '9999-12-31'",
    "language = 5",
    "name within 3 days",
    "a = '\u2028'",
    "a = 1 \ufeff",
    "a\u0430 = 1",
    "a = \u0661",
    "a = 'x\\' or 1=1",
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
        ("role = 'a' and city = b", "23: a value should follow"),
        ("role = 'a' && ", "12: this is not understood"),
        ("role = 'a' and 1 = 1", "16: a fact stands first"),
        ("role = 'a\u200b'", "10: an invisible character"),
        ("role = 'a' an city = 'b'", "12: and, or, or the end should follow"),
        ("role = 'a", "8: a quotation mark is not closed"),
        ('role = "a"', "8: text stands in single quotes"),
        ("(role = 'a'", "12: a parenthesis is not closed"),
        ("opened within 90", "15: write a time such as 90 days"),
        ("tag = 'vip'", "5: write tag 'vip'"),
        ("role", "5: after role stands one of"),
    ],
)
def test_the_place_of_a_mistake_is_told(expression: str, message: str) -> None:
    with pytest.raises(SegmentError) as refused:
        parse_segment(expression)
    assert refused.value.position is not None
    assert f"{refused.value.position + 1}: {refused.value.message}".startswith(message)
    assert f"character {refused.value.position + 1} of the segment" in str(refused.value)


@pytest.mark.parametrize("before", [0, 30, 400])
def test_a_caret_points_at_the_mistake(before: int) -> None:
    start = "role = 'a' and " * (before // 15)
    with pytest.raises(SegmentError) as refused:
        parse_segment(f"{start}city = ; drop")
    line, caret = refused.value.excerpt.split("\n")
    assert line[len(caret) - 1] == ";"
    assert caret.strip() == "^"
    assert len(line) < 80


DECLARED = Vocabulary(
    {"role": "text", "visits": "number", "joined": "date", "vip": "flag", "first_name": "text"},
    ("weekly", "gems"),
)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("rle = 'x'", "no attribute “rle”; did you mean “role”?"),
        ("fist_name is null", "did you mean “first_name”?"),
        ("opned within 3 days", "did you mean “opened”?"),
        ("visits = 'three'", "“visits” is a number; write it without quotation marks"),
        ("visits in (1, 'three')", "“visits” is a number"),
        ("visits like '3%'", "“visits” is none"),
        ("visits within 3 days", "“visits” is a number"),
        ("role = 5", "“role” is text; put it in single quotes"),
        ("role between 'a' and 5", "“role” is text"),
        ("role > now", "“role” is text"),
        ("vip = 1", "“vip” is true or false"),
        ("vip = 'true'", "“vip” is true or false"),
        ("joined > 'spring'", "“joined” is a day; write '2026-01-31' or now - 30 days"),
        ("joined = 2026", "“joined” is a day"),
        ("on list 'weekyl'", "there is no list “weekyl”; config.yaml has: weekly, gems"),
    ],
)
def test_names_and_values_are_held_to_what_is_declared(expression: str, message: str) -> None:
    with pytest.raises(SegmentError, match=re.escape(message)):
        parse_segment(expression, DECLARED)


@pytest.mark.parametrize(
    "expression",
    ["shop_size = 5", "role = 'x'", "visits >= 3", "joined > '2026-01-31'",
     "joined within 3 days", "vip = true", "on list 'gems'", "language = 'de'", "created > now"],
)  # fmt: skip
def test_what_is_declared_or_unlike_anything_declared_is_allowed(expression: str) -> None:
    assert parse_segment(expression, DECLARED)


words = st.sampled_from(
    [
        *"()=<>,;'\"*-+/%.:?@{}[]|&!\n",
        *("a", "b", "role", "1", "2.5", "'x'", "null", "true", "and", "or", "not", "in", "like"),
        *("between", "is", "select", "union", "from", "--", "/*", "*/", "exists", "case"),
        *("tag", "on", "list", "opened", "clicked", "received", "within", "section", "now", "days"),
        *("90", "90 days", "created", "subscribed", "'2026-01-31'", "language", "vip", "visits"),
    ]
)


@given(st.one_of(st.text(), st.lists(words, max_size=12).map(" ".join)))
@example("'" * 1_999)
@example("not " * 400)
@example("a = '\ud800'")
def test_any_text_is_a_rule_or_refused(expression: str) -> None:
    told = []
    for vocabulary in (Vocabulary(), DECLARED):
        try:
            rule = parse_segment(expression, vocabulary)
        except SegmentError as error:
            told += [str(error), *error.excerpt.split("\n")]
        else:
            assert explain(rule)
    assert all(line.isprintable() for line in told)
