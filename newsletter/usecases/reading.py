"""Read the sources: fetched, parsed in children, no more new items than a person can look at."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from newsletter.errors import GatherError
from newsletter.gather.collect import collect
from newsletter.gather.readings import Readings
from newsletter.gather.rewritten import capped
from newsletter.gather.sourcing import SourceReader
from newsletter.issues import folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.app import Workspace
    from newsletter.domain.item import SourceResult


def read_sources(
    workspace: Workspace, *, progress: Callable[[SourceResult], None] = lambda _: None
) -> tuple[SourceResult, ...]:
    """What every source of config.yaml gave, in its order; `progress` is told as each finishes.

    A source that fails is a result with an error. GatherError when there is no source, or nothing
    at all could be read.
    """
    sources = workspace.settings.sources
    if not sources:
        raise GatherError("config.yaml has no sources; add one, or use --from URL, FILE or -")
    gathering = workspace.settings.gathering
    readings = Readings(workspace.shelf)
    reader = _reader(workspace, readings)
    results: list[SourceResult] = []
    offered: frozenset[str] | None = None
    for given in collect(sources, reader.read, concurrency=gathering.concurrency):
        for result in given:
            kept = result
            if len(result.items) > gathering.most_new:
                offered = _offered(workspace) if offered is None else offered
                kept = capped(result, offered, most=gathering.most_new)
            progress(kept)
            results.append(kept)
    readings.tidy()
    order = {source.name: place for place, source in enumerate(sources)}
    results.sort(key=lambda result: order[result.source])
    if all(result.error for result in results):
        raise GatherError(f"no source could be read; the first said: {results[0].error}")
    return tuple(results)


def read_place(workspace: Workspace, place: str, *, stdin_text: Callable[[], str]) -> SourceResult:
    """What one URL, one file or, for `-`, the standard input holds; GatherError naming it."""
    reader = _reader(workspace, Readings(workspace.shelf))
    return reader.read_place(place, stdin_text=stdin_text)


def _reader(workspace: Workspace, readings: Readings) -> SourceReader:
    return SourceReader(
        fetcher=workspace.fetcher,
        sandbox=workspace.sandbox,
        readings=readings,
        workspace=workspace.root,
        seconds=workspace.settings.gathering.deadline,
    )


def _offered(workspace: Workspace) -> frozenset[str]:
    """Every item that any issue was ever offered."""
    known = (issue.known_items() for issue in folder.every(workspace.issues))
    return frozenset(chain.from_iterable(known))
