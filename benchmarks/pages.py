"""Readers who unsubscribe and look at their preferences, 200 a second, beside a running send.

The server, the send and its provider are processes of their own; all share one SQLite file. Each
request is timed from the moment at which it should have begun, so that a stall counts for everybody
who came during it. The limit is the same load on a bare handler that keeps one row a click.
"""

from __future__ import annotations

import http.client
import multiprocessing
import sqlite3
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.bar import Bar
from benchmarks.reports import SECRET, workspace_at
from benchmarks.send import Office, filled, send_frozen
from benchmarks.sink import sink
from benchmarks.webhook import serve, started
from newsletter.domain.token import Keys, Purpose
from newsletter.web.public import public_app

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = 180_000
BATCH = 500
IN_FLIGHT = 4
LATENCY = 0.15  # seconds, of a provider far away
RATE = 200  # requests a second, both kinds in turns
SECONDS = 8
WARM_UP = 3  # seconds of the same before: connections are opened and templates compiled
CONNECTIONS = 16
ROUNDS = 2
KEYS = Keys((SECRET.encode(),))

Ask = tuple[str, str, bytes]


def bars() -> list[Bar]:
    runs = [_run() for _ in range(ROUNDS)]
    bare, sent = min(run["bare"] for run in runs), max(run["sent"] for run in runs)
    beside = (
        f"{RATE} requests/s; a bare handler's p99 beside the same send {bare * 1000:.1f}; "
        f"the send took {sent:,.0f} people/s"
    )
    return [
        Bar(
            f"p99 of {name} beside a send, ms",
            min(run[key] for run in runs) * 1000,
            50,
            True,
            f"median {min(run[f'{key} median'] for run in runs) * 1000:.1f}; {beside}",
        )
        for name, key in (("an unsubscribe", "clicks"), ("a preferences page", "looks"))
    ]


def _run() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name, sink(LATENCY) as port:
        root = Path(name) / "gazette"
        workspace = workspace_at(root)
        workspace.state.mkdir()
        office = filled(workspace.state, PEOPLE)
        server, at = started(_server, root)
        clicks, looks, sent = _beside_a_send(office, port, at, _ours)
        bare, bare_at = started(_bare_server, office.database)
        limit, _, _ = _beside_a_send(office, port, bare_at, _plain)
        for process in (server, bare):
            process.terminate()
            process.join()
        workspace.close()
    return {
        "clicks": _share(clicks, 99), "clicks median": _share(clicks, 50),
        "looks": _share(looks, 99), "looks median": _share(looks, 50),
        "bare": _share(limit, 99), "sent": sent,
    }  # fmt: skip


def _server(sender: Any, root: Path) -> None:
    serve(sender, public_app(workspace_at(root), webhook_key=None), lifespan="on")


def _bare_server(sender: Any, database: Path) -> None:
    rows = sqlite3.connect(database, isolation_level=None, timeout=30)
    rows.execute("PRAGMA synchronous = FULL")
    rows.execute("CREATE TABLE IF NOT EXISTS bare (path TEXT)")

    async def handle(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["method"] == "POST":
            rows.execute("INSERT INTO bare VALUES (?)", (scope["path"],))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    serve(sender, handle, lifespan="off")


def _beside_a_send(
    office: Office, provider: int, port: int, asks: Callable[[int], Ask]
) -> tuple[list[float], list[float], float]:
    """Seconds each click and each look took, and how many people a second the send mailed."""
    campaign, _ = office.frozen(BATCH)
    process = multiprocessing.get_context("spawn").Process(
        target=send_frozen, args=(office.database, campaign, provider, IN_FLIGHT)
    )
    process.start()
    while (before := _submitted(office.database, campaign)) == 0:
        if not process.is_alive():
            raise RuntimeError("the send ended before it had begun")
        time.sleep(0.01)
    began = time.monotonic()
    times = _load(port, [asks(number) for number in range(RATE * (WARM_UP + SECONDS))])
    took, after = time.monotonic() - began, _submitted(office.database, campaign)
    if not process.is_alive():
        raise RuntimeError("the send ended before the readers did; let it have more people")
    process.join()
    warm = times[RATE * WARM_UP :]
    return warm[::2], warm[1::2], (after - before) * BATCH / took


def _submitted(database: Path, campaign: int) -> int:
    with sqlite3.connect(database) as rows:
        query = "SELECT count(*) FROM batch WHERE campaign_id = ? AND state = 'submitted'"
        found = rows.execute(query, (campaign,)).fetchone()[0]
    rows.close()
    return int(found)


def _ours(number: int) -> Ask:
    """A click for each even number, a look for each odd one; another reader each time."""
    reader = PEOPLE - number
    if number % 2:
        return "GET", f"/p/{KEYS.sign(Purpose.PREFERENCES, reader, 0)}", b""
    word = KEYS.sign(Purpose.UNSUBSCRIBE, reader, 0)
    return "POST", f"/u/{word}", b"List-Unsubscribe=One-Click"


def _plain(number: int) -> Ask:
    return ("GET", "/", b"") if number % 2 else ("POST", f"/{number}", b"x")


def _load(port: int, asks: list[Ask]) -> list[float]:
    """Ask at the rate, whoever has answered yet; seconds from when each was due, in order."""
    times = [0.0] * len(asks)
    start = time.monotonic() + 0.1
    threads = [
        threading.Thread(target=_ask, args=(port, asks, times, start, first))
        for first in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not all(times):
        raise RuntimeError("a request was not answered")
    return times


def _ask(port: int, asks: list[Ask], times: list[float], start: float, first: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for number in range(first, len(asks), CONNECTIONS):
        due = start + number / RATE
        time.sleep(max(due - time.monotonic(), 0))
        method, path, body = asks[number]
        connection.request(method, path, body)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} was answered with {answer.status}")
        times[number] = time.monotonic() - due


def _share(times: list[float], percent: int) -> float:
    return sorted(times)[len(times) * percent // 100]
