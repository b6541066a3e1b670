"""The simulator as an HTTP server on this machine, with hands on its sockets to fail with."""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, cast

from newsletter.errors import NewsletterError
from newsletter.providers.simulator.control import control
from newsletter.providers.simulator.events import Signer, Story, events_of, post_events
from newsletter.providers.simulator.faults import FaultQueue
from newsletter.providers.simulator.ledger import Ledger
from newsletter.providers.simulator.service import Manner, Reply, Service

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from newsletter.ports import Clock, Randomness
    from newsletter.providers.simulator.faults import Fault
    from newsletter.providers.simulator.letters import Letter

LEDGER_FILE = "ledger.jsonl"
KEY_FILE = "webhook_key.pem"

_LARGEST_READ = 64_000_000  # bytes; beyond it the connection is simply ended


class Simulator:
    """A running SendGrid on 127.0.0.1; use it as a context manager.

    `folder` keeps the ledger and the webhook key, so that a restart goes on where it was. `port` 0
    takes a free one. `events_to` is the webhook that gets the events. Raises NewsletterError when
    the port is taken.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        randomness: Randomness,
        port: int = 0,
        faults: tuple[Fault, ...] = (),
        events_to: str | None = None,
        story: Story | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._signer = Signer(folder / KEY_FILE)
        self.ledger = Ledger(folder / LEDGER_FILE)
        self.faults = FaultQueue(faults)
        self.service = Service(self.ledger, self.faults, clock=clock, randomness=randomness)
        self._clock = clock
        self._events_to = events_to
        self._story = story or Story()
        self._emitting = threading.Lock()
        self._emitted: set[str] = set()
        self._stopping = threading.Event()
        self._server = self._listen(port)
        self._thread = threading.Thread(target=self._serve, name="simulator")

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every connection, hanging ones too, and close the ledger."""
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.end_connections()
        self._server.server_close()
        self.ledger.close()

    @property
    def url(self) -> str:
        """What to set as sending.sendgrid.host."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def public_key(self) -> str:
        """The webhook's verification key, base64 SPKI."""
        return self._signer.public_key

    @property
    def connections(self) -> int:
        """How many connections were ever accepted."""
        return self._server.accepted

    def letters_to(self, address: str) -> tuple[Letter, ...]:
        """What this address would find in its mailbox, of the latest requests."""
        return self.service.letters_to(address)

    def emit(self, url: str | None = None, story: Story | None = None) -> tuple[int, ...]:
        """Post the events of every due acceptance not reported yet; the status of each post.

        Where a post is not answered with 2xx, all of this round is reported again next time.
        """
        target = url or self._events_to
        if target is None:
            raise NewsletterError("there is no webhook to report to; name one with --events-to")
        with self._emitting:
            now = self._clock.now().timestamp()
            due = [
                one
                for one in self.ledger.effective()
                if one.message_id not in self._emitted and (one.send_at or 0) <= now
            ]
            events = events_of(due, story or self._story)
            statuses = post_events(events, target, signer=self._signer, clock=self._clock)
            if all(200 <= status < 300 for status in statuses):
                self._emitted.update(one.message_id for one in due)
        return statuses

    def run(self, every: float = 1.0) -> None:
        """Report events every so many seconds until the program is interrupted."""
        while not self._stopping.wait(every):
            if self._events_to is not None:
                self.emit()

    def reply(self, handler: _Handler, content: bytes) -> Reply:
        """Which of the two sets of routes a request belongs to."""
        path, _, query = handler.path.partition("?")
        if path.startswith("/v3/"):
            authorization = handler.headers.get("Authorization", "")
            return self.service.answer(handler.command, path, authorization, content, query=query)
        return control(self, handler.command, path, handler.headers, content)

    def now(self) -> datetime:
        """What its answers say is the time."""
        return self._clock.now()

    def wait(self, seconds: float) -> None:
        """Say nothing for so long, or until the simulator stops."""
        self._stopping.wait(seconds)

    def _listen(self, port: int) -> _Server:
        try:
            return _Server(self, port)
        except OSError as error:
            self.ledger.close()
            raise NewsletterError(
                f"port {port} of this machine cannot be used ({error.strerror}); "
                "choose another with --port"
            ) from error

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the last answer
    request_queue_size = 128

    def __init__(self, simulator: Simulator, port: int) -> None:
        self.simulator = simulator
        self.accepted = 0
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.accepted += 1
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """Wake the threads that wait for the next request on a kept connection."""
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended by itself

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is no news; anything else is a mistake of ours to be seen."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections alive
    disable_nagle_algorithm = True

    def answer(self) -> None:
        """Read one request whole, answer it in the manner asked for."""
        simulator = cast(_Server, self.server).simulator
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _LARGEST_READ:
            self.close_connection = True
            return
        content = self.rfile.read(int(length))
        if len(content) < int(length):
            self.close_connection = True  # cut off in the middle: nothing to accept
            return
        reply = simulator.reply(self, content)
        match reply.manner:
            case Manner.WHOLE:
                self.wfile.write(_head(reply, simulator.now()) + reply.body)
                return
            case Manner.SILENT:
                simulator.wait(reply.seconds)
            case Manner.TRUNCATED:
                self.wfile.write(b"HTTP/1.1 202 Acc")
            case Manner.RESET:
                self._reset()
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep still: the ledger is the record."""

    def _reset(self) -> None:
        """Closing with no time to linger sends RST in place of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


def _head(reply: Reply, now: datetime) -> bytes:
    headers = {"Date": format_datetime(now, usegmt=True)}
    headers |= {"Content-Type": "application/json"} if reply.body else {}
    headers |= {"Content-Length": str(len(reply.body)), **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
