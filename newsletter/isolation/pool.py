"""Children that wait for calls: started when needed, kept while they behave, then replaced."""

from __future__ import annotations

import atexit
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, ParamSpec, TypeVar, cast

from newsletter.errors import IsolationError
from newsletter.isolation.answers import read_answer
from newsletter.isolation.child import LENGTH
from newsletter.isolation.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

P = ParamSpec("P")
T = TypeVar("T")

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from newsletter.isolation.child import main; main()"
)
_LOADING = Limits(wall=60.0)
_PIECE = 64 * 1024  # as much as a pipe holds


class Isolation:
    """Runs functions in child processes, `size` of them at once at most."""

    def __init__(self, limits: Limits | None = None, size: int = 2) -> None:
        self._limits = limits or Limits()
        self._places = threading.Semaphore(size)
        self._idle: list[_Child] = []
        self._lock = threading.Lock()

    def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """`function(…)`, made elsewhere: a function of a module, arguments that pickle,
        and a result of plain values (`answers`).

        Raises what it raises of our own errors, and IsolationError where it took too long, too much
        memory, or its process with it.
        """
        call = pickle.dumps((function.__module__, function.__qualname__, arguments, named))
        with self._places:
            child = self._taken()
            try:
                child.load(function.__module__)
                answer = child.ask(call, self._limits)
            except BaseException:
                child.end()
                raise
            self._put_back(child)
        result: T = read_answer(answer)
        return result

    def close(self) -> None:
        """End every waiting child."""
        with self._lock:
            children, self._idle = self._idle, []
        for child in children:
            child.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _taken(self) -> _Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.lives:
                    return child
                child.end()
        return _Child(self._limits)

    def _put_back(self, child: _Child) -> None:
        if child.calls >= self._limits.calls:
            child.end()
            return
        with self._lock:
            self._idle.append(child)


@cache
def shared() -> Isolation:
    """The pool of this process: its children are started once and end with it."""
    pool = Isolation()
    atexit.register(pool.close)
    return pool


class _Child:
    """One process and the two lines to it."""

    def __init__(self, limits: Limits) -> None:
        self.calls = 0
        self._loaded: set[str] = set()
        # Not forked: a copy of this process would hold its secrets, and the locks of its threads.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-B", "-c", _PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},
            close_fds=True,
        )
        self._calls = cast("BinaryIO", self._process.stdin)
        self._answers = cast("BinaryIO", self._process.stdout)
        self._waiting = select.poll()
        self._waiting.register(self._answers, select.POLLIN)
        self._send(pickle.dumps(limits))

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def load(self, module: str) -> None:
        """Have a module imported: our own work, not measured by what a call may cost."""
        if module not in self._loaded:
            self.ask(pickle.dumps(("importlib", "import_module", (module,), {})), _LOADING)
            self._loaded.add(module)

    def ask(self, call: bytes, limits: Limits) -> bytes:
        """The answer to one call, as bytes not to be trusted."""
        self.calls += 1
        deadline = time.monotonic() + limits.wall
        self._send(call)
        received, end = bytearray(), 0
        while not end or len(received) < end:
            received += self._piece(deadline)
            if not end and len(received) >= LENGTH.size:
                end = LENGTH.size + LENGTH.unpack_from(received)[0]
            if end > LENGTH.size + limits.result:
                raise IsolationError(f"its result is larger than {limits.result:,} bytes")
        if len(received) > end:
            raise IsolationError("it said more than its answer")
        return bytes(received[LENGTH.size :])

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with suppress(BrokenPipeError):  # something was still to be sent
            self._calls.close()

    def _send(self, message: bytes) -> None:
        try:
            self._calls.write(LENGTH.pack(len(message)) + message)
            self._calls.flush()
        except BrokenPipeError:
            raise self._death() from None

    def _piece(self, deadline: float) -> bytes:
        if not self._waiting.poll(max(deadline - time.monotonic(), 0) * 1000):
            raise IsolationError("it takes too long")
        # From the pipe itself: what a buffer holds already, no poll would tell.
        piece = os.read(self._answers.fileno(), _PIECE)
        if not piece:
            raise self._death()
        return piece

    def _death(self) -> IsolationError:
        used_up = self._process.wait() == -signal.SIGXCPU
        return IsolationError("it takes too long" if used_up else "its process died")
