"""SendGrid's event webhook: is it theirs, and what does it say in our words.

The signature covers the timestamp header followed by the raw body, with nothing in between
(https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features).
So both are held to their shape before anything is verified, and the body is never re-encoded.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.config import WEBHOOK_KEY
from newsletter.domain.event import Event, EventKind
from newsletter.domain.scanner import signs_of_name, signs_of_network
from newsletter.domain.visit import UNKNOWN, Sign, is_trap
from newsletter.errors import ConfigError
from newsletter.providers.sendgrid.entries import Unreadable, alone, entries
from newsletter.providers.sendgrid.payload import ATTEMPT, DELIVERY

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"

MOST_UNREADABLE = 100
"""Odd entries of one post that are kept one by one; with more, the post is kept whole."""

KINDS: Mapping[str, EventKind] = {
    "processed": EventKind.PROCESSED,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "dropped": EventKind.DROPPED,
    "bounce": EventKind.BOUNCED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "group_resubscribe": EventKind.RESUBSCRIBED,
}

_VISITS = frozenset({EventKind.OPENED, EventKind.CLICKED})

_DROPS: Mapping[str, EventKind] = {
    "bounced address": EventKind.BOUNCED,
    "unsubscribed address": EventKind.UNSUBSCRIBED,
    "spam reporting address": EventKind.COMPLAINED,
}
"""Reasons of a drop that tell what the address did before."""

_CAUSES: Mapping[str, str] = {
    "invalid address": "no such address",
    "mailbox unavailable": "mailbox unavailable",
    "reputation": "reputation",
    "content": "content",
    "frequency": "too many at once",
    "technical": "technical",
}
"""Beginnings of `bounce_classification` → why, in a word."""

_TIMESTAMP = re.compile(r"[0-9]{10}\Z")
_DELIVERY = re.compile(r"[0-9]{1,18}\Z")
_ATTEMPT = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")
_ADDRESS = re.compile(r"\S*@\S*")


@dataclass(frozen=True, slots=True)
class WebhookBatch:
    """One post: events in our words, what was unreadable, and how many we have no use for."""

    events: tuple[Event, ...]
    unreadable: tuple[Unreadable, ...] = ()
    ignored: int = 0


def public_key(text: str) -> ec.EllipticCurvePublicKey:
    """The verification key as SendGrid shows it (base64 SPKI, P-256); ConfigError otherwise."""
    try:
        key = load_der_public_key(base64.b64decode(text.strip(), validate=True))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ConfigError(
            f"the environment's {WEBHOOK_KEY} is not a verification key; copy it from SendGrid's "
            "Mail Settings, Event Webhook, Signature Verification"
        )
    return key


def verify(
    key: ec.EllipticCurvePublicKey, *, signature: str | None, timestamp: str | None, body: bytes
) -> bool:
    """Whether these raw bytes are SendGrid's. There is no age limit: retries last 24 hours."""
    if not signature or not _TIMESTAMP.match(timestamp or ""):
        return False
    if not body.lstrip(b" \t\r\n").startswith(b"["):
        return False  # digits moved over from the timestamp would verify too
    try:
        mark = base64.b64decode(signature, validate=True)
        key.verify(mark, str(timestamp).encode() + body, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def read_events(body: bytes) -> WebhookBatch:
    """The events of a verified body; never raises, whatever the bytes are."""
    events: list[Event] = []
    unreadable: list[Unreadable] = []
    ignored = 0
    for entry in entries(body):
        read = entry if isinstance(entry, Unreadable) else _event(entry)
        if isinstance(read, Event):
            events.append(read)
        elif read is None:
            ignored += 1
        elif len(unreadable) <= MOST_UNREADABLE:
            unreadable.append(read)
    if len(unreadable) > MOST_UNREADABLE:
        unreadable = [Unreadable(f"more than {MOST_UNREADABLE} odd entries", body)]
    return WebhookBatch(tuple(events), tuple(unreadable), ignored)


def _event(entry: Any) -> Event | Unreadable | None:
    """None for a well-formed event of a kind that we have no use for, or do not know yet."""
    if not isinstance(entry, dict) or not isinstance(entry.get("event"), str):
        return Unreadable("no event object", alone(orjson.dumps(entry)))
    kind = KINDS.get(entry["event"])
    if kind is None:
        return None
    at = entry.get("timestamp")
    if isinstance(at, bool) or not isinstance(at, int) or not 0 < at < 2**32:
        return Unreadable("no timestamp in seconds", alone(orjson.dumps(entry)))
    signs, network = _visitor(entry) if kind in _VISITS else (UNKNOWN, "")
    return Event(
        key=_key(entry),
        kind=kind,
        at=datetime.fromtimestamp(at, UTC),
        address=_text(entry, "email"),
        delivery=_delivery(entry),
        attempt=_attempt(entry),
        reason=_reason(entry),
        url=_text(entry, "url") or None,
        permanent=_permanent(entry),
        earlier=_earlier(entry),
        message=_message(entry),
        cause=_cause(entry) if kind is EventKind.BOUNCED else "",
        signs=signs.value,
        network=network,
    )


def _key(entry: dict[str, Any]) -> str:
    """What makes two reports the same one: a digest of who, what, when, and of which mail.

    Not `sg_event_id`: some drops have none, and a report that is posted again may have a new one
    (sendgrid-nodejs#1435).
    """
    names = ("event", "timestamp", "email", "sg_message_id", "url", DELIVERY, ATTEMPT)
    told = orjson.dumps([entry.get(name) for name in names])
    return base64.urlsafe_b64encode(hashlib.blake2b(told, digest_size=15).digest()).decode()


def _message(entry: dict[str, Any]) -> int | None:
    """63 bits for `sg_message_id`, which late bounces lack."""
    told = _text(entry, "sg_message_id")
    if not told:
        return None
    return int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest()) >> 1


def _delivery(entry: dict[str, Any]) -> int | None:
    text = _text(entry, DELIVERY)
    return int(text) if _DELIVERY.match(text) else None


def _attempt(entry: dict[str, Any]) -> str | None:
    text = _text(entry, ATTEMPT)
    return text if _ATTEMPT.match(text) else None


def _reason(entry: dict[str, Any]) -> str:
    """Why, in the servers' words; the address they like to repeat is left out."""
    told = _text(entry, "reason") or _text(entry, "response") or _text(entry, "type")
    return _ADDRESS.sub("[…]", told)[:500]


def _cause(entry: dict[str, Any]) -> str:
    told = _text(entry, "bounce_classification").lower()
    for beginning, word in _CAUSES.items():
        if told.startswith(beginning):
            return word
    return "blocked" if entry.get("type") == "blocked" else "unclassified"


def _visitor(entry: dict[str, Any]) -> tuple[Sign, str]:
    """Signs of a human or a machine, and the network of whoever opened or clicked."""
    signs, network = signs_of_network(_text(entry, "ip"))
    signs |= signs_of_name(_text(entry, "useragent"))
    if entry.get("sg_machine_open") is True:
        signs |= Sign.PREFETCH
    if is_trap(_text(entry, "url")):
        signs |= Sign.TRAP
    return signs, network


def _permanent(entry: dict[str, Any]) -> bool:
    """Only a bounce that blames the address itself: blocks and full boxes pass.

    Enhanced status 5.1.x is "bad destination address" (RFC 3463, 3.2).
    """
    if entry["event"] != "bounce" or entry.get("type") != "bounce":
        return False
    blamed = _text(entry, "bounce_classification").lower().startswith("invalid address")
    return blamed or _text(entry, "status").startswith("5.1.")


def _earlier(entry: dict[str, Any]) -> EventKind | None:
    if entry["event"] != "dropped":
        return None
    told = (_text(entry, "reason") or _text(entry, "type")).strip().lower()
    return _DROPS.get(told)


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""
