"""What cells say of a person: lists with dates, tags, attributes of a declared type, statuses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.audience.moments import moment
from newsletter.domain.audience import Frequency, ListStanding, Suppression
from newsletter.errors import AudienceError

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
JUNE, JULY = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def one(taken, headers, cells, *lists):
    _, (row,) = taken(f"email,{headers}\nada@example.com,{cells}\n", *lists)
    return row


def reason(taken, headers, cells, *lists):
    return one(taken, headers, cells, *lists).bad.reason


@pytest.mark.parametrize(
    ("headers", "cells", "standings"),
    [
        ("lists", "weekly", (("weekly",), ("gems",))),
        ("lists", "gems; weekly ;gems;", (("gems",), ("weekly",))),
        ("lists", "gems 2026-06-01", (("gems", JUNE),)),
        ("lists,subscribed_at", "weekly,2026-06-01", (("weekly", JUNE), ("gems", JUNE))),
        ("unsubscribed", "gems", (("gems", None, NOW),)),
        ("unsubscribed", "gems 2026-06-01", (("gems", None, JUNE),)),
        ("unsubscribed", "gems 2026-06-01/2026-07-01", (("gems", JUNE, JULY),)),
        ("lists,unsubscribed", "gems,gems 2026-07-01", (("gems", None, JULY),)),
        ("unsubscribed_at", "2026-07-01", (("gems", None, JULY),)),
        ("status,unsubscribed_at", "unsubscribed,2026-07-01", (("gems", None, JULY),)),
        ("status", "Unsubscribed", (("gems", None, NOW),)),
        ("mailable", "no", (("gems", None, NOW),)),
        ("unmailable", "TRUE", (("gems", None, NOW),)),
        ("status,mailable,unmailable", "active,yes,false", (("gems",),)),
    ],
)
def test_lists_joined_and_left_with_their_dates(taken, headers, cells, standings):
    row = one(taken, headers, cells, "gems")
    assert set(row.lists) == {ListStanding(*standing) for standing in standings}


@pytest.mark.parametrize(
    ("headers", "cells", "suppression"),
    [
        ("suppressed", "soft bounces 2026-06-01T00:00:00Z", Suppression("soft bounces", JUNE)),
        ("suppressed", "by hand", Suppression("by hand", NOW)),
        ("status,bounced_at", "cleaned,2026-06-01", Suppression("bounced", JUNE)),
        ("bounced_at", "2026-06-01", Suppression("bounced", JUNE)),
        ("status,unsubscribed_at", "spam,2026-06-01", Suppression("complained", JUNE)),
    ],
)
def test_who_must_not_be_mailed_is_put_on_no_list(taken, headers, cells, suppression):
    row = one(taken, headers, cells, "weekly")
    assert (row.suppression, row.lists) == (suppression, ())


def test_the_fields_everybody_has(taken):
    row = one(
        taken,
        "name,language,timezone,tags,frequency,paused_until,tracking",
        "Ada Abadi,PT_br,Europe/Lisbon,vip; press ;vip,weekly,2027-01-01,no",
    )
    assert (row.name, row.language, row.time_zone) == ("Ada Abadi", "pt-br", "Europe/Lisbon")
    assert (row.tags, row.frequency) == (("vip", "press"), Frequency.WEEKLY)
    assert (row.paused_until, row.tracking) == (datetime(2027, 1, 1, tzinfo=UTC), False)


def test_declared_attributes_get_their_type(taken):
    row = one(taken, "doors,since,guild,role,city", "12,2026-06-01,yes,press,12")
    assert row.attributes == {
        "doors": 12, "since": "2026-06-01", "guild": True, "role": "press", "city": "12",
    }  # fmt: skip
    assert one(taken, "doors", "-1.50").attributes == {"doors": -1.5}


@pytest.mark.parametrize(
    ("headers", "cells", "why"),
    [
        ("doors", "many", "“doors” should be a number such as 12 or 1.5"),
        ("doors", "1e3", "should be a number"),
        ("doors", "9999999999999999", "should be a number"),
        ("since", "June", "“since” should be a day such as 2026-01-31"),
        ("guild", "perhaps", "“guild” should be true or false"),
        ("role", "buyer", "“role” should be one of retailer, press"),
        ("name", "x" * 201, "“name” has more than 200 characters"),
        ("language", "Klingon!", "“language” should be a language tag"),
        ("time_zone", "Mars/Base", "“time_zone” should be a time zone"),
        ("tags", "x" * 41, "cannot be a tag"),
        ("tags", ";".join(f"t{number}" for number in range(101)), "more than 100 tags"),
        ("frequency", "hourly", "should be one of every, weekly, monthly"),
        ("paused_until", "soon", "a date is not understood"),
        ("tracking", "maybe", "“tracking” should be true or false"),
        ("lists", "wekly", "there is no list “wekly” in config.yaml; lists there: gems, weekly"),
        ("unsubscribed", "wekly 2026-06-01", "there is no list “wekly”"),
        ("lists", "weekly yesterday", "a date is not understood"),
        ("lists", "weekly 2027-01-01", "lies in the future"),
        ("lists,subscribed_at", "weekly,2027-01-01", "lies in the future"),
        ("status,unsubscribed_at", "unsubscribed,01/02/2024", "a date is not understood"),
        ("status", "gold", "“gold” is no status that is known"),
        ("status", "unsubscribed", "but from which list? name it with --list"),
        ("suppressed", "x" * 41, "“suppressed” has more than 40 characters"),
        ("attributes", "[1]", "not a JSON object"),
    ],
)
def test_what_cannot_be_understood_is_not_guessed(taken, headers, cells, why):
    assert why in reason(taken, headers, cells)


def test_json_has_the_same_fields_and_its_own_types(taken):
    line = (
        '{"email": "ada@example.com", "lists": ["weekly 2026-06-01"], "tags": ["vip", "press"], '
        '"tracking": true, "bounced_at": 1780272000, "doors": 3, "attributes": {"city": "Lyon"}}'
    )
    _, (row,) = taken(line + "\n", name="people.jsonl")
    assert row.lists == (ListStanding("weekly", JUNE),)
    assert (row.tags, row.tracking) == (("vip", "press"), True)
    assert row.suppression == Suppression("bounced", JUNE)
    assert row.attributes == {"doors": 3, "city": "Lyon"}


@pytest.mark.parametrize(
    ("member", "why"),
    [
        ('"doors": "many"', "should be a number"),
        ('"doors": true', "“doors” should be a number, not a flag"),
        ('"role": 5', "“role” should be a text, not a number"),
        ('"guild": 1', "“guild” should be a flag, not a number"),
        ('"status": "unsubscribed"', "from which list"),
    ],
)
def test_json_is_held_to_declared_types(taken, member, why):
    _, (failed,) = taken(f'{{"email": "ada@example.com", {member}}}\n', name="people.jsonl")
    assert why in failed.bad.reason


def test_keys_of_json_are_mapped_too(taken):
    line = '{"mail": "ada@example.com", "town": "Lyon", "secret": 1, "failed_line": 3}\n'
    _, (row,) = taken(line, name="people.jsonl", maps=("mail=email", "town=city", "secret=-"))
    assert (row.address.mailed, row.attributes) == ("ada@example.com", {"city": "Lyon"})


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-06-01", JUNE),
        ("2026-06-01 00:00:00", JUNE),
        ("2026-06-01T02:00:00+02:00", JUNE),
        ("2026-06-01T00:00:00.000Z", JUNE),
        ("2026-06-01 02:00:00.0 +0200 CEST", JUNE),
        ("2026-06-01 00:00:00 UTC", JUNE),
        ("1780272000", JUNE),
    ],
)
def test_moments_as_programs_write_them(text, read):
    assert moment(text) == read


@pytest.mark.parametrize("text", ["06/01/2026", "1.6.2026", "1", "", "0001-01-01T00:00+14:00"])
def test_moments_that_would_have_to_be_guessed_are_refused(text):
    with pytest.raises(AudienceError, match="a date is not understood"):
        moment(text)
