"""Sending to 100,000 subscribers with the ledger on, against a loop without any promise.

Timed is the send of a frozen campaign, from its first claim to `done`; the freeze, which happens
once and may happen days before, is told beside it. The limit reads rows from SQLite, signs the same
links, formats the same JSON around a body encoded beforehand, and posts it on one kept connection.
Both post to a sink that only counts.
"""

from __future__ import annotations

import hmac
import http.client
import json
import multiprocessing
import resource
import socket
import sqlite3
import tempfile
import threading
import time
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from sqlalchemy import insert

from benchmarks.bar import Bar
from newsletter.app import SystemClock, SystemRandomness
from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.address import address_digest
from newsletter.domain.campaign import Campaign, CampaignState, Envelope
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.domain.token import derive_key
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.store import campaigns, freezing, schema
from newsletter.store.engine import open_store, pepper, writing

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = 100_000
BATCH = 1000  # the most a request may carry
ROUNDS = 5
KEY = derive_key(b"benchmark secret of 32 characters", "unsubscribe")
HTML = "<p>" + "A brief about gold, stones and watches. " * 1000 + "</p>"
TOKENS = (
    Token("https://nlb0.invalid/1", "unsubscribe_url", Part.HTML),
    Token("https://nlb1.invalid/1", "unsubscribe_url", Part.TEXT),
)


def bars() -> list[Bar]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "newsletter.db"
        _fill(database)
        port, sink = _started_sink()
        ours, limits, freezes, peak = [], [], [], 0.0
        for round_ in range(ROUNDS):
            (freeze, seconds), megabytes = _in_child(_ours, database, port, round_)
            freezes.append(freeze)
            ours.append(seconds)
            peak = max(peak, megabytes)
            limits.append(_in_child(_limit, database, port, round_)[0][0])
        sink.terminate()
        sink.join()
    mine, bare = min(ours), min(limits)
    return [
        Bar(
            "send 100,000, hand-written loop ÷ ours",
            bare / mine,
            0.3,
            False,
            f"{PEOPLE / mine:,.0f} against {PEOPLE / bare:,.0f} recipients/s; "
            f"the freeze took {min(freezes):.2f} s before",
        ),
        Bar("peak memory of the send, MB", peak, 150, True, "resident, one process"),
    ]


def _fill(database: Path) -> None:
    engine = open_store(f"sqlite:///{database}", clock=SystemClock(), randomness=SystemRandomness())
    now = datetime(2026, 11, 23, tzinfo=UTC)
    with writing(engine) as connection:
        secret = pepper(connection)
        for start in range(0, PEOPLE, 10_000):
            people = [
                (number, f"reader{number:06}@example.com")
                for number in range(start + 1, start + 10_001)
            ]
            connection.execute(
                insert(schema.subscriber),
                [
                    {
                        "id": number,
                        "address": address,
                        "canonical": address,
                        "digest": address_digest(secret, address),
                        "attributes": {"first_name": "Ada", "role": "retailer", "country": "US"},
                        "created_at": now,
                        "updated_at": now,
                    }
                    for number, address in people
                ],
            )
            connection.execute(
                insert(schema.subscription),
                [
                    {
                        "subscriber_id": number,
                        "list_key": "weekly",
                        "status": "subscribed",
                        "consent_source": "benchmark",
                        "subscribed_at": now,
                    }
                    for number, _ in people
                ],
            )
    engine.dispose()


def _ours(database: Path, port: int, round_: int) -> tuple[float, ...]:
    """Seconds of the freeze, and of the send."""
    engine = open_store(f"sqlite:///{database}", clock=SystemClock(), randomness=SystemRandomness())
    wanted = Campaign(
        id=0,
        issue=f"bench-{round_}",
        list_key="weekly",
        segment="",
        state=CampaignState.FROZEN,
        envelope=Envelope(
            Mailbox("editor@example.com", "Bench"),
            None,
            "<weekly.example.com>",
            "https://n.example",
        ),
        digest="",
        frozen_at=datetime(2026, 11, 23, tzinfo=UTC),
        send_at=None,
        reason="",
    )
    began = time.perf_counter()
    rendition = Rendition("all", "Gold", "Gold", HTML + TOKENS[0].placeholder, "text", TOKENS)
    with writing(engine) as connection:
        campaign_id = freezing.freeze(
            connection,
            wanted,
            occurrence="",
            renditions=[rendition],
            rule=None,
            largest_batch=BATCH,
            actor="benchmark",
        )
        campaign = campaigns.get(connection, campaign_id)
    frozen = time.perf_counter()
    ended = Dispatch(
        engine=engine,
        provider=SendGridProvider(
            SecretStr("SG.bench"), host=f"http://127.0.0.1:{port}", clock=SystemClock()
        ),
        clock=SystemClock(),
        randomness=SystemRandomness(),
        key=KEY,
        progress=lambda _: None,
        concurrency=1,  # as the limit has one; a sink without latency leaves nothing to overlap
    ).run(campaign)
    if ended.state is not CampaignState.DONE:
        raise RuntimeError(f"the benchmark's campaign is {ended.state}: {ended.reason}")
    return frozen - began, time.perf_counter() - frozen


def _limit(database: Path, port: int, _round: int) -> tuple[float, ...]:
    began = time.perf_counter()
    head, tail = _envelope()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": "Bearer SG.bench", "Content-Type": "application/json"}
    rows = sqlite3.connect(database).execute(
        "SELECT subscription.id, subscriber.address FROM subscription"
        " JOIN subscriber ON subscriber.id = subscriber_id WHERE list_key = 'weekly'"
    )
    while people := rows.fetchmany(BATCH):
        body = head + ",".join(_personalization(*row) for row in people).encode() + tail
        connection.request("POST", "/v3/mail/send", body, headers)
        connection.getresponse().read()
    return (time.perf_counter() - began,)


def _personalization(subscription: int, address: str) -> str:
    payload = b"\x08" + subscription.to_bytes(8, "big") + subscription.to_bytes(8, "big")
    mark = hmac.digest(KEY, payload, "sha256")[:12]
    url = f"https://n.example/u/{urlsafe_b64encode(payload + mark).decode()}"
    return (
        f'{{"to":[{{"email":"{address}"}}],'
        f'"substitutions":{{"{TOKENS[0].placeholder}":"{url}","{TOKENS[1].placeholder}":"{url}"}},'
        f'"headers":{{"List-Unsubscribe":"<{url}>",'
        f'"List-Unsubscribe-Post":"List-Unsubscribe=One-Click"}},'
        f'"custom_args":{{"newsletter_delivery":"{subscription}"}}}}'
    )


def _envelope() -> tuple[bytes, bytes]:
    rest = json.dumps(
        {
            "from": {"email": "editor@example.com"},
            "subject": "Gold",
            "content": [
                {"type": "text/plain", "value": "text"},
                {"type": "text/html", "value": HTML},
            ],
        }
    )
    return b'{"personalizations":[', b"]," + rest[1:].encode()


def _in_child(
    run: Callable[..., tuple[float, ...]], *arguments: Any
) -> tuple[tuple[float, ...], float]:
    """What a run measured, and its peak resident megabytes, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_measured, args=(sender, run, arguments))
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError("a measured process failed")
    measured: tuple[tuple[float, ...], float] = receiver.recv()
    return measured


def _measured(sender: Any, run: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    sender.send((run(*arguments), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _started_sink() -> tuple[int, Any]:
    listener = socket.create_server(("127.0.0.1", 0))
    sink = multiprocessing.get_context("fork").Process(target=_sink, args=(listener,), daemon=True)
    sink.start()
    return listener.getsockname()[1], sink


def _sink(listener: socket.socket) -> None:
    """Accept connections, count bodies, answer 202."""
    while True:
        peer, _ = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_swallow, args=(peer,), daemon=True).start()


def _swallow(peer: socket.socket) -> None:
    answer = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: sink\r\nContent-Length: 0\r\n\r\n"
    buffer = bytearray(1 << 20)
    pending = b""
    with peer:
        while count := peer.recv_into(buffer):
            pending += buffer[:count]
            head, found, body = pending.partition(b"\r\n\r\n")
            if not found:
                continue
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            missing = length - len(body)
            while missing > 0:
                missing -= peer.recv_into(buffer, min(len(buffer), missing))
            pending = b""
            peer.sendall(answer)
