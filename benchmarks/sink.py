"""A provider that only counts: it reads each request whole, waits, and accepts it."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: sink\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def sink(latency: float = 0.0) -> Iterator[int]:
    """The port of a sink in a process of its own; it answers after so many seconds."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    process = multiprocessing.get_context("fork").Process(
        target=_accept, args=(listener, latency), daemon=True
    )
    process.start()
    try:
        yield listener.getsockname()[1]
    finally:
        process.terminate()
        process.join()
        listener.close()


def _accept(listener: socket.socket, latency: float) -> None:
    while True:
        peer, _ = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_swallow, args=(peer, latency), daemon=True).start()


def _swallow(peer: socket.socket, latency: float) -> None:
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
            time.sleep(latency)
            peer.sendall(ANSWER)
