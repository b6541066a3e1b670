"""The events SendGrid would report of what was accepted: made (pure), signed, and posted.

Who opens, bounces or complains is drawn from a digest of seed and delivery, so a rehearsal with
the same seed tells the same story again, and a repeated event has the same id.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from newsletter.errors import NewsletterError
from newsletter.providers.sendgrid.payload import ATTEMPT, CAMPAIGN, DELIVERY
from newsletter.providers.sendgrid.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from newsletter.ports import Clock
    from newsletter.providers.simulator.ledger import Acceptance, Person

POST_SIZE = 500  # events in one post


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares from 0 to 1. The first five exclude each other; the others are of the delivered."""

    dropped: float = 0.002
    bounced: float = 0.01
    blocked: float = 0.005
    opened: float = 0.35
    clicked: float = 0.08
    complained: float = 0.001
    unsubscribed: float = 0.004
    deferred: float = 0.02


@dataclass(frozen=True, slots=True)
class Story:
    """How a set of events is told: seed, rates, the share sent twice, and whether in order."""

    seed: str = "1"
    rates: Rates = Rates()
    repeated: float = 0.0
    shuffled: bool = False


def events_of(acceptances: Iterable[Acceptance], story: Story) -> list[dict[str, Any]]:
    """All events of these acceptances as SendGrid's objects, repeated and shuffled as told."""
    events = [
        event
        for acceptance in acceptances
        for person in acceptance.people
        for event in _life(acceptance, person, story)
    ]
    events += [
        event
        for event in events
        if _fraction(f"{story.seed} again {event['sg_event_id']}") < story.repeated
    ]
    if story.shuffled:
        places = {
            id(event): _fraction(f"{story.seed} place {number} {event['sg_event_id']}")
            for number, event in enumerate(events)
        }
        events.sort(key=lambda event: places[id(event)])
    return events


def _life(acceptance: Acceptance, person: Person, story: Story) -> Iterator[dict[str, Any]]:
    """What happens to one mail, in the order it happens."""
    rates = story.rates
    lots = _Lots(f"{story.seed} {acceptance.message_id} {person.delivery} {person.address}")
    end = lots.draw()
    if end < rates.dropped:
        yield _event(acceptance, person, "dropped", 1, reason="Bounced Address")
        return
    yield _event(acceptance, person, "processed", 1)
    if lots.draw() < rates.deferred:
        yield _event(acceptance, person, "deferred", 2, response="451 4.7.0 try again later")
    end -= rates.dropped
    if end < rates.bounced:
        yield _event(acceptance, person, "bounce", 5, **_NO_SUCH_MAILBOX)
        return
    if end < rates.bounced + rates.blocked:
        yield _event(acceptance, person, "bounce", 5, **_BLOCKED)
        return
    yield _event(acceptance, person, "delivered", 5, response="250 2.0.0 OK")
    for kind, share, delay in (
        ("open", rates.opened, 600),
        ("click", rates.clicked, 660),
        ("unsubscribe", rates.unsubscribed, 700),
        ("spamreport", rates.complained, 800),
    ):
        if lots.draw() < share and _is_noted(acceptance, kind):
            more = {"url": _followed(acceptance, person, story)} if kind == "click" else {}
            after = delay + lots.digits * 15  # readers do not come all in one second
            yield _event(acceptance, person, kind, after, **more, **_visitor(lots, kind))


def _is_noted(acceptance: Acceptance, kind: str) -> bool:
    """Opens and clicks are told of tracked mail alone."""
    return {"open": acceptance.opens, "click": bool(acceptance.links)}.get(kind, True)


def _followed(acceptance: Acceptance, person: Person, story: Story) -> str:
    """The link a reader follows: one of those above more often than one of those below."""
    lot = _fraction(f"{story.seed} link {person.delivery} {person.address}")
    return acceptance.links[int(lot**2 * len(acceptance.links))]


def _visitor(lots: _Lots, kind: str) -> dict[str, Any]:
    """Who opens or clicks: mostly a browser, now and then a mail program ahead of its reader."""
    if kind not in ("open", "click"):
        return {}
    alone = kind == "open" and lots.digits % 6 == 0
    return {"useragent": "Mozilla/5.0", "sg_machine_open": True} if alone else _BROWSER


_BROWSER = {"useragent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
_NO_SUCH_MAILBOX = {
    "type": "bounce",
    "status": "5.1.1",
    "reason": "550 5.1.1 no such mailbox",
    "bounce_classification": "Invalid Address",
}
_BLOCKED = {
    "type": "blocked",
    "status": "5.7.1",
    "reason": "550 5.7.1 message refused for the sender's reputation",
    "bounce_classification": "Reputation",
}


def _event(
    acceptance: Acceptance, person: Person, kind: str, delay: int, **more: Any
) -> dict[str, Any]:
    start = max(acceptance.at, acceptance.send_at or 0)
    identity = f"{acceptance.message_id} {person.delivery} {person.address} {kind} {delay}"
    return {
        "email": person.address,
        "timestamp": start + delay,
        "event": kind,
        "sg_event_id": _identifier(identity),
        "sg_message_id": f"{acceptance.message_id}.recvd-simulator-1-0",
        "category": list(acceptance.categories),
        DELIVERY: person.delivery,
        ATTEMPT: acceptance.attempt,
        CAMPAIGN: acceptance.campaign,
        **more,
    }


class _Lots:
    """Fractions from 0 to 1, drawn one after the other from one digest."""

    def __init__(self, seed: str) -> None:
        self._digest = hashlib.blake2b(seed.encode()).digest()
        self._place = 0

    @property
    def digits(self) -> int:
        """A number that no draw has an influence on."""
        return self._digest[-1]

    def draw(self) -> float:
        self._place += 4
        return int.from_bytes(self._digest[self._place - 4 : self._place], "big") / 2**32


def _fraction(seed: str) -> float:
    return _Lots(seed).draw()


def _identifier(identity: str) -> str:
    digest = hashlib.blake2b(identity.encode(), digest_size=16).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Signer:
    """A P-256 key in a file, made when it is missing, signing as SendGrid does."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            fresh = ec.generate_private_key(ec.SECP256R1())
            path.touch(mode=0o600)
            path.write_bytes(fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except ValueError:
            key = None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise NewsletterError(
                "is not the simulator's key; move the file away and a new one is made",
                file=str(path),
            )
        self._key = key

    @property
    def public_key(self) -> str:
        """Base64 SPKI, as SendGrid shows it."""
        encoded = self._key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(encoded).decode()

    def headers(self, timestamp: str, body: bytes) -> dict[str, str]:
        """The two signature headers of one post."""
        mark = self._key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        return {SIGNATURE_HEADER: base64.b64encode(mark).decode(), TIMESTAMP_HEADER: timestamp}


def post_events(
    events: list[dict[str, Any]], url: str, *, signer: Signer, clock: Clock
) -> tuple[int, ...]:
    """Post events in groups; the status of each post, 0 where nobody answered."""
    statuses = []
    with urllib3.PoolManager(retries=False, timeout=30.0) as pool:
        for start in range(0, len(events), POST_SIZE):
            body = orjson.dumps(events[start : start + POST_SIZE])
            timestamp = str(int(clock.now().timestamp()))
            headers = signer.headers(timestamp, body) | {"Content-Type": "application/json"}
            try:
                reply = pool.request("POST", url, body=body, headers=headers, redirect=False)
                statuses.append(reply.status)
            except urllib3.exceptions.HTTPError:
                statuses.append(0)
    return tuple(statuses)
