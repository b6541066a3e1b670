"""How each source is doing: can it be read, how new is it, does it tell what another tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.domain.item import SourceResult
from newsletter.domain.source import Health, Sample
from newsletter.errors import GatherError
from newsletter.gather.canonical import address_key
from newsletter.gather.collect import collect
from newsletter.gather.inbox import read_inbox
from newsletter.gather.sandbox import Kind
from newsletter.gather.sourcing import items_of, place_of
from newsletter.usecases.sources import has_validators, sampled

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.app import Workspace
    from newsletter.config import Source
    from newsletter.domain.item import Item

_SAME = 0.8
"""The share of a source's stories that another must have to be called its repetition."""


def check_sources(
    workspace: Workspace, *, progress: Callable[[Health], None] = lambda _: None
) -> tuple[Health, ...]:
    """Read every source once, past whatever was kept of it, in the order of config.yaml.

    A source that cannot be read has an error. Raises GatherError when there is no source.
    """
    sources = workspace.settings.sources
    if not sources:
        raise GatherError("config.yaml has no sources; add one with `newsletter sources add URL`")
    found: dict[str, Health] = {}
    stories: dict[str, frozenset[str]] = {}

    def read(source: Source) -> tuple[SourceResult, ...]:
        sample, items = _read(workspace, source)
        stories[source.name] = frozenset(address_key(item.url) for item in items if item.url)
        found[source.name] = Health(source.name, *place_shown(source), sample)
        return (SourceResult(source.name, items),)

    by_name = {source.name: source for source in sources}
    for result, *_ in collect(sources, read, concurrency=workspace.settings.gathering.concurrency):
        name = result.source
        if result.error:
            found[name] = Health(name, *place_shown(by_name[name]), error=result.error)
        progress(found[name])
    in_order = {source.name: stories.get(source.name, frozenset()) for source in sources}
    return tuple(_compared(found[source.name], in_order) for source in sources)


def _read(workspace: Workspace, source: Source) -> tuple[Sample, tuple[Item, ...]]:
    if source.folder is not None:
        first, *_ = read_inbox(
            workspace.root / source.folder, source=source.name, read=workspace.sandbox.file
        )
        return sampled(first.items), first.items
    kind, url = place_of(source)
    page = workspace.fetcher.fetch(url, None, as_page=kind in (Kind.PAGE, Kind.LISTING))
    items = items_of(
        page, kind, source=source.name, fetcher=workspace.fetcher, sandbox=workspace.sandbox
    )
    return sampled(items, validators=has_validators(page)), items


def place_shown(source: Source) -> tuple[str, str]:
    """The kind of a source, and its address or folder."""
    if source.folder is not None:
        return "folder", str(source.folder)
    kind, url = place_of(source)
    return kind.value, url


def _compared(health: Health, stories: dict[str, frozenset[str]]) -> Health:
    """With the name of an earlier source that has most of the same stories."""
    own = stories.get(health.source, frozenset())
    if health.sample is None or not own:
        return health
    for name, others in stories.items():
        if name == health.source:
            break
        if len(own & others) >= _SAME * len(own):
            return replace(health, sample=replace(health.sample, repeats=name))
    return health
