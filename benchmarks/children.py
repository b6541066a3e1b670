"""Runs measured work in processes of their own, so that nobody's memory or imports count twice."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds from the first start to the last end, and the most megabytes one process had."""

    seconds: float
    megabytes: float


def together(run: Callable[..., object], processes: int, *arguments: Any) -> Run:
    """Run the same in so many processes, all beginning at once; imports are not timed."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    children = [
        context.Process(target=_child, args=(barrier, results, run, arguments))
        for _ in range(processes)
    ]
    for child in children:
        child.start()
    measured = [results.get(timeout=600) for _ in children]
    for child in children:
        child.join()
    begun, ended, megabytes = zip(*measured, strict=True)
    return Run(max(ended) - min(begun), max(megabytes))


def _child(
    barrier: Any, results: Any, run: Callable[..., object], arguments: tuple[Any, ...]
) -> None:
    try:
        barrier.wait()
        begun = time.monotonic()
        run(*arguments)
        results.put((begun, time.monotonic(), most_memory("self")))
    except BaseException:
        barrier.abort()
        raise


def most_memory(process: str) -> float:
    """The most megabytes a process had. Not from getrusage, whose ru_maxrss begins with the size of
    the parent: execve leaves it as it stands (https://man7.org/linux/man-pages/man2/getrusage.2.html).
    """
    status = Path("/proc", process, "status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
