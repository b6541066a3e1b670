"""All sources of a publication at once; a dead one is a result, never the end of the others."""

from __future__ import annotations

from collections import Counter
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.domain.item import SourceResult
from newsletter.errors import GatherError
from newsletter.gather.sourcing import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from newsletter.config import Source

_WAITING = 16
"""Sources that may wait for a child, or for their turn at a host, beside those being fetched."""


def collect(
    sources: Sequence[Source],
    read: Callable[[Source], tuple[SourceResult, ...]],
    *,
    concurrency: int,
) -> Iterator[tuple[SourceResult, ...]]:
    """The results of each source, as each finishes; a source that fails is one with `error` set.

    Once the iterator is closed nothing more is begun, and nobody waits for what is under way.
    """
    waiting: SimpleQueue[Source] = SimpleQueue()
    results: SimpleQueue[tuple[SourceResult, ...]] = SimpleQueue()
    over = Event()

    def work() -> None:
        while not over.is_set():
            try:
                source = waiting.get_nowait()
            except Empty:
                return
            results.put(_read(source, read))

    for source in _hosts_in_turn(sources):
        waiting.put(source)
    # Not an executor: Python waits for its threads at the end, and so would who pressed Ctrl-C.
    for number in range(min(len(sources), concurrency + _WAITING)):
        Thread(target=work, name=f"gather-{number}", daemon=True).start()
    try:
        for _ in sources:
            yield results.get()
    finally:
        over.set()


def _read(
    source: Source, read: Callable[[Source], tuple[SourceResult, ...]]
) -> tuple[SourceResult, ...]:
    try:
        return read(source)
    except GatherError as error:
        return (SourceResult(source.name, error=str(error)),)
    except Exception as error:  # noqa: BLE001  # one source must not end the others
        message = f"{source.name}: cannot be read ({type(error).__name__}); paste it instead"
        return (SourceResult(source.name, error=message),)


def _hosts_in_turn(sources: Sequence[Source]) -> list[Source]:
    """One source of each host, then the second of each: a host with many keeps nobody waiting."""
    met: Counter[str] = Counter()
    rounds = []
    for source in sources:
        host = "" if source.folder else urlsplit(place_of(source)[1]).netloc.lower()
        rounds.append(met[host])
        met[host] += 1
    order = sorted(range(len(sources)), key=rounds.__getitem__)
    return [sources[place] for place in order]
