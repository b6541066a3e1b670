"""One HTTP/1.1 request and its answer on one connection, every wait within the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

    from newsletter.gather.deadline import Deadline

LARGEST_HEAD = 64 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer, and its body as it comes; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]


def exchange(
    wire: socket.socket,
    deadline: Deadline,
    *,
    method: str = "GET",
    path: bytes,
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Answer:
    """Ask, and read the head of the answer: 64 KiB at most, whatever comes before it included.

    Raises h11.ProtocolError for what is not HTTP, OSError for a broken connection, and
    TimeoutError. Each of these may come from reading the body, too.
    """
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
    # In UTF-8, for a publication's own name in the User-Agent; all others are ASCII.
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    asked = talk.send(h11.Request(method=method, target=path, headers=lines))
    told = talk.send(h11.Data(data=body)) if body else b""
    deadline.bind(wire)
    wire.sendall((asked or b"") + (told or b"") + (talk.send(h11.EndOfMessage()) or b""))
    head = _head(talk, wire, deadline)
    named: dict[str, str] = {}
    for name, value in head.headers.raw_items():
        text = value.decode("latin-1")
        key = name.decode("ascii").lower()
        named[key] = f"{named[key]}, {text}" if key in named else text
    return Answer(head.status_code, named, _body(talk, wire, deadline))


def _head(talk: h11.Connection, wire: socket.socket, deadline: Deadline) -> h11.Response:
    """The final answer; a server may send any number of interim ones (RFC 9110, 15.2) before."""
    size = 0
    while True:
        event = talk.next_event()
        if isinstance(event, h11.Response):
            return event
        if event is h11.NEED_DATA:
            piece = _piece(wire, deadline)
            if not piece:
                raise h11.RemoteProtocolError("it closed the connection before it had answered")
            size += len(piece)
            talk.receive_data(piece)
        elif not isinstance(event, h11.InformationalResponse):
            raise h11.RemoteProtocolError("the answer does not begin as HTTP does")
        if size > 2 * LARGEST_HEAD:
            raise h11.RemoteProtocolError("the head of the answer does not end")


def _body(talk: h11.Connection, wire: socket.socket, deadline: Deadline) -> Iterator[bytes]:
    while True:
        event = talk.next_event()
        if isinstance(event, h11.Data):
            yield bytes(event.data)
        elif event is h11.NEED_DATA:
            talk.receive_data(_piece(wire, deadline))
        else:
            return


def _piece(wire: socket.socket, deadline: Deadline) -> bytes:
    deadline.bind(wire)
    return wire.recv(_PIECE)
