"""The limit of a send from PostgreSQL: `benchmarks.durable`, written with psycopg.

The same promise: a batch is claimed, past what others hold, and the one before recorded in one
commit that is durable, who is suppressed or has left is left out, links are signed, and the body is
formatted around an issue that was encoded beforehand.
"""

from __future__ import annotations

import http.client
import os
from typing import Any

import psycopg

from benchmarks.durable import envelope, personalization, shape

NEXT = """
    SELECT id FROM batch WHERE campaign_id = %s AND state = 'ready'
    ORDER BY sequence LIMIT 1 FOR UPDATE SKIP LOCKED
"""
PEOPLE = """
    SELECT delivery.id, delivery.subscription_id, delivery.address
    FROM delivery
    LEFT JOIN suppression ON suppression.digest = delivery.digest
    LEFT JOIN subscription ON subscription.id = delivery.subscription_id
    WHERE delivery.batch_id = %s AND delivery.ending IS NULL AND suppression.digest IS NULL
      AND subscription.status = 'subscribed'
    ORDER BY delivery.id
"""
CLAIM = "UPDATE batch SET state = 'submitting', attempt_id = %s WHERE id = %s AND state = 'ready'"
OPEN = """
    INSERT INTO attempt (id, batch_id, recipients, created_at, recall, reason)
    VALUES (%s, %s, %s, now(), '', '')
"""
RECORD = "UPDATE batch SET state = 'submitted' WHERE id = %s AND attempt_id = %s"
CLOSE = """
    UPDATE attempt SET outcome = 'accepted', status = 202, reference = %s, closed_at = now()
    WHERE id = %s
"""


def send(conninfo: str, campaign: int, port: int, key: bytes, rendition: Any) -> None:
    """Send what is ready of a campaign."""
    with psycopg.connect(conninfo, options="-c synchronous_commit=on") as store:
        _send(store, campaign, port, key, rendition)


def _send(store: Any, campaign: int, port: int, key: bytes, rendition: Any) -> None:
    door = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": "Bearer SG.bench", "Content-Type": "application/json"}
    tail, form = envelope(campaign, rendition.html), shape(rendition.tokens)
    answered: tuple[int, str, str] | None = None
    while True:
        if answered is not None:
            store.execute(RECORD, answered[:2])
            store.execute(CLOSE, (answered[2], answered[1]))
        found = store.execute(NEXT, (campaign,)).fetchone()
        if found is None:
            store.commit()
            return
        attempt = os.urandom(16).hex()
        people = store.execute(PEOPLE, found).fetchall()
        store.execute(CLAIM, (attempt, found[0]))
        store.execute(OPEN, (attempt, found[0], len(people)))
        store.commit()
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
