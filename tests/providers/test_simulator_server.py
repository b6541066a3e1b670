"""The running simulator: its routes, its restart, its control, and events posted to a webhook."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import orjson
import pytest
import urllib3

from newsletter.errors import NewsletterError
from newsletter.providers.sendgrid.payload import body
from newsletter.providers.sendgrid.webhook import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    public_key,
    read_events,
    verify,
)
from newsletter.providers.simulator import Fault, Simulator, parse_fault
from newsletter.providers.simulator.events import Story
from newsletter.providers.simulator.faults import FaultKind


class Receiver:
    """A webhook that keeps what it is sent and answers as it is told to."""

    def __init__(self):
        self.posts = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((dict(self.headers), content))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def call(simulator):
    """Ask the simulator: method, path, JSON → status and JSON."""
    pool = urllib3.PoolManager(retries=False)

    def call(method, path, content=None, **headers):
        told = {"Authorization": "Bearer SG.k", "Content-Type": "application/json"} | headers
        reply = pool.request(
            method,
            simulator.url + path,
            body=None if content is None else orjson.dumps(content),
            headers=told,
        )
        return reply.status, orjson.loads(reply.data) if reply.data else None

    yield call
    pool.clear()


def test_sandboxed_request_is_checked_and_not_accepted(call, simulator, make_mailing):
    sandboxed = body(make_mailing()) | {"mail_settings": {"sandbox_mode": {"enable": True}}}
    assert call("POST", "/v3/mail/send", sandboxed)[0] == 200
    assert call("POST", "/v3/mail/send", sandboxed | {"subject": ""})[0] == 400
    assert simulator.ledger.acceptances() == ()


@pytest.mark.parametrize("authorization", ["", "Bearer x", "SG.k", "Basic SG.k"])
def test_without_a_key_nothing_is_answered(call, simulator, make_mailing, authorization):
    answer = call("POST", "/v3/mail/send", body(make_mailing()), Authorization=authorization)
    assert answer[0] == 401
    assert simulator.ledger.acceptances() == ()


def test_too_large_request_is_413(call, simulator, make_mailing):
    assert call("POST", "/v3/mail/send", body(make_mailing(html="x" * 30_000_000)))[0] == 413
    assert simulator.ledger.acceptances() == ()


def test_request_that_is_no_json_is_400(simulator):
    with urllib3.PoolManager(retries=False) as pool:
        reply = pool.request(
            "POST",
            simulator.url + "/v3/mail/send",
            body=b"[" * 100_000,
            headers={"Authorization": "Bearer SG.k"},
        )
    assert reply.status == 400


def test_unknown_route_is_404(call):
    assert call("GET", "/v3/nothing")[0] == 404
    assert call("PUT", "/v3/mail/send")[0] == 404


def test_batch_is_cancelled_and_resumed(call, simulator, make_mailing):
    status, made = call("POST", "/v3/mail/batch")
    batch_id = made["batch_id"]
    assert status == 201
    assert call("GET", f"/v3/mail/batch/{batch_id}") == (200, made)
    assert call("POST", "/v3/mail/send", body(make_mailing()) | made)[0] == 202
    stop = {"batch_id": batch_id, "status": "cancel"}
    assert call("POST", "/v3/user/scheduled_sends", stop) == (201, stop)
    assert call("GET", "/v3/user/scheduled_sends") == (200, [stop])
    assert call("GET", f"/v3/user/scheduled_sends/{batch_id}") == (200, [stop])
    assert simulator.ledger.summary()["stopped"] == 3
    assert call("DELETE", f"/v3/user/scheduled_sends/{batch_id}")[0] == 204
    assert call("DELETE", f"/v3/user/scheduled_sends/{batch_id}")[0] == 404
    assert simulator.ledger.summary()["stopped"] == 0


def test_eleventh_cancel_is_refused(call):
    ids = [call("POST", "/v3/mail/batch")[1]["batch_id"] for _ in range(11)]
    stops = [
        call("POST", "/v3/user/scheduled_sends", {"batch_id": one, "status": "cancel"})[0]
        for one in ids
    ]
    assert stops == [201] * 10 + [400]


@pytest.mark.parametrize(
    "asked",
    [
        None,
        [],
        {"status": "cancel"},
        {"batch_id": "made-up", "status": "cancel"},
        {"batch_id": "x"},
    ],
)
def test_senseless_stop_is_refused(call, asked):
    assert call("POST", "/v3/user/scheduled_sends", asked)[0] == 400


def test_restart_keeps_ledger_and_key(tmp_path, clock, randomness, connect, make_mailing):
    def start():
        return Simulator(tmp_path, clock=clock, randomness=randomness)

    with start() as first:
        connect(first.url).submit(make_mailing())
        key = first.public_key
    with start() as second:
        assert second.public_key == key
        connect(second.url).submit(make_mailing(attempt="b" * 32))
        assert [one.attempt for one in second.ledger.acceptances()] == ["a" * 32, "b" * 32]
        assert len(second.ledger.duplicates()) == 3


def test_stop_does_not_wait_for_a_hanging_request(tmp_path, clock, randomness, make_mailing):
    fault = Fault(FaultKind.HANG_AFTER, 1, 3600)
    with (
        Simulator(tmp_path, clock=clock, randomness=randomness, faults=(fault,)) as simulator,
        urllib3.PoolManager(retries=False, timeout=2) as pool,
        pytest.raises(urllib3.exceptions.TimeoutError),
    ):
        pool.request(
            "POST",
            simulator.url + "/v3/mail/send",
            body=orjson.dumps(body(make_mailing())),
            headers={"Authorization": "Bearer SG.k"},
        )
    assert len(simulator.ledger.acceptances()) == 1


@pytest.mark.parametrize("kind", [FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER])
def test_reset_is_a_reset_and_no_mere_end(simulator, make_mailing, kind):
    simulator.faults.add(Fault(kind))
    content = orjson.dumps(body(make_mailing()))
    head = "POST /v3/mail/send HTTP/1.1\r\nAuthorization: Bearer SG.k\r\nContent-Length: "
    with socket.create_connection(("127.0.0.1", int(simulator.url.rpartition(":")[2]))) as caller:
        caller.sendall(f"{head}{len(content)}".encode() + b"\r\n\r\n" + content)
        with pytest.raises(ConnectionResetError):
            caller.recv(100)


def test_taken_port_is_told_with_a_remedy(simulator, tmp_path, clock, randomness):
    port = int(simulator.url.rpartition(":")[2])
    with pytest.raises(NewsletterError, match=f"port {port} .*--port"):
        Simulator(tmp_path / "other", clock=clock, randomness=randomness, port=port)


def test_events_come_signed_and_once(simulator, sendgrid, receiver, make_mailing):
    sendgrid.submit(make_mailing(400))
    assert set(simulator.emit(receiver.url, Story(repeated=0.5, shuffled=True))) == {200}
    assert simulator.emit(receiver.url) == ()
    key = public_key(simulator.public_key)
    seen = set()
    for headers, content in receiver.posts:
        assert verify(
            key,
            signature=headers[SIGNATURE_HEADER],
            timestamp=headers[TIMESTAMP_HEADER],
            body=content,
        )
        seen |= {event.delivery for event in read_events(content).events}
    assert seen == set(range(1000, 1400))


def test_events_that_were_not_taken_come_again(simulator, sendgrid, receiver, make_mailing):
    sendgrid.submit(make_mailing())
    receiver.status = 503
    assert simulator.emit(receiver.url) == (503,)
    receiver.status = 200
    assert simulator.emit(receiver.url) == (200,)
    assert receiver.posts[0][1] == receiver.posts[1][1]


def test_nobody_at_the_webhook_is_status_0(simulator, sendgrid, make_mailing):
    sendgrid.submit(make_mailing())
    assert simulator.emit("http://127.0.0.1:9/") == (0,)


def test_planned_mail_has_no_events_before_its_time(
    simulator, sendgrid, receiver, make_mailing, clock
):
    sendgrid.submit(make_mailing(send_at=clock.now() + timedelta(hours=1)))
    assert simulator.emit(receiver.url) == ()
    clock.sleep(3600)
    assert simulator.emit(receiver.url) == (200,)


def test_control_shows_sums_and_takes_faults(call, sendgrid, make_mailing):
    assert call("POST", "/simulator/faults", {"faults": ["401:2"]}) == (200, {"added": 2})
    answers = [call("POST", "/v3/mail/send", body(make_mailing()))[0] for _ in range(3)]
    assert answers == [401, 401, 202]
    status, summary = call("GET", "/simulator/ledger")
    assert (status, summary["recipients"]) == (200, 3)
    assert "example.org" not in str(summary)


def test_control_reports_events(tmp_path, clock, randomness, receiver, connect, make_mailing):
    with (
        Simulator(
            tmp_path, clock=clock, randomness=randomness, events_to=receiver.url
        ) as simulator,
        urllib3.PoolManager() as pool,
    ):
        connect(simulator.url).submit(make_mailing())
        reply = pool.request(
            "POST",
            simulator.url + "/simulator/events",
            json={"seed": "7", "repeated": 1.0, "rates": {"opened": 1.0}},
        )
    assert orjson.loads(reply.data) == {"posts": [200]}
    told = [event.key for event in read_events(receiver.posts[0][1]).events]
    assert len(told) == 2 * len(set(told))


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/simulator/faults", {"faults": ["nonsense"]}, 400),
        ("/simulator/faults", {"faults": 3}, 400),
        ("/simulator/faults", [], 400),
        ("/simulator/events", {}, 400),
        ("/simulator/events", {"rates": {"nonsense": 1}}, 400),
        ("/simulator/nothing", {}, 404),
    ],
)
def test_control_refuses_what_it_does_not_know(call, path, content, status):
    assert call("POST", path, content)[0] == status


def test_web_page_cannot_control_the_simulator(call, simulator):
    faults = {"faults": ["401:1"]}
    plain = call("POST", "/simulator/faults", faults, **{"Content-Type": "text/plain"})
    rebound = call("POST", "/simulator/faults", faults, Host="evil.example")
    assert (plain[0], rebound[0]) == (415, 403)
    assert simulator.faults.take() is None


def test_run_reports_until_it_is_stopped(
    tmp_path, clock, randomness, receiver, connect, make_mailing
):
    with Simulator(
        tmp_path, clock=clock, randomness=randomness, events_to=receiver.url
    ) as simulator:
        runner = threading.Thread(target=simulator.run, args=(0.01,))
        runner.start()
        connect(simulator.url).submit(make_mailing())
        arrived = threading.Event()
        for _ in range(6_000):
            if receiver.posts or arrived.wait(0.01):
                break
    runner.join()
    assert receiver.posts


@pytest.mark.parametrize("text", ["", "nonsense", "429:x", "429:-1", "429:1:2:3", "429:¹"])
def test_senseless_fault_is_told(text):
    with pytest.raises(NewsletterError):
        parse_fault(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("429", Fault(FaultKind.BUSY, 1, 0)),
        ("500-after:3", Fault(FaultKind.ERROR_500_AFTER, 3, 0)),
        ("bad-address:1:417", Fault(FaultKind.BAD_ADDRESS, 1, 417)),
        ("hang-after:2", Fault(FaultKind.HANG_AFTER, 2, 120)),
    ],
)
def test_fault_is_written_as_name_count_value(text, fault):
    assert parse_fault(text) == fault
