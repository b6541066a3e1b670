from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.audience.addresses import parse_address
from newsletter.domain.address import Address, plain_address
from newsletter.errors import AudienceError

HOSTILE = {
    "header injection": "a@example.org\r\nBcc: b@example.org",
    "header injection in a list": "a@example.org\r\nBcc:..",
    "line feed at the end": "a@example.org\n",
    "carriage return": "a@example.org\r",
    "vertical tab": "a@example.org\x0b",
    "next line": "a@example.org\x85",
    "line separator": "a@example.org\u2028",
    "quoted part with another address": '"a@example.com x"@example.org',
    "quoted part": '"a b"@example.org',
    "encoded word": "=?utf-8?q?a=40example.com=3e=00?=b@example.org",
    "percent relay": "a%example.com@example.org",
    "bang relay": "example.com!a@example.org",
    "two addresses": "a@example.com <b@example.org>",
    "comment with an address": "a@example.com)b@example.org",
    "comment": "a(b)@example.org",
    "comma list": "a@example.org,b@example.org",
    "semicolon list": "a@example.org;b@example.org",
    "Kelvin sign": "mi\u212ae@example.org",
    "full-width letters": "\uff2d\uff29\uff2b\uff25@example.org",
    "dotted capital I": "\u0130@example.org",
    "Cyrillic a": "\u0430lice@example.org",
    "long local part": "a" * 65 + "@example.org",
    "very long": "a" * 100_000 + "@example.org",
    "nested comments": "(" * 50 + "a" + ")" * 50 + "@example.org",
    "zero width space": "a\u200b@example.org",
    "byte order mark": "\ufeffa@example.org",
    "right-to-left override": "a\u202e@example.org",
    "NUL": "a@example.org\0",
    "NUL inside": "a\0b@example.org",
    "tab": "a\t@example.org",
    "lone surrogate": "a\ud800@example.org",
    "address literal": "a@[127.0.0.1]",
    "no domain": "a@",
    "no local part": "@example.org",
    "no at sign": "example.org",
    "nothing": "",
    "one label": "a@localhost",
    "reserved ending": "a@shop.test",
    "reserved ending behind an apostrophe": "o'a@shop.invalid",
    "dots in a row": "a..b@example.org",
    "dot first": ".a@example.org",
    "dot at the end": "a@example.org.",
    "broken A-label": "a@xn--a.org",
    "numbers as ending": "a@10.0.0.1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_addresses_are_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(AudienceError) as refused:
        parse_address(text)
    assert not text or text not in refused.value.message
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    ("text", "mailed", "canonical"),
    [
        ("Rosa@Example.ORG", "Rosa@example.org", "rosa@example.org"),
        ("  rosa@example.org ", "rosa@example.org", "rosa@example.org"),
        ("O'Hara@example.org", "O'Hara@example.org", "o'hara@example.org"),
        ("a=b?c@example.org", "a=b?c@example.org", "a=b?c@example.org"),
        ("rosa+trade@example.org", "rosa+trade@example.org", "rosa+trade@example.org"),
        ("a@b\u00fccher.example.org", "a@xn--bcher-kva.example.org", None),
        ("a@B\u00dcCHER.example.org", "a@xn--bcher-kva.example.org", None),
        ("a@xn--bcher-kva.example.org", "a@xn--bcher-kva.example.org", None),
        ("a@ex\u0430mple.org", "a@xn--exmple-4nf.org", None),
        ("a@example\u3002org", "a@example.org", None),
    ],
)
def test_addresses_get_an_ascii_domain_and_one_canonical_form(
    text: str, mailed: str, canonical: str | None
) -> None:
    assert parse_address(text) == Address(mailed=mailed, canonical=canonical or mailed)


def _accepts(text: str) -> bool:
    try:
        validate_email(text, strict=True, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


_odd = st.text(alphabet="aZ09.-_+'!%@ \u00fc\u0430\u212a\u200b()<>\",;:[]=?\r\n\t\0/", max_size=30)
_labels = st.from_regex(r"[a-zA-Z0-9-]{1,8}", fullmatch=True)
_shaped = st.builds(
    lambda local, labels: f"{local}@{'.'.join(labels)}",
    st.from_regex(r"[a-zA-Z0-9._+'-]{1,10}", fullmatch=True),
    st.lists(_labels, min_size=1, max_size=4),
)


@given(st.one_of(_odd, _shaped))
@example("a@b.c-d")
@example("a@b--c.de")
def test_whatever_passes_is_plain_ascii_and_one_token(text: str) -> None:
    try:
        address = parse_address(text)
    except AudienceError:
        return
    assert address.mailed.isascii()
    assert address.mailed.isprintable()
    assert not set(address.mailed) & set(' "(),:;<>[]\\%!')
    assert address.mailed.count("@") == 1
    assert address.canonical == address.mailed.casefold()
    assert parse_address(address.mailed) == address
    assert parse_address(address.canonical).canonical == address.canonical


@given(_shaped)
@example("a@b.c-d")
@example("a@ab--cd.org")
@example("a@b.c0")
def test_the_quick_way_accepts_nothing_that_the_full_validator_refuses(text: str) -> None:
    plain = plain_address(text)
    if plain is None:
        return
    try:
        passed = parse_address(text) is not None
    except AudienceError:
        passed = False
    assert passed == _accepts(text)
