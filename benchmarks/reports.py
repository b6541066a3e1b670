"""A workspace that mailed everybody, and the signed posts in which a provider reports on it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import insert

from newsletter.app import SystemClock, SystemRandomness, Workspace
from newsletter.domain.address import address_digest
from newsletter.providers.sendgrid.payload import ATTEMPT, CAMPAIGN, DELIVERY
from newsletter.store import schema
from newsletter.store.engine import pepper, writing
from newsletter.usecases.workspace import init

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.providers.simulator.events import Signer

PEOPLE = 30_000
KINDS = ("processed", "delivered", "open")
POST = 300  # events in one; SendGrid posts every 30 seconds, or at 768 kB
SECRET = "benchmark secret of 32 characters"
TIMESTAMP = "1795770100"
AT = datetime(2026, 11, 23, tzinfo=UTC)
Request = tuple[bytes, dict[str, str]]


def workspace_at(root: Path) -> Workspace:
    if not root.exists():
        init(root)
    settings = Workspace.open(root).settings
    return Workspace(
        root,
        settings,
        SystemClock(),
        SystemRandomness(),
        {"NEWSLETTER_SECRET_KEY": SECRET},
    )


def fill(workspace: Workspace) -> None:
    """A campaign that was submitted to everybody."""
    sender = {"email": "d@example.com", "name": ""}
    envelope = {"sender": sender, "reply_to": None, "list_id": "", "base_url": ""}
    with writing(workspace.engine) as connection:
        secret = pepper(connection)
        connection.execute(
            insert(schema.campaign).values(
                id=1, issue="bench", list_key="weekly", segment="", occurrence="", state="done",
                envelope=envelope, digest="", candidates=PEOPLE, frozen_at=AT,
            )
        )  # fmt: skip
        connection.execute(
            insert(schema.batch).values(
                id=1, campaign_id=1, sequence=0, version="all", state="submitted",
                attempt_id="a" * 32,
            )
        )  # fmt: skip
        connection.execute(
            insert(schema.attempt).values(id="a" * 32, batch_id=1, recipients=PEOPLE, created_at=AT)
        )
        people = [(one, f"reader{one:06}@example.com") for one in range(1, PEOPLE + 1)]
        connection.execute(
            insert(schema.subscriber),
            [{"id": one, "address": address, "canonical": address, "attributes": {},
              "tracking": True, "digest": address_digest(secret, address),
              "created_at": AT, "updated_at": AT}
             for one, address in people],
        )  # fmt: skip
        connection.execute(
            insert(schema.subscription),
            [{"id": one, "subscriber_id": one, "list_key": "weekly", "status": "subscribed",
              "consent_source": "benchmark", "subscribed_at": AT} for one, _ in people],
        )  # fmt: skip
        connection.execute(
            insert(schema.delivery),
            [{"id": one, "campaign_id": 1, "batch_id": 1, "subscriber_id": one,
              "subscription_id": one, "address": address, "canonical": address,
              "digest": address_digest(secret, address)} for one, address in people],
        )  # fmt: skip


def signed_posts(signer: Signer) -> Iterator[Request]:
    events = [_event(person, kind) for kind in KINDS for person in range(1, PEOPLE + 1)]
    for start in range(0, len(events), POST):
        body = orjson.dumps(events[start : start + POST])
        yield body, signer.headers(TIMESTAMP, body)


def _event(person: int, kind: str) -> dict[str, Any]:
    """As SendGrid's are, without the longer of its fields."""
    return {
        "email": f"reader{person:06}@example.com",
        "timestamp": 1795770000 + person % 600,
        "smtp-id": f"<{person:020}@geopod-ismtpd-1>",
        "event": kind,
        "category": ["2026-11-27"],
        "sg_event_id": base64.b64encode(f"{kind}{person:012}".encode()).decode(),
        "sg_message_id": f"{person:022}.recvd-bench-1-6A1-0.0",
        "response": "250 2.0.0 OK",
        CAMPAIGN: "1",
        DELIVERY: str(person),
        ATTEMPT: "a" * 32,
    }
