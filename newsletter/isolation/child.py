"""The child's side: take a call, make it within the limits, answer, until the parent is gone.

It is told by name what to call. Standard input and output are the two ends of the line to the
parent, until it moves them out of the way.
"""

from __future__ import annotations

import importlib
import os
import pickle
import resource
import struct
import sys
import time
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO

from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from newsletter.isolation.limits import Limits

LENGTH = struct.Struct(">Q")


def main() -> None:
    """Serve calls until the line closes. The first message holds the limits."""
    calls, answers = _lines()
    limits: Limits = pickle.loads(_received(calls) or b"")  # noqa: S301  # from our own parent
    _confine(limits)
    while (message := _received(calls)) is not None:
        _allow_more_time(limits)
        answer = _answer(message)
        if len(answer) > limits.result:
            answer = _packed("failed", f"its result is too large ({len(answer):,} bytes)")
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _answer(message: bytes) -> bytes:
    """("done", result), ("mistake", class, message, file, line) or ("failed", what happened)."""
    try:
        module, name, arguments, named = pickle.loads(message)  # noqa: S301
        function = getattr(importlib.import_module(module), name)
        result = function(*arguments, **named)
        return _packed("done", None if isinstance(result, ModuleType) else result)
    except NewsletterError as error:
        return _packed("mistake", type(error).__name__, error.message, error.file, error.line)
    except MemoryError:
        return _packed("failed", "it needs too much memory")
    except RecursionError:
        return _packed("failed", "it is nested too deeply")
    except Exception as error:  # noqa: BLE001  # whatever hostile input makes of our code
        return _packed("failed", f"{type(error).__name__}: {error}")


def _packed(*parts: Any) -> bytes:
    return pickle.dumps(parts)


def _received(line: BinaryIO) -> bytes | None:
    head = line.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return line.read(LENGTH.unpack(head)[0])


def _lines() -> tuple[BinaryIO, BinaryIO]:
    """The two lines, moved away from where a stray `print` or read would disturb them."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    return calls, answers


def _confine(limits: Limits) -> None:
    sys.setrecursionlimit(1_500)
    os.environ.clear()
    for what, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        # macOS takes no limit of memory.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _allow_more_time(limits: Limits) -> None:
    used = int(time.process_time()) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + limits.cpu, hard))
