"""One source: fetched unless it has not changed, parsed in a child, its articles followed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from newsletter.domain.item import Item, SourceResult
from newsletter.errors import GatherError
from newsletter.gather.fetch import NotModified, Page, Validators
from newsletter.gather.follow import MOST_FOLLOWED, followed
from newsletter.gather.inbox import read_inbox
from newsletter.gather.readings import Reading
from newsletter.gather.rewritten import settled
from newsletter.gather.sandbox import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.config import Source
    from newsletter.gather.readings import Readings
    from newsletter.gather.sandbox import Sandbox

DESK = "Desk"
"""The source of what a person hands over."""

_WALKED_TO = (Kind.PAGE, Kind.LISTING)


class Fetcher(Protocol):
    """Brings pages from the web; `fetch.GuardedFetcher` is the one that does."""

    def fetch(
        self, url: str, validators: Validators | None, *, as_page: bool = False
    ) -> Page | NotModified:
        """The page behind an address; GatherError when it cannot be had."""


class SourceReader:
    """Reads sources; safe to share between threads.

    `seconds` is how long the articles of one source may take in all. Relative folders lie in the
    workspace.
    """

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        sandbox: Sandbox,
        readings: Readings,
        workspace: Path,
        seconds: float,
    ) -> None:
        self._fetcher = fetcher
        self._sandbox = sandbox
        self._readings = readings
        self._workspace = workspace
        self._seconds = seconds

    def read(self, source: Source) -> tuple[SourceResult, ...]:
        """What a source gave; an inbox has one more result for each file that could not be read.

        Raises GatherError where there is nothing to be had of it.
        """
        if source.folder is not None:
            folder = self._workspace / source.folder
            return read_inbox(folder, source=source.name, read=self._sandbox.file)
        kind, url = place_of(source)
        items = self._items(kind, url, source.name)
        if not source.follow:
            return (SourceResult(source.name, items),)
        fuller, notes = followed(items, self._articles(source.name), seconds=self._seconds)
        return (SourceResult(source.name, fuller, notes=notes),)

    def read_place(self, place: str, *, stdin_text: Callable[[], str]) -> SourceResult:
        """What one address, file or, for `-`, the standard input holds.

        An address may be a feed or a page. Raises GatherError that names the place.
        """
        if place == "-":
            return self._sandbox.pasted(stdin_text(), source=DESK)
        if "://" in place:
            name = (urlsplit(place).hostname or place).removeprefix("www.")
            # Not as a page: a person names it and reads it, no program walks there.
            page = _whole(self._fetcher.fetch(place, None))
            return SourceResult(name, self._sandbox.items(page, Kind.ANY, source=name))
        return self._sandbox.file(Path(place), source=DESK)

    def _items(self, kind: Kind, url: str, source: str) -> tuple[Item, ...]:
        """The items of an address, kept ones where it says that nothing has changed."""
        key = f"{kind} {source} {url}"
        before = self._readings.last(key)
        # A sitemap may be an index, which stays the same while what it names does not.
        fresh = before if before and before.trusted and kind is not Kind.SITEMAP else None
        answer = self._fetcher.fetch(
            url, fresh.validators if fresh else None, as_page=kind in _WALKED_TO
        )
        if fresh and (isinstance(answer, NotModified) or fresh.digest == _digest(answer)):
            return fresh.items
        page = _whole(answer)
        items = items_of(page, kind, source=source, fetcher=self._fetcher, sandbox=self._sandbox)
        if kind is not Kind.PAGE:
            items = settled(items, before.items if before else ())
        self._readings.keep(key, Reading(items, _digest(page), page.validators))
        return items

    def _articles(self, source: str) -> Callable[[str], Item | None]:
        """Reads articles: those of the last weeks from memory, so many others from the web."""
        fetched = 0

        def read(url: str) -> Item | None:
            nonlocal fetched
            key = f"article {source} {url}"
            kept = self._readings.last(key)
            if kept is not None:
                return kept.items[0] if kept.items else None
            if fetched == MOST_FOLLOWED:
                return None
            fetched += 1
            page = _whole(self._fetcher.fetch(url, None, as_page=True))
            items = self._sandbox.items(page, Kind.PAGE, source=source)
            self._readings.keep(key, Reading(items[:1], _digest(page), page.validators))
            return items[0]

        return read


def items_of(
    page: Page, kind: Kind, *, source: str, fetcher: Fetcher, sandbox: Sandbox
) -> tuple[Item, ...]:
    """The items of a page that was fetched; those of a sitemap index stand in what it names.

    An index often names a sitemap without news beside the one with it, so one that can be read is
    enough; where there is none, GatherError tells what is wrong with the first.
    """
    named = sandbox.sitemaps(page, source=source) if kind is Kind.SITEMAP else ()
    if not named:
        return sandbox.items(page, kind, source=source)
    found: list[Item] = []
    failed: list[GatherError] = []
    for url in named:
        try:
            found += sandbox.items(_whole(fetcher.fetch(url, None)), kind, source=source)
        except GatherError as error:
            failed.append(error)
    if not found:
        raise failed[0]
    return tuple(found)


def place_of(source: Source) -> tuple[Kind, str]:
    """How the address of a source on the web is read, and the address; ("", "") is never given."""
    for kind in (Kind.FEED, Kind.PAGE, Kind.LISTING, Kind.SITEMAP):
        url = getattr(source, kind.value)
        if url is not None:
            return kind, str(url)
    raise GatherError(f"{source.name}: has no address")


def _whole(answer: Page | NotModified) -> Page:
    """The page; a server that was given no validators cannot rightly say “not modified”."""
    if isinstance(answer, NotModified):
        raise GatherError("the server says that nothing has changed, but was not asked that")
    return answer


def _digest(answer: Page | NotModified) -> str:
    return hashlib.sha256(answer.content).hexdigest() if isinstance(answer, Page) else ""
