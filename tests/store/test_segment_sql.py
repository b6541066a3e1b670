"""What SQL finds on either database is what the pure evaluator says of each person."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from newsletter.domain.matching import Mail, Person, matches
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
    Tagged,
)
from newsletter.store import schema
from newsletter.store.engine import reading, writing
from newsletter.store.schema import subscriber
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from newsletter.domain.segment import Rule

NOW = datetime(2026, 11, 27, 3, 30, tzinfo=ZoneInfo("America/New_York"))
NAMES = ("role", "country", "visits", "vip")
TEXTS = (
    *("", "a", "A", "b", "\u00e4", "\u00c4", "zz", "retailer", "Retailer", "re%", "a_b", "a*b"),
    *(
        "10036",
        "007",
        "-3",
        "--3",
        "3-",
        "3.50",
        "1.",
        ".5",
        "-",
        "1.2.3",
        "1e3",
        "4\u0663",
        "true",
    ),
    *("9" * 15, "9" * 16, "1." + "9" * 15, "1." + "9" * 16, "false", "TRUE", "null", "2026-11-20"),
    *("\U0001f48d", "\ufffd", "it's", 'say "x"', "back\\slash", "[ab]", "?", "$.x", " a", "1 "),
)
NUMBERS = (0, 1, -3, 3, 3.5, 7, 10036, 10**15, -0.5, 1e300)
VALUES = (*TEXTS, *NUMBERS, True, False)
PATTERNS = (*TEXTS, "%", "_", "__", "a%", "%r", "%e%a%", "[a]%", "*", "a\\%", "%\\%")
OWN = {
    "name": ("", "Ada", "Bo"),
    "language": (None, "en", "de"),
    "time_zone": (None, "Europe/Vienna"),
    "domain": ("example.com", "example.org", "mail.example.net"),
}
TAGS = ("vip", "it's", "press")
LISTS = ("weekly", "gems")
VERDICTS = ("human", "human", "unsure", "machine")
SECTIONS = ("jobs", "latest", "")
AGES = tuple(timedelta(days=days) for days in (0, 1, 7, 29, 30, 31, 90, 400))
DAYS = tuple((NOW - age).date() for age in AGES)


@dataclass
class Somebody:
    """A person as rows, and as the pure evaluator sees one."""

    number: int
    attributes: dict[str, Any]
    own: dict[str, Any]
    created: datetime
    tags: frozenset[str]
    subscriptions: dict[str, tuple[str, datetime]]
    mails: list[Mail] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Any]:
        since = [at for status, at in self.subscriptions.values() if status == "subscribed"]
        texts = {name: value or None for name, value in self.own.items()}
        own = {"created": self.created, "subscribed": min(since, default=None)}
        return self.attributes | texts | own

    @property
    def person(self) -> Person:
        lists = (key for key, (status, _) in self.subscriptions.items() if status == "subscribed")
        return Person(self.tags, frozenset(lists), tuple(self.mails))


def _attributes() -> Iterator[dict[str, Any]]:
    for place, value in enumerate(VALUES):
        yield {"role": value, "country": VALUES[place * 7 % len(VALUES)]}
        yield {"visits": value, "vip": VALUES[place * 5 % len(VALUES)], "role": None}
    yield {}


def _people(chance: random.Random) -> list[Somebody]:
    return [
        Somebody(
            number,
            attributes,
            {name: chance.choice(values) for name, values in OWN.items()},
            NOW - chance.choice(AGES),
            frozenset(tag for tag in TAGS if chance.random() < 0.3),
            {
                key: (chance.choice(("subscribed", "unsubscribed")), NOW - chance.choice(AGES))
                for key in LISTS
                if chance.random() < 0.7
            },
        )
        for number, attributes in enumerate(_attributes(), start=1)
    ]


# Campaigns: when each was frozen and its mail was due, and the state of its only batch.
CAMPAIGNS = (
    (NOW - timedelta(days=60), NOW - timedelta(days=30), "submitted"),
    (NOW - timedelta(days=29), None, "submitted"),
    (NOW - timedelta(days=7), None, "submitted"),
    (NOW - timedelta(days=3), None, "cancelled"),
    (NOW, NOW + timedelta(days=1), "ready"),
)
LINKS = (
    ("https://a.example/", "jobs"),
    ("https://b.example/", "latest"),
    ("https://c.example/", ""),
)


def _rows(people: list[Somebody], chance: random.Random) -> dict[Any, list[dict[str, Any]]]:
    rows: dict[Any, list[dict[str, Any]]] = {
        table: []
        for table in (
            *(schema.subscriber, schema.tag, schema.subscription, schema.campaign, schema.link),
            *(schema.batch, schema.delivery, schema.event),
        )
    }
    for number, (frozen, due, state) in enumerate(CAMPAIGNS, start=1):
        rows[schema.campaign].append(
            {
                "id": number,
                "issue": f"i{number}",
                "list_key": "weekly",
                "segment": "",
                "occurrence": "",
                "state": "done",
                "envelope": {},
                "digest": "",
                "candidates": 0,
                "frozen_at": frozen,
                "send_at": due,
            }
        )
        rows[schema.batch].append(
            {"id": number, "campaign_id": number, "sequence": 0, "version": "all", "state": state}
        )
        rows[schema.link] += [
            {
                "campaign_id": number,
                "place": place,
                "url": url,
                "section": section,
                "brief": "",
                "headline": "",
            }
            for place, (url, section) in enumerate(LINKS)
        ]
    for one in people:
        address = f"p{one.number}@{one.own['domain']}"
        rows[schema.subscriber].append(
            {
                "id": one.number,
                "address": address,
                "canonical": address,
                "digest": f"{one.number:032}",
                "attributes": one.attributes,
                "created_at": one.created,
                "updated_at": one.created,
                **{name: one.own[name] for name in one.own if name != "domain"},
            }
        )
        rows[schema.tag] += [{"name": tag, "subscriber_id": one.number} for tag in one.tags]
        rows[schema.subscription] += [
            {
                "subscriber_id": one.number,
                "list_key": key,
                "status": status,
                "consent_source": "",
                "subscribed_at": at,
            }
            for key, (status, at) in one.subscriptions.items()
        ]
        for number, campaign in enumerate(CAMPAIGNS, start=1):
            if chance.random() < 0.6:
                _mail(rows, one, number, campaign, chance)
    return rows  # fmt: skip


def _mail(rows, one, number, campaign, chance) -> None:
    """A delivery with what happened to it, both ways."""
    frozen, due, state = campaign
    trouble = chance.choice(
        [{}] * 6 + [{"bounced_at": NOW}, {"arrival": 4}, {"ending": "rejected"}]
    )
    left = state == "submitted" and not trouble
    opened = NOW - chance.choice(AGES) if chance.random() < 0.5 else None
    clicks = [
        (*chance.choice(LINKS), NOW - chance.choice(AGES), chance.choice(VERDICTS))
        for _ in range(chance.choice((0, 0, 1, 2, 3)))
    ]
    human = tuple((section, at) for _, section, at, verdict in clicks if verdict == "human")
    clicked = min((at for _, at in human), default=None)
    delivery = 1000 * number + one.number
    rows[schema.delivery].append(
        {
            "id": delivery,
            "campaign_id": number,
            "batch_id": number,
            "subscriber_id": one.number,
            "subscription_id": 0,
            "address": "",
            "canonical": f"p{one.number}",
            "digest": "",
            "opened_at": opened or chance.choice((None, NOW)),  # by a machine
            "clicked_at": min((at for _, _, at, _ in clicks), default=None),
            "human_opened_at": opened,
            "human_clicked_at": clicked,
            "bounced_at": None,
            "arrival": 3,
            "ending": None,
            **trouble,
        }
    )
    rows[schema.event] += [
        {
            "key": f"{delivery}-{place}",
            "kind": "clicked",
            "at": at,
            "received_at": at,
            "delivery_id": delivery,
            "reason": "",
            "url": url,
            "verdict": verdict,
        }
        for place, (url, _, at, verdict) in enumerate(clicks)
    ]
    received = (due or frozen) if left else None
    one.mails.append(Mail(received, opened, clicked, human))


@pytest.fixture
def people(engine: Engine) -> list[Somebody]:
    chance = random.Random(2026)
    found = _people(chance)
    with writing(engine) as connection:
        for table, rows in _rows(found, chance).items():
            connection.execute(insert(table), rows)
    return found


attributes = st.sampled_from(NAMES)
signs = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
agos = st.builds(Ago, st.sampled_from((*AGES, timedelta(days=-7), timedelta(hours=5))))
moments = st.sampled_from(("created", "subscribed"))
own_texts = st.sampled_from([(name, value or "x") for name in OWN for value in OWN[name]])
counts = st.integers(1, 4)
periods = st.none() | st.sampled_from(AGES[1:])
facts = st.one_of(
    st.builds(Comparison, attributes, signs, st.sampled_from((*TEXTS, *NUMBERS))),
    st.builds(Comparison, attributes, st.sampled_from(("=", "!=")), st.booleans()),
    st.builds(Comparison, attributes, st.just("like"), st.sampled_from(PATTERNS)),
    st.builds(Comparison, attributes, signs, agos),
    st.builds(Comparison, moments, signs, st.one_of(agos, st.sampled_from(DAYS))),
    st.builds(lambda own, sign: Comparison(own[0], sign, own[1]), own_texts, signs),
    st.builds(
        Membership,
        attributes,
        st.one_of(
            *(
                st.lists(st.sampled_from(kind), min_size=1, max_size=4).map(tuple)
                for kind in (TEXTS, NUMBERS, (True, False))
            )
        ),
    ),
    st.builds(Missing, st.sampled_from((*NAMES, *OWN, "created", "subscribed"))),
    st.builds(Tagged, st.sampled_from((*TAGS, "none"))),
    st.builds(Listed, st.sampled_from((*LISTS, "none"))),
    st.builds(Mails, st.sampled_from(Deed), counts, periods),
    st.builds(Mails, st.just(Deed.CLICKED), counts, periods, st.sampled_from(("jobs", "latest"))),
)
several = {"min_size": 1, "max_size": 4}
rules = st.recursive(
    facts,
    lambda inner: st.one_of(
        st.builds(Every, st.lists(inner, **several).map(tuple)),
        st.builds(Either, st.lists(inner, **several).map(tuple)),
        st.builds(Negation, inner),
    ),
    max_leaves=8,
)


def _expected(people: list[Somebody], rule: Rule) -> list[int]:
    return [
        one.number
        for one in people
        if matches(rule, one.values, now=NOW, person=one.person) is True
    ]


def _found(connection: Connection, rule: Rule) -> list[int]:
    query = select(subscriber.c.id).where(condition(rule, NOW)).order_by(subscriber.c.id)
    return list(connection.execute(query).scalars())


def test_sql_finds_whom_the_rule_describes(engine: Engine, people: list[Somebody]) -> None:
    with reading(engine) as connection:

        @settings(max_examples=200)
        @given(rules)
        def check(rule: Rule) -> None:
            assert _found(connection, rule) == _expected(people, rule)

        check()


def test_every_value_pattern_and_absence_is_found(engine: Engine, people: list[Somebody]) -> None:
    signs = ("=", "!=", "<", "<=", ">", ">=")
    simple = (
        *(Comparison("role", sign, value) for value, sign in product((*TEXTS, *NUMBERS), signs)),
        *(Comparison("vip", sign, flag) for flag, sign in product((True, False), signs[:2])),
        *(Comparison("role", "like", pattern) for pattern in PATTERNS),
        *(Comparison("created", sign, day) for day, sign in product(DAYS, signs)),
        *(
            Mails(deed, n, period)
            for deed, n, period in product(Deed, (1, 2, 3), (None, *AGES[1:]))
        ),
        *(Missing(name) for name in (*NAMES, *OWN)),
    )
    found = 0
    with reading(engine) as connection:
        for rule in simple:
            expected = _expected(people, rule)
            assert _found(connection, rule) == expected, rule
            found += 0 < len(expected) < len(people)
    assert found > len(simple) / 2  # or little would be proven


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/St_Johns"])
def test_a_day_begins_in_the_zone_of_the_moment_of_asking(engine: Engine, zone: str) -> None:
    now = datetime(2026, 11, 27, 12, tzinfo=ZoneInfo(zone))
    midnights = [datetime(2026, 11, day, tzinfo=now.tzinfo) for day in (20, 21)]
    near = (timedelta(microseconds=-1), timedelta(), timedelta(hours=7))
    at = [midnight.astimezone(UTC) + gap for midnight in midnights for gap in near]
    with writing(engine) as connection:
        connection.execute(
            insert(subscriber),
            [
                {"id": place, "address": "", "canonical": f"p{place}", "digest": "",
                 "attributes": {}, "created_at": moment, "updated_at": moment}
                for place, moment in enumerate(at)
            ],
        )  # fmt: skip
    with reading(engine) as connection:
        for sign in ("=", "!=", "<", "<=", ">", ">="):
            rule = Comparison("created", sign, date(2026, 11, 20))
            query = select(subscriber.c.id).where(condition(rule, now)).order_by(subscriber.c.id)
            assert list(connection.execute(query).scalars()) == [
                place
                for place, moment in enumerate(at)
                if matches(rule, {"created": moment}, now=now)
            ]


def test_no_value_of_a_rule_becomes_text_of_the_statement(engine: Engine) -> None:
    hostile = "x'); DROP TABLE subscriber; --"
    rules = (
        Comparison("role", "=", hostile),
        Comparison("name", "like", hostile),
        Membership("role", (hostile,)),
        Tagged(hostile),
        Listed(hostile),
        Mails(Deed.CLICKED, 1, None, hostile),
    )
    with reading(engine) as connection:
        for rule in rules:
            statement = select(subscriber.c.id).where(condition(rule, NOW))
            assert "DROP" not in str(statement.compile(connection.engine)), rule
            assert _found(connection, rule) == []


@pytest.mark.parametrize("name", ["x'); DROP TABLE subscriber; --", "Role", "a b", "", "a" * 41])
def test_nobody_has_an_attribute_of_another_name(engine: Engine, name: str, clock) -> None:
    with writing(engine) as connection:
        connection.execute(
            insert(subscriber).values(
                id=1, address="a", canonical="a", digest="a", attributes={"a": name},
                created_at=clock.now(), updated_at=clock.now(),
            )
        )  # fmt: skip
    with reading(engine) as connection:
        statement = select(subscriber.c.id).where(condition(Comparison(name, "=", name), NOW))
        assert not name or name not in str(statement.compile(connection.engine))
        assert _found(connection, Comparison(name, "=", name)) == []
        assert _found(connection, Missing(name)) == [1]
