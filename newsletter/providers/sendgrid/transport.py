"""The official client's connection, replaced: kept alive, pooled, with explicit time limits.

The stock client opens a connection per call, has no time limit, follows redirects, shares one
dict of headers among all calls, and formats every request, the key included, for its debug log.
Here `client.mail.send.post(...)` stays as it is; only what lies below it changes. No retries: the
delivery's state machine alone decides what may be tried again.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import python_http_client
import urllib3
from python_http_client.exceptions import handle_error
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from newsletter import failpoints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from newsletter.ports import Clock

JSON = "application/json; charset=utf-8"
"""Any other spelling than `application/json` keeps the client from encoding the body itself."""

NETWORK_ERRORS = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
"""What a connection that fails raises."""

_UNSENT_LIMIT = 30_000  # milliseconds the kernel may go on trying to deliver what we wrote


class Body:
    """Encoded bytes that note the moment the first of them is handed to the socket."""

    def __init__(self, content: bytes, clock: Clock) -> None:
        self._content = content
        self._clock = clock
        self.begun_at: datetime | None = None

    def encode(self, _charset: str) -> Body:
        """What the client calls to get bytes; they are there already."""
        return self

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        """urllib3 asks for the content only once the head of the request has been written."""
        self.begun_at = self._clock.now()
        yield self._content

    def __format__(self, _spec: str) -> str:
        """The client formats bodies for its debug log: neither the time nor the addresses."""
        return f"[{len(self._content)} bytes]"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect (or get a free connection), and between two reads of the answer."""

    connect: float = 10.0
    read: float = 60.0

    @property
    def limits(self) -> urllib3.Timeout:
        """The same for urllib3."""
        return urllib3.Timeout(connect=self.connect, read=self.read)


def connection_pool(connections: int) -> urllib3.PoolManager:
    """A pool of that many kept-alive connections per host; more callers wait for a free one."""
    pool = urllib3.PoolManager(
        maxsize=connections,
        block=True,
        retries=False,
        socket_options=_socket_options(),
        ssl_context=ssl.create_default_context(),
    )
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return pool


class PooledClient(python_http_client.Client):  # type: ignore[misc]
    """`python_http_client.Client` over a shared pool.

    `private` headers (the key) are added below the client's debug log; `headers` are copied for
    every child, so a header given to one call stays with that call.
    """

    def __init__(
        self,
        host: str,
        *,
        headers: Mapping[str, str],
        private: Mapping[str, str],
        pool: urllib3.PoolManager,
        timeouts: Timeouts,
        version: int | None = 3,
        url_path: list[str] | None = None,
    ) -> None:
        super().__init__(host, request_headers=dict(headers), version=version, url_path=url_path)
        self._private = private
        self._pool = pool
        self._timeouts = timeouts

    def _build_client(self, name: str | None = None) -> PooledClient:
        return PooledClient(
            self.host,
            headers=self.request_headers,
            private=self._private,
            pool=self._pool,
            timeouts=self._timeouts,
            version=self._version,
            url_path=[*self._url_path, name] if name else self._url_path,
        )

    def _make_request(self, _opener: Any, request: Any, timeout: float | None = None) -> _Answer:
        headers = {**dict(request.header_items()), **self._private}
        if isinstance(request.data, Body):
            headers["Content-Length"] = str(len(request.data))
        reply = self._pool.request(
            request.get_method(),
            request.get_full_url(),
            body=request.data,
            headers=headers,
            redirect=False,
            pool_timeout=self._timeouts.connect,
            timeout=self._timeouts.limits if timeout is None else timeout,
        )
        answer = _Answer(reply)
        if reply.status >= 300:
            raise handle_error(answer)
        return answer


class _Answer:
    """A urllib3 response in the two shapes the client knows: an answer, and an HTTP error."""

    def __init__(self, reply: urllib3.BaseHTTPResponse) -> None:
        self.code = reply.status
        self.reason = reply.reason
        self.hdrs = reply.headers
        self._data = reply.data

    def getcode(self) -> int:
        return self.code

    def info(self) -> Mapping[str, str]:
        return self.hdrs

    def read(self) -> bytes:
        return self._data


class _WholeHead(http.client.HTTPResponse):
    """An answer whose head did arrive to its empty line.

    http.client takes `HTTP/1.1 202 Acc` and the end of the connection for a complete answer.
    """

    def begin(self) -> None:
        stream = self.fp
        lines = _LastLine(stream)
        self.fp = lines  # type: ignore[assignment]
        failpoints.reach("post:written")
        try:
            super().begin()
        finally:
            if self.fp is not None:  # None where a senseless status line has closed it
                self.fp = stream
        if lines.last not in (b"\r\n", b"\n"):
            raise http.client.IncompleteRead(lines.last)
        failpoints.reach("post:accepted")


class _LastLine:
    """A stream of lines that remembers the last one read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.last = b""

    def readline(self, limit: int = -1) -> bytes:
        self.last = self._stream.readline(limit)
        return self.last

    def close(self) -> None:
        self._stream.close()


class _Connection(HTTPConnection):
    response_class = _WholeHead


class _SecureConnection(HTTPSConnection):
    response_class = _WholeHead


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _socket_options() -> list[tuple[int, int, int | bytes]]:
    """Bytes of a dead process may still arrive; TCP_USER_TIMEOUT (RFC 5482) bounds how late."""
    options: list[tuple[int, int, int | bytes]] = list(HTTPConnection.default_socket_options)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNSENT_LIMIT))
    return options
