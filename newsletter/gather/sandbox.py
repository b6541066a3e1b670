"""Readers at work in children: what came from outside is only ever parsed there."""

from __future__ import annotations

import atexit
import os
from enum import StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from newsletter.errors import GatherError, IsolationError
from newsletter.gather.feed import read_feed
from newsletter.gather.files import read_file, read_pasted
from newsletter.gather.item_json import items_of_json, json_of
from newsletter.gather.json_feed import read_json_feed
from newsletter.gather.listing import read_listing
from newsletter.gather.page import read_page
from newsletter.gather.reading import kind_of, read_any
from newsletter.gather.sitemap import newest_sitemaps, read_sitemap
from newsletter.isolation import Isolation, Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from newsletter.domain.item import Item, SourceResult
    from newsletter.gather.fetch import Page

Found = TypeVar("Found")

LIMITS = Limits(memory=768 * 2**20, cpu=5, wall=15.0, result=16 * 2**20, calls=2_000)
"""For one page or file of 5 MiB; the first call of a child also loads the reader's libraries."""

_MOST_CHILDREN = 4


class Kind(StrEnum):
    """As what a page is read."""

    FEED = "feed"
    PAGE = "page"
    LISTING = "listing"
    SITEMAP = "sitemap"
    ANY = "any"


@cache
def children() -> Isolation:
    """The pool for reading, one for this process, with a child for each processor."""
    pool = Isolation(LIMITS, size=min(os.cpu_count() or 1, _MOST_CHILDREN))
    atexit.register(pool.close)
    return pool


class Sandbox:
    """Reads pages and files in the children of a pool."""

    def __init__(self, pool: Isolation) -> None:
        self._pool = pool

    def items(self, page: Page, kind: Kind, *, source: str) -> tuple[Item, ...]:
        """The items of a page; GatherError naming the source where there are none to be read."""
        call = partial(self._pool.run, read_as, kind, page.content, page.url, source, page.charset)
        return items_of_json(_named(source, call))

    def sitemaps(self, page: Page, *, source: str) -> tuple[str, ...]:
        """The addresses in a sitemap index; () for any other page."""
        call = partial(self._pool.run, newest_sitemaps, page.content, url=page.url)
        return _named(source, call)

    def file(self, path: Path, *, source: str) -> SourceResult:
        """The items of a file; GatherError naming it where it cannot be read."""
        return _named(str(path), partial(self._pool.run, read_file, path, source=source))

    def pasted(self, text: str, *, source: str) -> SourceResult:
        """The items of a pasted page; GatherError where it holds none."""
        return _named(source, partial(self._pool.run, read_pasted, text, source=source))


def read_as(kind: Kind, content: bytes, url: str, source: str, charset: str | None) -> bytes:
    """The items of a page, as JSON: it takes a tenth of the time of pickling them."""
    return json_of(_READERS[kind](content, url, source, charset))


def _feed(content: bytes, url: str, source: str, charset: str | None) -> tuple[Item, ...]:
    if kind_of(content) == "json":
        return read_json_feed(content, url=url, source=source)
    return read_feed(content, url=url, source=source, charset=charset)


def _sitemap(content: bytes, url: str, source: str, _charset: str | None) -> tuple[Item, ...]:
    return read_sitemap(content, url=url, source=source)


def _page(content: bytes, url: str, source: str, charset: str | None) -> tuple[Item, ...]:
    return read_page(content, url=url, source=source, charset=charset)


def _listing(content: bytes, url: str, source: str, charset: str | None) -> tuple[Item, ...]:
    return read_listing(content, url=url, source=source, charset=charset)


def _any(content: bytes, url: str, source: str, charset: str | None) -> tuple[Item, ...]:
    return read_any(content, url=url, source=source, charset=charset)


_READERS = {
    Kind.FEED: _feed,
    Kind.PAGE: _page,
    Kind.LISTING: _listing,
    Kind.SITEMAP: _sitemap,
    Kind.ANY: _any,
}


def _named(what: str, call: Callable[[], Found]) -> Found:
    try:
        return call()
    except IsolationError as error:
        raise GatherError(
            f"{what}: reading it was stopped, for {error.message}; paste the text instead"
        ) from error
