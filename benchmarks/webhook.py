"""Signed posts of events over HTTP, against a bare handler that verifies and stores.

Both run uvicorn in a process of their own, and take the same posts over the same connections, while
another process writes to their database as a send does. The limit keeps each raw body as a row of
SQLite, durably, and does nothing more. Ours keeps each post durably and folds it at the same time.
Timed is from the first post to the last acknowledgement; how long the folding takes beyond that is
told beside it. In a last round readers unsubscribe as well, which a bare handler has no page for.
"""

from __future__ import annotations

import base64
import http.client
import multiprocessing
import queue
import sqlite3
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from benchmarks.bar import Bar
from benchmarks.reports import (
    AT,
    KINDS,
    PEOPLE,
    POST,
    SECRET,
    Request,
    fill,
    signed_posts,
    workspace_at,
)
from newsletter.domain.token import Purpose, derive_key, sign
from newsletter.providers.sendgrid.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER
from newsletter.providers.simulator.events import Signer
from newsletter.store.engine import reading
from newsletter.web.public import public_app

if TYPE_CHECKING:
    from newsletter.app import Workspace

CONNECTIONS = 4
ROUNDS = 4


def bars() -> list[Bar]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        signer = Signer(folder / "key.pem")
        posts = list(signed_posts(signer))
        size = sum(len(body) for body, _ in posts)
        limits, ours = [], []
        for round_ in range(ROUNDS):
            limits.append(_limit(folder / f"bare-{round_}.db", signer, posts))
            ours.append(_ours(folder / f"gazette-{round_}", signer, posts))
        beside = _ours(folder / "gazette", signer, posts, clicking=True)
    bare, best = min(limits), min(ours, key=lambda run: run["seconds"])
    events, seconds = PEOPLE * len(KINDS), best["seconds"]
    return [
        Bar(
            "webhook, bare handler ÷ ours",
            bare / seconds,
            0.45,
            False,
            f"{events / seconds:,.0f} against {events / bare:,.0f} events/s acknowledged; all was "
            f"folded {best['folded']:.1f} s later, {events / (seconds + best['folded']):,.0f}/s",
        ),
        Bar(
            "webhook, bytes stored ÷ posted, at the most",
            max(run["stored"] for run in (*ours, beside)) / size,
            2,
            True,
            f"{size / events:.0f} bytes an event; database, its log and what waits",
        ),
        Bar(
            "webhook, p99 of an acknowledgement, s",
            min(run["acknowledged"] for run in ours),
            1,
            True,
            f"{len(posts)} posts of {POST} events over {CONNECTIONS} connections",
        ),
        Bar(
            "p99 of an unsubscribe beside posts and a send, s",
            beside["unsubscribed"],
            0.5,
            True,
            f"{beside['clicks']:.0f} clicks, the slowest {beside['slowest']:.2f} s; "
            f"{events / beside['seconds']:,.0f} events/s acknowledged meanwhile",
        ),
    ]


def _limit(database: Path, signer: Signer, posts: list[Request]) -> float:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, body BLOB)")
        connection.execute("CREATE TABLE delivery (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO delivery VALUES (?)", ((one,) for one in range(PEOPLE)))
        connection.execute("CREATE TABLE batch (not_before TEXT)")
        connection.execute("INSERT INTO batch VALUES ('')")
    connection.close()
    server, port = started(_bare_server, database, signer.public_key)
    writer = _writer(database)
    seconds, _ = _post_all(port, posts)
    _end(writer, server)
    return seconds


def _bare_server(sender: Any, database: Path, public_key: str) -> None:
    key = load_der_public_key(base64.b64decode(public_key))
    rows = sqlite3.connect(database, isolation_level=None)
    rows.execute("PRAGMA synchronous = FULL")

    async def handle(scope: Any, receive: Any, send: Any) -> None:
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        body, headers = b"".join(parts), dict(scope["headers"])
        mark = base64.b64decode(headers[SIGNATURE_HEADER.lower().encode()])
        signed = headers[TIMESTAMP_HEADER.lower().encode()] + body
        status = 204
        try:
            key.verify(mark, signed, ec.ECDSA(SHA256()))  # type: ignore[union-attr,call-arg,arg-type]
            rows.execute("INSERT INTO post (body) VALUES (?)", (body,))
        except InvalidSignature:
            status = 403
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    serve(sender, handle, lifespan="off")


def _ours(
    root: Path, signer: Signer, posts: list[Request], *, clicking: bool = False
) -> dict[str, float]:
    workspace = workspace_at(root)
    fill(workspace)
    database = workspace.state / "newsletter.db"
    before = _size(workspace.state)
    server, port = started(_our_server, root, signer.public_key)
    writer = _writer(database)
    stored: list[int] = []
    clicks: list[float] = []
    ended = threading.Event()
    watching = [threading.Thread(target=_watch, args=(workspace.state, stored, ended))]
    if clicking:
        watching.append(threading.Thread(target=_click, args=(port, clicks, ended)))
    for thread in watching:
        thread.start()
    seconds, answers = _post_all(port, posts)
    began = time.perf_counter()
    while _folded(workspace) < PEOPLE * len(KINDS):
        time.sleep(0.05)
    folded = time.perf_counter() - began
    ended.set()
    for thread in watching:
        thread.join()
    _end(writer, server)
    stored.append(_size(workspace.state))
    workspace.close()
    return {
        "seconds": seconds,
        "folded": folded,
        "acknowledged": _p99(answers),
        "stored": max(stored) - before,
        "unsubscribed": _p99(clicks) if clicking else 0,
        "slowest": max(clicks, default=0),
        "clicks": len(clicks),
    }


def _our_server(sender: Any, root: Path, public_key: str) -> None:
    serve(sender, public_app(workspace_at(root), webhook_key=public_key), lifespan="on")


def _writer(database: Path) -> Any:
    writer = multiprocessing.get_context("spawn").Process(target=_write, args=(database,))
    writer.start()
    return writer


def _end(*processes: Any) -> None:
    for process in processes:
        process.terminate()
        process.join()


def _write(database: Path) -> None:
    """Commit as a send does: a little, durably, again and again."""
    rows = sqlite3.connect(database, isolation_level=None, timeout=30)
    rows.execute("PRAGMA synchronous = FULL")
    moment = AT.isoformat(" ")
    while True:
        rows.execute("BEGIN IMMEDIATE")
        rows.execute("SELECT count(*) FROM delivery WHERE id < 1000").fetchone()
        rows.execute("UPDATE batch SET not_before = ?", (moment,))
        rows.execute("COMMIT")
        time.sleep(0.01)  # the request


def _watch(state: Path, sizes: list[int], ended: threading.Event) -> None:
    while not ended.wait(0.05):
        sizes.append(_size(state))


def _size(state: Path) -> int:
    """Bytes of the database, its log, and the posts that wait."""
    sizes = []
    for path in (*state.glob("newsletter.db*"), *(state / "events").glob("*")):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:  # folded just now
            continue
    return sum(sizes)


def _click(port: int, times: list[float], ended: threading.Event) -> None:
    """Readers who unsubscribe, 50 a second."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    key = derive_key(SECRET.encode(), Purpose.UNSUBSCRIBE)
    body = b"List-Unsubscribe=One-Click"
    reader = 0
    while not ended.wait(0.02):
        reader += 1
        began = time.perf_counter()
        connection.request("POST", f"/u/{sign(key, reader, reader)}", body)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"an unsubscribe was answered with {answer.status}")
        times.append(time.perf_counter() - began)


def _folded(workspace: Workspace) -> int:
    with reading(workspace.engine) as connection:
        return int(connection.exec_driver_sql("SELECT max(rowid) FROM event").scalar() or 0)


def started(run: Any, *arguments: Any) -> tuple[Any, int]:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(sender, *arguments))
    process.start()
    port: int = receiver.recv()
    return process, port


def serve(sender: Any, application: Any, *, lifespan: Any) -> None:
    import uvicorn

    config = uvicorn.Config(
        application, port=0, log_config=None, access_log=False, lifespan=lifespan
    )
    server = uvicorn.Server(config)

    def tell() -> None:
        while not server.started:
            time.sleep(0.01)
        sender.send(server.servers[0].sockets[0].getsockname()[1])

    threading.Thread(target=tell, daemon=True).start()
    server.run()


def _post_all(port: int, posts: list[Request]) -> tuple[float, list[float]]:
    """Seconds until all are acknowledged, and how long each took."""
    waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
    for post in posts:
        waiting.put(post)
    times: list[float] = []
    threads = [
        threading.Thread(target=_post, args=(port, waiting, times)) for _ in range(CONNECTIONS)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if len(times) != len(posts):
        raise RuntimeError("a post was not acknowledged")
    return seconds, times


def _post(port: int, waiting: queue.SimpleQueue[Request], times: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while True:
        try:
            body, headers = waiting.get_nowait()
        except queue.Empty:
            return
        began = time.perf_counter()
        connection.request("POST", "/events/sendgrid", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 204:
            raise RuntimeError(f"a post was answered with {answer.status}")
        times.append(time.perf_counter() - began)


def _p99(times: list[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]
