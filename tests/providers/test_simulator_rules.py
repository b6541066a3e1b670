"""The simulator's reading of SendGrid's limits: good bodies pass, each bad one is named."""

from __future__ import annotations

import copy

import pytest

from newsletter.providers.sendgrid.payload import body as payload_body
from newsletter.providers.simulator.problems import errors
from newsletter.providers.simulator.rules import is_sandboxed, problems

NOW = 1_795_770_000.0


@pytest.fixture
def good(make_mailing):
    return payload_body(make_mailing(3))


def changed(body, path, value):
    """A copy of the body with the value at `path` replaced; `...` removes it."""
    result = copy.deepcopy(body)
    *way, last = path
    place = result
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return result


PERSON = ("personalizations", 1)
TO = {"email": "reader1@example.org"}

REFUSED = {
    "no personalizations": (("personalizations",), ..., "personalizations"),
    "an empty list of personalizations": (("personalizations",), [], "personalizations"),
    "personalizations of another type": (("personalizations",), {}, "personalizations"),
    "1,001 personalizations": (
        ("personalizations",),
        [{"to": [{"email": f"r{n}@example.org"}]} for n in range(1001)],
        "personalizations",
    ),
    "1,002 recipients in 501 personalizations": (
        ("personalizations",),
        [
            {"to": [{"email": f"a{n}@example.org"}, {"email": f"b{n}@example.org"}]}
            for n in range(501)
        ],
        "personalizations",
    ),
    "a personalization that is none": (PERSON, "x", "personalizations.1"),
    "an unknown name in a personalization": ((*PERSON, "too"), [], "personalizations.1"),
    "no to": ((*PERSON, "to"), ..., "personalizations.1.to"),
    "an empty to": ((*PERSON, "to"), [], "personalizations.1.to"),
    "no at sign": ((*PERSON, "to", 0, "email"), "reader", "personalizations.1.to.0.email"),
    "a space": ((*PERSON, "to", 0, "email"), "a b@example.org", "personalizations.1.to.0.email"),
    "no ending": ((*PERSON, "to", 0, "email"), "a@localhost", "personalizations.1.to.0.email"),
    "a line break": (
        (*PERSON, "to", 0, "email"),
        "a@example.org\n",
        "personalizations.1.to.0.email",
    ),
    "no ASCII": ((*PERSON, "to", 0, "email"), "lé@example.org", "personalizations.1.to.0.email"),
    "a number for an address": ((*PERSON, "to", 0, "email"), 7, "personalizations.1.to.0.email"),
    "a comma in a name": ((*PERSON, "to", 0, "name"), "Doe, Ann", "personalizations.1.to.0.name"),
    "a semicolon in a name": ((*PERSON, "to", 0, "name"), "A; B", "personalizations.1.to.0.name"),
    "the same address in cc": ((*PERSON, "cc"), [TO], "personalizations.1.cc"),
    "the same address in capitals": (
        (*PERSON, "bcc"),
        [{"email": "READER1@example.org"}],
        "personalizations.1.bcc",
    ),
    "the same address twice in the request": (
        (*PERSON, "to", 0, "email"),
        "Reader0@example.org",
        "personalizations.1.to",
    ),
    "a reserved header": (
        (*PERSON, "headers"),
        {"Reply-To": "x"},
        "personalizations.1.headers.Reply-To",
    ),
    "a header of another type": (
        (*PERSON, "headers"),
        {"X-A": 1},
        "personalizations.1.headers.X-A",
    ),
    "a line break in a header": (
        (*PERSON, "headers"),
        {"X-A": "1\r\nBcc: x"},
        "personalizations.1.headers.X-A",
    ),
    "substitutions of another type": (
        (*PERSON, "substitutions"),
        {"-a-": 1},
        "personalizations.1.substitutions",
    ),
    "10,001 bytes of substitutions": (
        (*PERSON, "substitutions"),
        {"-a-": "é" * 4_999},
        "personalizations.1.substitutions",
    ),
    "custom args of another type": ((*PERSON, "custom_args"), {"a": 1}, None),
    "10,000 bytes of custom args beside the message's": (
        (*PERSON, "custom_args"),
        {"a": "x" * 9_999},
        "personalizations.1.custom_args",
    ),
    "an empty subject of one's own": ((*PERSON, "subject"), "", "personalizations.1.subject"),
    "a time of one's own beyond 72 hours": (
        (*PERSON, "send_at"),
        int(NOW) + 72 * 3600 + 1,
        "personalizations.1.send_at",
    ),
    "a message's custom args of another type": (("custom_args",), {"a": 1}, None),
    "no sender": (("from",), ..., "from"),
    "a sender with accents": (("from",), {"email": "é@example.com"}, "from.email"),
    "no subject": (("subject",), ..., "subject"),
    "an empty subject": (("subject",), "", "subject"),
    "no content": (("content",), ..., "content"),
    "empty content": (("content", 1, "value"), "", "content.1.value"),
    "a content type with parameters": (
        ("content", 0, "type"),
        "text/plain; charset=utf-8",
        "content.0.type",
    ),
    "html before text": (
        ("content",),
        [{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}],
        "content",
    ),
    "reply_to beside reply_to_list": (("reply_to_list",), [TO], "reply_to_list"),
    "a bad reply_to": (("reply_to",), {"email": "x"}, "reply_to.email"),
    "eleven categories": (("categories",), [str(n) for n in range(11)], "categories"),
    "a category twice": (("categories",), ["a", "a"], "categories"),
    "a category of 256 characters": (("categories",), ["a" * 256], "categories"),
    "a category with accents": (("categories",), ["é"], "categories"),
    "a time that is text": (("send_at",), "tomorrow", "send_at"),
    "a time that is a switch": (("send_at",), True, "send_at"),
    "a time beyond 72 hours": (("send_at",), int(NOW) + 72 * 3600 + 1, "send_at"),
    "a group that is text": (("asm",), {"group_id": "1"}, "asm.group_id"),
    "26 groups to display": (
        ("asm",),
        {"group_id": 1, "groups_to_display": list(range(26))},
        "asm.groups_to_display",
    ),
    "a pool of one letter": (("ip_pool_name",), "a", "ip_pool_name"),
    "an empty batch id": (("batch_id",), "", "batch_id"),
    "two bypasses": (
        ("mail_settings",),
        {
            "bypass_list_management": {"enable": True},
            "bypass_spam_management": {"enable": True},
        },
        "mail_settings",
    ),
    "a switch that is text": (
        ("tracking_settings", "open_tracking", "enable"),
        "no",
        "tracking_settings.open_tracking.enable",
    ),
    "an attachment without a name": (
        ("attachments",),
        [{"content": "eA=="}],
        "attachments.0.filename",
    ),
    "an unknown name": (("sections",), {}, None),
}


def test_our_own_body_passes(good):
    assert problems(good, NOW) == ()


@pytest.mark.parametrize("case", REFUSED)
def test_bad_body_is_refused_at_its_place(good, case):
    path, value, field = REFUSED[case]
    found = problems(changed(good, path, value), NOW)
    assert field in [problem.field for problem in found]


@pytest.mark.parametrize("body", [None, [], "x", 1, {}])
def test_body_that_is_no_request_is_refused(body):
    assert problems(body, NOW)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("send_at",), int(NOW) + 72 * 3600),
        (("send_at",), 5),
        (("reply_to",), ...),
        ((*PERSON, "headers"), ...),
        ((*PERSON, "substitutions"), {"-a-": "x" * 9_997}),
        (("asm",), {"group_id": 7, "groups_to_display": list(range(25))}),
        (("ip_pool_name",), "ab"),
        (("batch_id",), "b1"),
        (("mail_settings",), {"bypass_list_management": {"enable": True}}),
        (("attachments",), [{"content": "eA==", "filename": "x.txt"}]),
        (("categories",), ["a" * 255, *map(str, range(9))]),
    ],
)
def test_good_bodies_at_the_limits_pass(good, path, value):
    assert problems(changed(good, path, value), NOW) == ()


def test_template_takes_the_place_of_subject_and_content(good):
    body = changed(changed(good, ("subject",), ...), ("content",), ...)
    assert problems(body | {"template_id": "t-1"}, NOW) == ()


def test_dynamic_template_takes_no_substitutions(good):
    found = problems(good | {"template_id": "d-1"}, NOW)
    assert {problem.field for problem in found} == {
        f"personalizations.{place}.substitutions" for place in range(3)
    }


def test_errors_have_sendgrids_shape(good):
    found = problems(changed(good, (*PERSON, "to", 0, "email"), "x"), NOW)
    (error,) = errors(found)["errors"]
    assert error["message"] == "Does not contain a valid address."
    assert error["field"] == "personalizations.1.to.0.email"
    assert error["help"].endswith("#message.personalizations.1.to.0.email")


@pytest.mark.parametrize(
    ("settings", "sandboxed"),
    [
        ({"sandbox_mode": {"enable": True}}, True),
        ({"sandbox_mode": {"enable": False}}, False),
        ({}, False),
        (None, False),
    ],
)
def test_sandbox_is_recognised(settings, sandboxed):
    assert is_sandboxed({"mail_settings": settings}) is sandboxed
