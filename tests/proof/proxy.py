"""A TCP proxy that spoils connections on demand, by the names people know from chaos tests.

A toxic works one way: `up` spoils what the sender writes, `down` what the provider answers.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Toxic:
    """One kind of trouble. `value` is in seconds, for limit_data and slicer in bytes.

    latency: every piece comes later. timeout: nothing comes, and the connection ends after so long.
    reset_peer: the first piece is answered with RST. slow_close: the end comes later. limit_data:
    the connection ends after so many bytes. slicer: pieces of so many bytes.
    """

    kind: str
    way: str = "up"
    value: float = 0.0


class Proxy:
    """Listens on this machine and passes on to `port`; use it as a context manager."""

    def __init__(self, port: int, *toxics: Toxic) -> None:
        self.target = port
        self.toxics = toxics
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.threads: list[threading.Thread] = []
        self.released = threading.Event()  # ends every latency

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(10)

    def _run(self, job: object, *arguments: object) -> None:
        self.threads.append(threading.Thread(target=job, args=arguments, daemon=True))
        self.threads[-1].start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
            self._run(self._pump, near, far, "up")
            self._run(self._pump, far, near, "down")

    def _pump(self, source: socket.socket, sink: socket.socket, way: str) -> None:
        toxics = {toxic.kind: toxic.value for toxic in self.toxics if toxic.way == way}
        left = int(toxics.get("limit_data", 1 << 40))
        with suppress(OSError):
            while left and (piece := source.recv(65536)):
                if "reset_peer" in toxics:
                    _reset(source if way == "up" else sink)
                    break
                if "timeout" in toxics:
                    time.sleep(toxics["timeout"])
                    break
                self.released.wait(toxics.get("latency", 0))
                piece, left = piece[:left], max(left - len(piece), 0)
                for part in _slices(piece, int(toxics.get("slicer", 0))):
                    sink.sendall(part)
            time.sleep(toxics.get("slow_close", 0))
        for end in (source, sink) if toxics.keys() & {"timeout", "limit_data"} else (sink,):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR if end is source else socket.SHUT_WR)
        if way == "down":
            for end in (source, sink):
                end.close()


def _slices(piece: bytes, size: int) -> list[bytes]:
    if not size:
        return [piece]
    return [piece[at : at + size] for at in range(0, len(piece), size)]


def _reset(end: socket.socket) -> None:
    """Closing with no time to linger sends RST in place of FIN."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
