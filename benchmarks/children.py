"""Runs measured work in processes of their own, so that nobody's memory or imports count twice."""

from __future__ import annotations

import multiprocessing
import resource
import time
from dataclasses import dataclass
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
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        results.put((begun, time.monotonic(), peak))
    except BaseException:
        barrier.abort()
        raise
