"""The limit of a send: what a careful person would write by hand, with the same promise.

It claims a batch and records the one before in one commit at full durability, leaves out who is
suppressed or has left, signs the same links, formats the same body with substitutions around an
issue that was encoded beforehand, and posts it on one kept connection. It logs no moves, knows no
pace and no trouble, and any number of its processes may share a campaign.
"""

from __future__ import annotations

import hmac
import http.client
import json
import os
import sqlite3
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NEXT = """
    SELECT id FROM batch WHERE campaign_id = ? AND state = 'ready' ORDER BY sequence LIMIT 1
"""
PEOPLE = """
    SELECT delivery.id, delivery.subscription_id, delivery.address
    FROM delivery
    LEFT JOIN suppression ON suppression.digest = delivery.digest
    LEFT JOIN subscription ON subscription.id = delivery.subscription_id
    WHERE delivery.batch_id = ? AND delivery.ending IS NULL AND suppression.digest IS NULL
      AND subscription.status = 'subscribed'
    ORDER BY delivery.id
"""
CLAIM = "UPDATE batch SET state = 'submitting', attempt_id = ? WHERE id = ? AND state = 'ready'"
OPEN = """
    INSERT INTO attempt (id, batch_id, recipients, created_at, recall, reason)
    VALUES (?, ?, ?, datetime('now'), '', '')
"""
RECORD = "UPDATE batch SET state = 'submitted' WHERE id = ? AND attempt_id = ?"
CLOSE = """
    UPDATE attempt SET outcome = 'accepted', status = 202, reference = ?,
      closed_at = datetime('now')
    WHERE id = ?
"""


def send(database: Path, campaign: int, port: int, key: bytes, rendition: Any) -> None:
    """Send what is ready of a campaign."""
    store = sqlite3.connect(database, timeout=30, isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        store.execute(f"PRAGMA {setting}").close()
    door = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": "Bearer SG.bench", "Content-Type": "application/json"}
    tail = envelope(campaign, rendition.html)
    form = shape(rendition.tokens)
    answered: tuple[int, str, str] | None = None
    while True:
        store.execute("BEGIN IMMEDIATE")
        if answered is not None:
            store.execute(RECORD, answered[:2])
            store.execute(CLOSE, (answered[2], answered[1]))
        found = store.execute(NEXT, (campaign,)).fetchone()
        if found is None:
            store.execute("COMMIT")
            return
        attempt = os.urandom(16).hex()
        people = store.execute(PEOPLE, found).fetchall()
        store.execute(CLAIM, (attempt, found[0]))
        store.execute(OPEN, (attempt, found[0], len(people)))
        store.execute("COMMIT")
        body = (
            '{"personalizations":['
            + ",".join([personalization(form, key, *row) for row in people])
            + f'],"custom_args":{{"attempt":"{attempt}","campaign":"{campaign}"}},'
        ).encode() + tail
        door.request("POST", "/v3/mail/send", body, headers)
        answer = door.getresponse()
        answer.read()
        if answer.status != 202:
            raise RuntimeError(f"the sink answered {answer.status}")
        answered = (found[0], attempt, answer.getheader("X-Message-Id", ""))


def personalization(form: str, key: bytes, delivery: int, subscription: int, address: str) -> str:
    """One reader's part of a request's body."""
    numbers = (subscription << 48 | delivery).to_bytes(12, "big")
    mark = hmac.digest(key, numbers, "sha256")[:12]
    url = f"https://n.example/u/{urlsafe_b64encode(numbers + mark).decode()}"
    return form % (address, url, url, url, delivery)


def shape(tokens: Any) -> str:
    """What is formatted for each reader."""
    first, second = (token.placeholder for token in tokens)
    return (
        '{"to":[{"email":"%s"}],'
        f'"substitutions":{{"{first}":"%s","{second}":"%s"}},'
        '"headers":{"List-Unsubscribe":"<%s>",'
        '"List-Unsubscribe-Post":"List-Unsubscribe=One-Click"},'
        '"custom_args":{"newsletter_delivery":"%s"}}'
    )


def envelope(campaign: int, html: str) -> bytes:
    """What follows the readers, the same for all."""
    rest = json.dumps(
        {
            "from": {"email": "editor@example.com", "name": "Bench"},
            "subject": "Gold",
            "content": [
                {"type": "text/plain", "value": "text"},
                {"type": "text/html", "value": html},
            ],
            "headers": {"List-Id": "<weekly.example.com>"},
            "categories": ["newsletter", str(campaign)],
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": {"enable": False},
                "subscription_tracking": {"enable": False},
            },
        }
    )
    return rest[1:].encode()
