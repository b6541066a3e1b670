from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from newsletter.config import Gathering
from newsletter.gather.fetch import GuardedFetcher
from newsletter.gather.readings import Readings
from newsletter.gather.robots import Robots
from newsletter.gather.sandbox import Sandbox, children
from newsletter.gather.shelf import Shelf
from newsletter.gather.sourcing import SourceReader
from newsletter.isolation import shared

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A web site on loopback: what it answers per path, and what it was asked."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def serve(
        self,
        path: str,
        body: bytes = b"",
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> str:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in (headers or {}).items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url(path)


def _not_found(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(404)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append((self.path, dict(self.headers)))
            try:
                here.answers.get(self.path, _not_found)(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *arguments: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def data() -> Path:
    return Path(__file__).parents[1] / "data" / "gather"


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).parents[2] / "newsletter" / "demo" / "sources"


@pytest.fixture
def shelf(tmp_path: Path, clock) -> Shelf:
    return Shelf(tmp_path / "fetched", clock=clock)


@pytest.fixture
def reader_of(tmp_path: Path, shelf: Shelf) -> Callable[..., SourceReader]:
    """Make a reader of sources on loopback, with these settings of `gathering`."""

    def make(**settings: object) -> SourceReader:
        known = {"allow_private": ("127.0.0.1",), "deadline": 30, "pause": 0} | settings
        gathering = Gathering.model_validate(known)
        return SourceReader(
            fetcher=GuardedFetcher(
                gathering, user_agent="newsletter test", robots=Robots(shelf, shared())
            ),
            sandbox=Sandbox(children()),
            readings=Readings(shelf),
            workspace=tmp_path,
            seconds=gathering.deadline,
        )

    return make


@pytest.fixture
def reader(reader_of: Callable[..., SourceReader]) -> SourceReader:
    return reader_of()
