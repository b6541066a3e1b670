"""The provider's events over real HTTP: believed only as signed, and taken in whatever they are
(A90 to A100, F54).
"""

from __future__ import annotations

import base64
import socket
import sqlite3
import threading
import time
from contextlib import contextmanager
from functools import partial

import orjson
import pytest
import urllib3
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from sqlalchemy import select

from newsletter.errors import ConfigError
from newsletter.events.spool import Spool
from newsletter.providers.sendgrid.payload import ATTEMPT, DELIVERY
from newsletter.providers.sendgrid.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER
from newsletter.providers.simulator.events import Signer
from newsletter.store import schema
from newsletter.store.engine import reading
from newsletter.usecases import events as usecase
from newsletter.usecases.events import fold_events
from newsletter.usecases.health import BEHIND_AFTER
from newsletter.web.events import LARGEST_POST
from newsletter.web.public import public_app

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256: s and ORDER - s are both valid."""


@contextmanager
def serving(application):
    server = uvicorn.Server(
        uvicorn.Config(application, port=0, log_config=None, access_log=False, lifespan="on")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def signer(tmp_path):
    return Signer(tmp_path / "webhook.pem")


@pytest.fixture
def served(workspace, signer, mailed):
    """The application on a port; mails to two readers were submitted."""
    mailed(workspace.engine, 2)
    with serving(public_app(workspace, webhook_key=signer.public_key)) as port:
        yield port


@pytest.fixture
def ask(served):
    with urllib3.HTTPConnectionPool("127.0.0.1", served, retries=False, timeout=30) as pool:
        yield pool.request


@pytest.fixture
def post(ask, signer):
    """Post a body signed by the provider, with other headers or another body where given."""

    def send(body, *, timestamp="1795770100", sent=None, **headers):
        signed = signer.headers(timestamp, body) | headers
        return ask("POST", "/events/sendgrid", headers=signed, body=body if sent is None else sent)

    return send


def report(kind="delivered", *, reader=1, **more):
    event = {
        "email": f"reader{reader}@example.com",
        "timestamp": 1795770000,
        "event": kind,
        "sg_event_id": "e1",
        DELIVERY: str(reader),
        ATTEMPT: f"{1:032}",
    }
    return event | more


def body(*reports):
    return orjson.dumps(reports or [report()])


@pytest.fixture
def arrivals(workspace):
    """How far the two mails came, once all that waits is folded."""

    def find():
        fold_events(workspace)
        table = schema.delivery
        with reading(workspace.engine) as connection:
            return list(connection.execute(select(table.c.arrival).order_by(table.c.id)).scalars())

    return find


@pytest.fixture
def rows(workspace):
    """How many rows of a table there are, once all that waits is folded."""

    def count(table):
        fold_events(workspace)
        with reading(workspace.engine) as connection:
            return len(connection.execute(select(table)).all())

    return count


def test_a_signed_report_is_taken_in(post, arrivals):
    assert post(body()).status == 204
    assert arrivals() == [3, 0]


def test_it_is_folded_without_being_asked(post, workspace):
    post(body())
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with reading(workspace.engine) as connection:
            if connection.execute(select(schema.event)).all():
                return
        time.sleep(0.02)
    pytest.fail("nobody folded the post")


def test_a_bounce_keeps_the_address_from_every_later_send(post, rows):
    post(body(report("bounce", type="bounce", status="5.1.1")))
    assert rows(schema.suppression) == 1


@pytest.mark.parametrize("later", [3600, 3 * 86400])
def test_the_same_post_again_changes_nothing(post, arrivals, rows, clock, later):
    """A95: SendGrid repeats for a day, and says nothing of signing anew."""
    post(body(report("open")))
    before = arrivals()
    clock.advance(later)
    assert post(body(report("open"))).status == 204
    assert arrivals() == before
    assert rows(schema.event) == 1


@pytest.mark.parametrize("change", [b"\r\n", b" ", b"\n"])
def test_only_the_raw_bytes_are_believed(post, arrivals, change):
    """A90."""
    assert post(body(), sent=body() + change).status == 403
    spaced = orjson.dumps(orjson.loads(body()), option=orjson.OPT_INDENT_2)
    assert post(body(), sent=spaced).status == 403
    assert arrivals() == [0, 0]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({SIGNATURE_HEADER: ""}, id="no signature"),
        pytest.param({TIMESTAMP_HEADER: ""}, id="no timestamp"),
        pytest.param({SIGNATURE_HEADER: "?"}, id="no base64"),
        pytest.param({SIGNATURE_HEADER: "MAYCAQACAQA="}, id="zero and zero"),
        pytest.param({SIGNATURE_HEADER: "A" * 96}, id="no DER"),
        pytest.param({TIMESTAMP_HEADER: "1795770101"}, id="another moment"),
    ],
)
def test_a_post_that_is_not_the_providers_is_refused(post, arrivals, headers):
    """A91, A92."""
    assert post(body(), **headers).status == 403
    assert arrivals() == [0, 0]


def test_no_headers_at_all_are_refused_and_counted(ask, arrivals):
    for _ in range(3):
        assert ask("POST", "/events/sendgrid", body=body()).status == 403
    assert ask("GET", "/health").json()["events"]["posts"]["refused"] == 3
    assert arrivals() == [0, 0]


@pytest.mark.parametrize("sent", [b"{}", b""])
def test_what_is_no_list_of_events_is_refused(post, sent):
    assert post(sent).status == 403


def test_a_post_signed_by_somebody_else_is_refused(ask, arrivals, tmp_path):
    headers = Signer(tmp_path / "other.pem").headers("1795770100", body())
    assert ask("POST", "/events/sendgrid", headers=headers, body=body()).status == 403
    assert arrivals() == [0, 0]


def test_the_twin_of_a_signature_brings_nothing_new(post, signer, arrivals, rows):
    """A93: (r, n - s) is valid for the same bytes."""
    post(body())
    before = arrivals()
    mark = signer.headers("1795770100", body())[SIGNATURE_HEADER]
    first, second = decode_dss_signature(base64.b64decode(mark))
    twin = base64.b64encode(encode_dss_signature(first, ORDER - second)).decode()
    assert post(body(), **{SIGNATURE_HEADER: twin}).status == 204
    assert arrivals() == before
    assert rows(schema.event) == 1


def test_the_border_between_timestamp_and_body_cannot_be_moved(post, arrivals):
    """A94: the signature covers both without anything between."""
    moved = post(body(), sent=b"00" + body(), **{TIMESTAMP_HEADER: "17957701"})
    assert moved.status == 403
    assert arrivals() == [0, 0]


def test_reports_without_an_id_and_with_a_new_one_are_the_same(post, rows):
    """A96."""
    nameless = {name: value for name, value in report().items() if name != "sg_event_id"}
    for one in (report(), nameless, report(sg_event_id="e2"), nameless):
        assert post(body(one)).status == 204
    assert rows(schema.event) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"[" * 100_000,
        b"[1, null]",
        b'["\xff"]',
        b"[NaN]",
        b'[{"event":"open","timestamp":' + b"9" * 5_000 + b"}]",
        b'[{"event":"open","event":"click"}]',
        b'[{"event":"open","email":"\\ud800"}]',
    ],
    ids=range(7),
)
def test_what_is_signed_but_cannot_be_read_is_taken_and_kept(post, arrivals, rows, sent):
    """A98."""
    for _ in range(2):
        assert post(sent).status == 204
    assert arrivals() == [0, 0]
    assert rows(schema.dead_letter) == (2 if b"null" in sent else 1)


def test_good_events_count_beside_odd_ones(post, arrivals, rows):
    mixed = body(report(), report(reader=2))[:-1] + b',{"event":"open","url":"\\ud800"}]'
    assert post(mixed).status == 204
    assert arrivals() == [3, 3]
    assert rows(schema.dead_letter) == 1


def test_a_report_on_somebody_elses_address_does_not_count(post, arrivals, rows):
    """A100."""
    post(body(report("spamreport", email="reader2@example.com")))
    post(body(report("spamreport", reader=3)))
    assert arrivals() == [0, 0]
    assert rows(schema.suppression) == 0


def test_too_large_a_body_is_refused_before_it_is_verified(served, signer, ask):
    """A99: 10 MiB. Who is refused may still be talking, so this is no ordinary client."""
    large = b"[" + b" " * (10 * 1024 * 1024) + b"]"
    headers = signer.headers("1795770100", large) | {"Content-Length": str(len(large))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", served), timeout=60) as peer:
        peer.sendall(f"POST /events/sendgrid HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        peer.sendall(large[: LARGEST_POST + 100_000])
        assert peer.recv(100).startswith(b"HTTP/1.1 413")
    assert ask("GET", "/health").json()["events"]["posts"] == {"taken": 0, "refused": 0, "full": 0}


def test_100_000_reports_in_one_post_are_taken_in(post, rows, arrivals):
    """A99, in as many bytes as are allowed."""
    short = {"event": "open", "timestamp": 1, "email": ""}
    large = body(*([short] * 99_999), report())
    assert len(large) < LARGEST_POST * 2
    assert post(large).status == 413
    many = b"[" + b'{"event":"x"},' * 99_999 + body()[1:]
    assert len(many) < LARGEST_POST
    assert post(many).status == 204
    assert arrivals() == [3, 0]


def test_a_slow_database_does_not_keep_the_provider_waiting(post, served, workspace, arrivals):
    """F54: somebody else writes for seconds; what was acknowledged meanwhile is all there."""
    other = sqlite3.connect(workspace.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    times = []
    for number in range(40):
        began = time.perf_counter()
        sent = body(report("open", timestamp=1795770000 + number), report(reader=2))
        assert post(sent).status == 204
        times.append(time.perf_counter() - began)
    other.execute("ROLLBACK")
    other.close()
    assert max(times) < 20  # who waited for the other would wait for ever
    assert arrivals() == [0, 3]
    with reading(workspace.engine) as connection:
        assert len(connection.execute(select(schema.event)).all()) == 41


def test_a_full_backlog_asks_the_provider_to_come_again(
    workspace, signer, mailed, monkeypatch, arrivals
):
    """F54: what waits is bounded, and nothing that was acknowledged is lost."""
    mailed(workspace.engine, 2)
    monkeypatch.setattr(usecase, "Spool", partial(Spool, most_posts=2))
    with (
        serving(public_app(workspace, webhook_key=signer.public_key)) as port,
        urllib3.HTTPConnectionPool("127.0.0.1", port, retries=False, timeout=30) as pool,
        sqlite3.connect(workspace.engine.url.database, isolation_level=None) as other,
    ):
        other.execute("BEGIN IMMEDIATE")  # so that nothing is folded meanwhile
        statuses = []
        for reader in (1, 2, 1):
            sent = body(report(reader=reader))
            headers = signer.headers("1795770100", sent)
            answer = pool.request("POST", "/events/sendgrid", headers=headers, body=sent)
            statuses.append(answer.status)
        health = pool.request("GET", "/health").json()
        other.execute("ROLLBACK")
    assert statuses == [204, 204, 503]
    assert health["events"]["waiting_posts"] == 2
    assert health["events"]["posts"] == {"taken": 2, "refused": 0, "full": 1}
    assert arrivals() == [3, 3]


def test_health_tells_how_far_behind_the_folding_is(workspace, post, ask, clock):
    assert ask("GET", "/health").json()["status"] == "ok"
    with sqlite3.connect(workspace.engine.url.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        post(body())
        clock.advance(BEHIND_AFTER + 1)
        health = ask("GET", "/health").json()
        assert health["status"] == "behind"
        assert health["events"]["lag_seconds"] == BEHIND_AFTER + 1
        assert health["events"]["waiting_bytes"] == len(body())
        other.execute("ROLLBACK")
    fold_events(workspace)
    assert ask("GET", "/health").json()["status"] == "ok"


def test_without_a_key_there_is_no_door_for_events(workspace, signer):
    """A97."""
    with serving(public_app(workspace, webhook_key=None)) as port:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", port, retries=False)
        headers = signer.headers("1795770100", b"[]")
        assert pool.request("POST", "/events/sendgrid", headers=headers, body=b"[]").status == 404
        assert pool.request("GET", "/health").json() == {"status": "ok"}
        pool.close()


def other_curve():
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    encoded = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(encoded).decode()


@pytest.mark.parametrize("key", ["key", "AAAA", other_curve()])
def test_a_key_that_is_none_stops_the_start(workspace, key):
    with pytest.raises(ConfigError, match="is not a verification key"):
        public_app(workspace, webhook_key=key)
