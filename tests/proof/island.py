"""A host with a network of its own, joined to this one by a single cable that can be pulled.

Needs Linux and the right to make network namespaces; see `ip netns` in
https://man7.org/linux/man-pages/man8/ip-netns.8.html
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL

_NEWNET = 0x40000000  # CLONE_NEWNET of <linux/sched.h>
_BENCH = IPv4Address("198.18.0.0")  # for tests between devices, RFC 2544
_HOSTS = 1 << 15

GIVEN_UP = 2000
"""Milliseconds after which this side gives up a peer that answers nothing."""


class NotPermitted(Exception):
    """This machine, or this user, can make no network namespace."""


class Island:
    """A network namespace `name`, and the cable to it; `here` is this side's address."""

    def __init__(self) -> None:
        self.name = f"nl{os.getpid()}"
        self._near, self._far = f"{self.name}h", f"{self.name}i"
        first = _BENCH + 4 * (os.getpid() % _HOSTS)
        self.here, self._there = str(first + 1), str(first + 2)

    def __enter__(self) -> Self:
        if shutil.which("ip") is None:
            raise NotPermitted("there is no program `ip`")
        try:
            _ip("netns", "add", self.name)
            _ip("link", "add", self._near, "type", "veth", "peer", self._far, "netns", self.name)
            _ip("address", "add", f"{self.here}/30", "dev", self._near)
            _ip("link", "set", self._near, "up")
            _ip("-n", self.name, "address", "add", f"{self._there}/30", "dev", self._far)
            _ip("-n", self.name, "link", "set", "lo", "up")
            self.plug()
        except NotPermitted:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(NotPermitted):  # its end of the cable goes with it, and with that the other
            _ip("netns", "delete", self.name)
        with suppress(NotPermitted):
            _ip("link", "delete", self._near)

    def plug(self) -> None:
        _ip("-n", self.name, "link", "set", self._far, "up")

    def pull(self) -> None:
        """Nothing passes any more, and neither side is told."""
        _ip("-n", self.name, "link", "set", self._far, "down")


def move_to(island: str) -> None:
    """This process, and what it begins, is on that island from here on (os.setns is of 3.12)."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/run/netns", island).open("rb") as place:
        if libc.setns(place.fileno(), _NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


class Landing:
    """Listens at `place` and passes on what comes; use it as a context manager.

    `answering` is called before each piece that goes back. `soon`: a peer that is cut off is given
    up after GIVEN_UP, as PostgreSQL's own socket would be after its own, longer time.
    """

    def __init__(
        self,
        place: tuple[str, int],
        reach: Callable[[], socket.socket],
        *,
        answering: Callable[[], None] = lambda: None,
        soon: bool = False,
    ) -> None:
        self._reach, self._answering, self._soon = reach, answering, soon
        self._listener = socket.create_server(place)
        self.place: tuple[str, int] = self._listener.getsockname()
        self._threads: list[threading.Thread] = []
        self._ends: list[socket.socket] = []
        self.landed = 0

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._listener)
        self._threads[0].join(10)  # nobody comes any more
        for end in self._ends:
            _end(end)
        for thread in self._threads:
            thread.join(10)
        for end in (self._listener, *self._ends):
            end.close()

    def _run(self, job: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=job, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._ends.append(near)
                if self._soon:
                    _give_up_soon(near)
                far = self._reach()
                self._ends.append(far)
                self.landed += 1
                self._run(self._pump, near, far, lambda: None)
                self._run(self._pump, far, near, self._answering)

    def _pump(self, source: socket.socket, sink: socket.socket, before: Callable[[], None]) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                before()
                sink.sendall(piece)
        _end(source)
        _end(sink)


def to(place: tuple[str, int]) -> Callable[[], socket.socket]:
    """Reaches who listens there."""
    return partial(socket.create_connection, place)


def to_socket_file(url: URL) -> Callable[[], socket.socket]:
    """Reaches the PostgreSQL that listens on a Unix socket."""
    path = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"

    def reach() -> socket.socket:
        end = socket.socket(socket.AF_UNIX)
        end.connect(path)
        return end

    return reach


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def _give_up_soon(end: socket.socket) -> None:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GIVEN_UP)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotPermitted(f"ip {' '.join(words)}: {done.stderr.strip()}")
