"""Which outcome an answer means; the waits a provider may ask for."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from newsletter.errors import Busy, Refusal, Rejected, Uncertain
from newsletter.providers.sendgrid.answers import refusal, retry_after

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def answer(status, *fields, message="Does not contain a valid address.", headers=None):
    errors = [{"message": message, "field": field, "help": None} for field in fields]
    body = orjson.dumps({"errors": errors}) if fields else b""
    return refusal(status, headers or {}, body, recipients=1000, now=NOW)


@pytest.mark.parametrize(
    "status", [301, 302, 307, 402, 407, 408, 409, 415, 422, 500, 502, 503, 504]
)
def test_answers_that_prove_nothing_are_uncertain(status):
    outcome = answer(status)
    assert isinstance(outcome, Uncertain)
    assert outcome.status == status


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, Refusal.ACCOUNT),
        (403, Refusal.ACCOUNT),
        (404, Refusal.MESSAGE),
        (405, Refusal.MESSAGE),
        (413, Refusal.SIZE),
        (400, Refusal.MESSAGE),
    ],
)
def test_documented_refusals_are_certain(status, expected):
    outcome = answer(status)
    assert isinstance(outcome, Rejected)
    assert (outcome.refusal, outcome.positions, outcome.status) == (expected, (), status)


@pytest.mark.parametrize(
    ("fields", "positions"),
    [
        (["personalizations.417.to"], (417,)),
        (["personalizations.3.to.0.email", "personalizations.1.substitutions"], (1, 3)),
        (["personalizations.3.to", "personalizations.3.headers"], (3,)),
        (["personalizations.0"], (0,)),
    ],
)
def test_refused_recipients_are_named_by_position(fields, positions):
    outcome = answer(400, *fields)
    assert outcome.refusal is Refusal.RECIPIENTS
    assert outcome.positions == positions


@pytest.mark.parametrize(
    "fields",
    [
        [None],
        ["personalizations"],
        ["personalizations.7.to", None],
        ["personalizations.1000.to"],
    ],
)
def test_refusal_that_names_nothing_may_be_of_a_recipient_who_is_not_told(fields):
    outcome = answer(400, *fields)
    assert outcome.refusal is Refusal.RECIPIENTS
    assert outcome.positions == ()


@pytest.mark.parametrize(
    "fields", [["from.email"], ["xpersonalizations.1.to"], ["personalizations.7.to", "subject"]]
)
def test_refusal_that_names_another_part_is_the_messages(fields):
    outcome = answer(400, *fields)
    assert outcome.refusal is Refusal.MESSAGE
    assert outcome.positions == ()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errors": 3}', b'{"errors": ["x"]}'])
def test_refusal_without_a_readable_reason_is_the_messages(body):
    outcome = refusal(400, {}, body, recipients=10, now=NOW)
    assert isinstance(outcome, Rejected)
    assert outcome.refusal is Refusal.MESSAGE


def test_vendors_words_lose_addresses_and_keys():
    outcome = answer(400, "from.email", message="ann@example.org is no sender of SG.secret-key")
    assert "is no sender of" in str(outcome)
    assert "example.org" not in str(outcome)
    assert "secret" not in str(outcome)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "-1"}, 1),
        ({"Retry-After": "1000000000"}, 900),
        ({"Retry-After": "Fri, 27 Nov 2026 09:01:00 GMT"}, 60),
        ({"Retry-After": "Fri, 27 Nov 2020 09:01:00 GMT"}, 1),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "1795770030"}, 30),
        ({"X-RateLimit-Reset": "1795770030"}, 30),
        ({"X-RateLimit-Reset": "5"}, 1),
        ({"X-RateLimit-Reset": "9" * 20}, 900),
        ({"X-RateLimit-Reset": "9" * 400}, None),
        ({"X-RateLimit-Reset": "nan"}, None),
    ],
)
def test_waits_are_understood_and_held_within_bounds(headers, seconds):
    assert retry_after(headers, NOW) == seconds
    assert answer(429, headers=headers).retry_after == seconds


def test_too_many_requests_is_busy():
    assert isinstance(answer(429), Busy)
