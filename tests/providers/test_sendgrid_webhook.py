"""The event webhook: only SendGrid's raw bytes pass, and nothing in them can break the reader."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.event import Event, EventKind
from newsletter.domain.visit import Sign
from newsletter.errors import ConfigError
from newsletter.providers.sendgrid.webhook import public_key, read_events, verify
from newsletter.providers.simulator.events import Signer

TIMESTAMP = "1795770000"
BODY = b'[{"email":"ann@example.org","event":"delivered","timestamp":1795770000}]\r\n'
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
def signer(tmp_path):
    return Signer(tmp_path / "key.pem")


@pytest.fixture
def key(signer):
    return public_key(signer.public_key)


@pytest.fixture
def signature(signer):
    return signer.headers(TIMESTAMP, BODY)["X-Twilio-Email-Event-Webhook-Signature"]


def event(**values):
    base = {
        "email": "ann@example.org",
        "event": "delivered",
        "timestamp": 1795770000,
        "sg_event_id": "e1",
        "newsletter_delivery": "1007",
        "newsletter_attempt": "a" * 32,
    }
    return base | values


def read_one(**values):
    batch = read_events(orjson.dumps([event(**values)]))
    (found,) = batch.events
    return found


def test_raw_bytes_with_their_signature_pass(key, signature):
    assert verify(key, signature=signature, timestamp=TIMESTAMP, body=BODY)


@pytest.mark.parametrize(
    "body",
    [
        BODY.strip(),
        BODY + b"\r\n",
        orjson.dumps(orjson.loads(BODY), option=orjson.OPT_INDENT_2),
        BODY.replace(b"ann", b"bob"),
        b"",
    ],
)
def test_other_bytes_do_not_pass(key, signature, body):
    assert not verify(key, signature=signature, timestamp=TIMESTAMP, body=body)


@pytest.mark.parametrize("bad", [None, "", "garbage", "AAAA", "é", "====", "MAYCAQACAQA="])
def test_missing_and_garbage_signatures_do_not_pass(key, bad):
    assert not verify(key, signature=bad, timestamp=TIMESTAMP, body=BODY)


@pytest.mark.parametrize(
    "bad", [None, "", "179577000", "17957700000", "179577000x", "١٧٩٥٧٧٠٠٠٠", "1795770000\n"]
)
def test_odd_timestamps_do_not_pass(key, signer, bad):
    told = bad or ""
    signed = signer.headers(told, BODY)["X-Twilio-Email-Event-Webhook-Signature"]
    assert not verify(key, signature=signed, timestamp=bad, body=BODY)


def test_bytes_shifted_over_the_boundary_do_not_pass(key, signature):
    shifted = TIMESTAMP[8:].encode() + BODY
    assert not verify(key, signature=signature, timestamp=TIMESTAMP[:8], body=shifted)


def test_ten_digits_before_shifted_digits_do_not_pass(key, signer):
    signed = signer.headers(TIMESTAMP + "00", BODY)["X-Twilio-Email-Event-Webhook-Signature"]
    assert not verify(key, signature=signed, timestamp=TIMESTAMP, body=b"00" + BODY)


def test_signature_of_another_key_does_not_pass(key, tmp_path):
    other = Signer(tmp_path / "other.pem").headers(TIMESTAMP, BODY)
    signature = other["X-Twilio-Email-Event-Webhook-Signature"]
    assert not verify(key, signature=signature, timestamp=TIMESTAMP, body=BODY)


def test_twin_signature_passes_and_brings_no_new_event(key, signature):
    first, second = decode_dss_signature(base64.b64decode(signature))
    twin = base64.b64encode(encode_dss_signature(first, ORDER - second)).decode()
    assert twin != signature
    assert verify(key, signature=twin, timestamp=TIMESTAMP, body=BODY)
    assert read_events(BODY).events[0].key == read_events(BODY).events[0].key


def _spki(curve):
    key = ec.generate_private_key(curve).public_key()
    return base64.b64encode(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()


@pytest.mark.parametrize("text", ["", "garbage", "AAAA", _spki(ec.SECP384R1())])
def test_key_that_is_none_is_a_mistake_in_the_settings(text):
    with pytest.raises(ConfigError, match="SENDGRID_WEBHOOK_PUBLIC_KEY"):
        public_key(text)


BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("told", "signs", "network"),
    [
        ({"useragent": BROWSER, "ip": "192.0.2.77"}, Sign.BROWSER, "192.0.2.0/24"),
        ({"useragent": BROWSER, "ip": "2001:db8:1:2::3"}, Sign.BROWSER, "2001:db8:1::/48"),
        (
            {"useragent": BROWSER, "ip": "67.231.146.1"},
            Sign.BROWSER | Sign.SCANNER,
            "67.231.146.0/24",
        ),
        ({"useragent": "Barracuda Sentinel (EE)"}, Sign.SCANNER, ""),
        ({"useragent": "python-requests/2.31"}, Sign.PROGRAM, ""),
        ({"useragent": "Mozilla/5.0", "sg_machine_open": True}, Sign.NAMELESS | Sign.PREFETCH, ""),
        ({"useragent": ["odd"], "ip": {"odd": 1}, "sg_machine_open": "yes"}, Sign.NAMELESS, ""),
        (
            {"url": "https://example.org/not-for-readers?utm_source=x"},
            Sign.NAMELESS | Sign.TRAP,
            "",
        ),
    ],
)
def test_signs_of_a_visitor_are_read(told, signs, network):
    found = read_one(event="open", **told)
    assert (Sign(found.signs), found.network) == (signs, network)


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ({"bounce_classification": "Invalid Address"}, "no such address"),
        ({"bounce_classification": "Technical Failure", "type": "blocked"}, "technical"),
        ({"type": "blocked"}, "blocked"),
        ({"bounce_classification": 7}, "unclassified"),
    ],
)
def test_a_bounce_has_a_cause_in_a_word(told, cause):
    assert read_one(event="bounce", **told).cause == cause


def test_event_is_told_in_our_words():
    found = read_one(event="click", url="https://example.com/story")
    assert found == Event(
        key=found.key,
        kind=EventKind.CLICKED,
        at=datetime(2026, 11, 27, 9, 0, tzinfo=UTC),
        address="ann@example.org",
        delivery=1007,
        attempt="a" * 32,
        url="https://example.com/story",
        signs=Sign.NAMELESS.value,
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("processed", EventKind.PROCESSED),
        ("deferred", EventKind.DEFERRED),
        ("delivered", EventKind.DELIVERED),
        ("dropped", EventKind.DROPPED),
        ("bounce", EventKind.BOUNCED),
        ("open", EventKind.OPENED),
        ("click", EventKind.CLICKED),
        ("spamreport", EventKind.COMPLAINED),
        ("unsubscribe", EventKind.UNSUBSCRIBED),
        ("group_unsubscribe", EventKind.UNSUBSCRIBED),
        ("group_resubscribe", EventKind.RESUBSCRIBED),
    ],
)
def test_every_kind_has_its_word(theirs, ours):
    assert read_one(event=theirs).kind is ours


@pytest.mark.parametrize(
    ("values", "permanent"),
    [
        ({"type": "bounce", "bounce_classification": "Invalid Address"}, True),
        ({"type": "bounce", "bounce_classification": "invalid address (x)"}, True),
        ({"type": "bounce", "status": "5.1.1"}, True),
        (
            {"type": "bounce", "status": "5.2.2", "bounce_classification": "Mailbox Unavailable"},
            False,
        ),
        ({"type": "bounce", "status": "5.10.1"}, False),
        ({"type": "blocked", "status": "5.7.1"}, False),
        ({"type": "blocked", "bounce_classification": "Invalid Address"}, False),
        ({"status": "5.1.1"}, False),
    ],
)
def test_only_the_address_at_fault_is_permanent(values, permanent):
    assert read_one(event="bounce", **values).permanent is permanent


def test_reason_loses_the_address():
    told = read_one(event="bounce", reason="550 5.1.1 <ann@example.org>: no such user").reason
    assert "no such user" in told
    assert "ann" not in told


@pytest.mark.parametrize(
    ("reason", "earlier"),
    [
        ("Bounced Address", EventKind.BOUNCED),
        ("bounced address ", EventKind.BOUNCED),
        ("Unsubscribed Address", EventKind.UNSUBSCRIBED),
        ("Spam Reporting Address", EventKind.COMPLAINED),
        ("Spam Content", None),
        ("Invalid SMTPAPI header", None),
        ("", None),
    ],
)
def test_drop_tells_what_the_address_did_before(reason, earlier):
    assert read_one(event="dropped", reason=reason).earlier is earlier
    assert read_one(event="dropped", type=reason).earlier is earlier
    assert read_one(event="deferred", reason=reason).earlier is None


def test_event_is_known_by_what_it_says_and_not_by_an_id_that_may_be_new_or_missing():
    first = read_one()
    assert read_one(sg_event_id=None).key == read_one(sg_event_id="e2").key == first.key
    others = [
        {"event": "dropped"},
        {"timestamp": 1795770001},
        {"email": "bob@example.org"},
        {"url": "https://example.com"},
        {"sg_message_id": "m2"},
        {"newsletter_delivery": "1008"},
        {"newsletter_attempt": "b" * 32},
    ]
    assert len({first.key, *(read_one(**other).key for other in others)}) == 1 + len(others)


def test_two_messages_of_one_delivery_have_two_numbers():
    one, other = read_one(sg_message_id="m1.recvd-1"), read_one(sg_message_id="m1.recvd-2")
    assert one.message != other.message
    assert 0 <= one.message < 2**63
    assert read_one(sg_message_id="m1.recvd-1").message == one.message
    assert read_one().message is None


@pytest.mark.parametrize("delivery", [None, 1007, "", "-1", "1e3", "1" * 19, "ten", "١"])
def test_foreign_delivery_ids_are_left_out(delivery):
    assert read_one(newsletter_delivery=delivery).delivery is None


def test_event_without_our_ids_still_counts_for_its_address():
    (found,) = read_events(
        b'[{"event":"open","timestamp":1795770000,"email":"a@example.org"}]'
    ).events
    assert (found.delivery, found.attempt, found.address) == (None, None, "a@example.org")


def test_bad_events_do_not_hide_good_ones():
    entries = [
        event(),
        3,
        {},
        event(event=7),
        event(timestamp="soon"),
        event(timestamp=True),
        event(timestamp=-5),
        event(timestamp=10**15),
        event(event="account_status_change"),
        event(event="something new"),
        event(event="open", email=None),
    ]
    batch = read_events(orjson.dumps(entries))
    assert [one.kind for one in batch.events] == [EventKind.DELIVERED, EventKind.OPENED]
    assert len(batch.unreadable) == 7
    assert batch.ignored == 2


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (b"NaN", "no JSON"),
        (b'{"event":"open","email":"\\ud800","timestamp":1}', "no JSON"),
        (b'{"event":"open","timestamp":' + b"9" * 5_000 + b"}", "no JSON"),
        (b'{"event":"open","event":"click","timestamp":1795770000}', "a name stands twice"),
        (b'{"event":"open","category":["a",{"b":1,"b":2}]}', "a name stands twice"),
        (b'{"event":"open","url":"\xff"}', "no JSON"),
        (b'{"event":"open",}', "no JSON"),
    ],
    ids=range(7),
)
def test_one_odd_event_among_good_ones_is_kept_by_itself(odd, reason):
    good = orjson.dumps(event(reason='said: "no", {or} [so]'))
    batch = read_events(b"[" + good + b" , " + odd + b",\r\n" + good + b"]")
    assert [one.kind for one in batch.events] == [EventKind.DELIVERED] * 2
    (kept,) = batch.unreadable
    assert reason in kept.reason
    assert kept.raw.strip(b" []\r\n") == odd
    assert read_events(kept.raw).unreadable == (kept,)


def test_names_inside_names_are_no_repetition():
    batch = read_events(orjson.dumps([event(pool={"name": "a", "id": 1}), event(a='"b":')]))
    assert len(batch.events) == 2


def test_a_post_of_nothing_but_odd_entries_is_kept_whole():
    body = b"[" + b"{}," * 101 + b"{}]"
    (kept,) = read_events(body).unreadable
    assert kept.raw == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"event":"open"}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'[{"a":' * 5_000 + b"1" + b"}]" * 5_000,
        b"[NaN]",
        b"\xff\xfe[",
        b"[1,2]]",
        b"[" + b'"' * 1_000_001,
        b'["' + b'\\"' * 500_000,
    ],
    ids=range(11),
)
def test_bombs_are_kept(body):
    batch = read_events(body)
    assert batch.events == ()
    assert batch.unreadable
    assert all(one.reason for one in batch.unreadable)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(event())), json_values), max_size=4))
def test_every_entry_is_an_event_unreadable_or_ignored(entries):
    batch = read_events(orjson.dumps(entries))
    assert len(batch.events) + len(batch.unreadable) + batch.ignored == len(entries)


@given(st.binary(max_size=60))
def test_no_bytes_can_break_the_reader(body):
    batch = read_events(body)
    assert all(isinstance(one, Event) for one in batch.events)
