"""All sources of a publication at once; a dead one is a result, never the end of the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from newsletter.domain.item import Item, SourceResult
from newsletter.errors import GatherError
from newsletter.gather.feed import read_feed
from newsletter.gather.files import read_file, read_pasted
from newsletter.gather.inbox import read_inbox
from newsletter.gather.page import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from newsletter.config import Source
    from newsletter.gather.fetch import Page

_AT_ONCE = 8
DESK = "Desk"  # the source of what a person hands over


class Fetcher(Protocol):
    """Brings pages from the web; `fetch.GuardedFetcher` is the one that does."""

    def fetch(self, url: str) -> Page:
        """The page behind an address; GatherError when it cannot be had."""


def collect(
    sources: Sequence[Source], *, fetcher: Fetcher, workspace: Path
) -> Iterator[SourceResult]:
    """What each source gave, as each finishes; at most 8 are read at a time.

    A source that fails is a result with `error` set. An inbox gives one more result for each of
    its files that could not be read. Relative folders lie in the workspace.
    """
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="gather")
    try:
        running = [pool.submit(_read, source, fetcher, workspace) for source in sources]
        for done in as_completed(running):
            yield from done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def collect_from(place: str, *, fetcher: Fetcher, stdin_text: Callable[[], str]) -> SourceResult:
    """What one address, file or, for `-`, the standard input holds.

    An address may be a feed or a page. Raises GatherError that names the place.
    """
    if place == "-":
        return read_pasted(stdin_text(), source=DESK)
    if place.lower().startswith(("http://", "https://")):
        name = (urlsplit(place).hostname or place).removeprefix("www.")
        return SourceResult(name, _feed_or_page(fetcher.fetch(place), source=name))
    return read_file(Path(place), source=DESK)


def _read(source: Source, fetcher: Fetcher, workspace: Path) -> tuple[SourceResult, ...]:
    try:
        if source.folder is not None:
            return read_inbox(workspace / source.folder, source=source.name)
        return (SourceResult(source.name, _from_web(source, fetcher)),)
    except GatherError as error:
        return (SourceResult(source.name, error=str(error)),)
    except Exception as error:  # noqa: BLE001  # hostile input may break a parser in any way
        message = f"{source.name}: cannot be read ({type(error).__name__}); paste it instead"
        return (SourceResult(source.name, error=message),)


def _from_web(source: Source, fetcher: Fetcher) -> tuple[Item, ...]:
    if source.feed is not None:
        page = fetcher.fetch(source.feed)
        return read_feed(
            page.content, url=page.url, source=source.name, content_type=_content_type(page)
        )
    page = fetcher.fetch(source.page or "")
    return read_page(page.content, url=page.url, source=source.name, charset=page.charset)


def _feed_or_page(page: Page, *, source: str) -> tuple[Item, ...]:
    """Feeds are often served as plain XML or even HTML, so the content decides."""
    start = page.content[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if any(mark in start for mark in (b"<rss", b"<feed", b"<rdf:rdf")) and b"<html" not in start:
        return read_feed(
            page.content, url=page.url, source=source, content_type=_content_type(page)
        )
    return read_page(page.content, url=page.url, source=source, charset=page.charset)


def _content_type(page: Page) -> str:
    return f"{page.content_type}; charset={page.charset}" if page.charset else page.content_type
