"""Reading many feeds, against the same by hand: bare sockets, lxml, a file, as many threads.

By hand is what a sane person would write for this one well-behaved site: the few values of each
entry that an item needs, made by lxml with HTML as text and the date as a moment, and kept in one
file for the next time. It lets others' bytes into its own process, believes every answer, waits as
long as it must, and knows nothing of other feeds than these.
"""

from __future__ import annotations

import multiprocessing
import socket
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import lxml.etree
import lxml.html
import orjson

from benchmarks.bar import Bar, interleaved
from benchmarks.children import most_memory
from benchmarks.feed_site import ENTRIES, feed_of, feed_site
from newsletter.app import SystemClock
from newsletter.config import Gathering, Source
from newsletter.gather.collect import collect
from newsletter.gather.fetch import GuardedFetcher
from newsletter.gather.readings import Readings
from newsletter.gather.sandbox import Sandbox, children
from newsletter.gather.shelf import Shelf
from newsletter.gather.sourcing import SourceReader

if TYPE_CHECKING:
    from collections.abc import Callable

FEEDS = 500
LATENCY = 0.1
GATHERING = Gathering(allow_private=("127.0.0.1",), pause=0.0)
"""16 at once, as ever; all feeds stand on one host here, so there is no pause between them."""


def bars() -> list[Bar]:
    return [*_with_latency(), _without_latency(), _nothing_new()]


def read_all(site: str, folder: Path) -> None:
    """All feeds of the site, as `gather` reads them."""
    shelf = Shelf(folder, clock=SystemClock())
    reader = SourceReader(
        fetcher=GuardedFetcher(GATHERING, user_agent="newsletter/benchmark"),
        sandbox=Sandbox(children()),
        readings=Readings(shelf),
        workspace=folder,
        seconds=GATHERING.deadline,
    )
    sources = [Source(name=f"Feed {number}", feed=f"{site}/{number}") for number in range(FEEDS)]
    items = 0
    for results in collect(sources, reader.read, concurrency=GATHERING.concurrency):
        for result in results:
            assert result.error is None, result.error
            items += len(result.items)
    assert items == FEEDS * ENTRIES


def _with_latency() -> list[Bar]:
    fresh = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
    with feed_site(FEEDS, latency=LATENCY) as site, _folder() as folder, fresh:
        mine, megabytes = fresh.submit(_footprint, site, folder).result()
    theory = FEEDS * LATENCY / GATHERING.concurrency
    each = " + ".join(f"{one:.0f}" for one in megabytes)
    return [
        Bar(
            f"{FEEDS} feeds of {LATENCY * 1000:.0f} ms ÷ the time of waiting alone",
            mine / theory,
            1.3,
            True,
            f"{mine:.2f} s against {theory:.2f} s, the start of the children included",
        ),
        Bar("… and its memory in MB, children included", sum(megabytes), 200, True, each),
    ]


def _footprint(site: str, folder: str) -> tuple[float, list[float]]:
    """Seconds, and the most megabytes of this process and of each of its children."""
    began = time.perf_counter()
    read_all(site, Path(folder))
    seconds = time.perf_counter() - began
    tasks = Path("/proc/self/task").iterdir()
    below = [number for task in tasks for number in (task / "children").read_text().split()]
    return seconds, [most_memory(number) for number in ("self", *below)]


def _without_latency() -> Bar:
    with feed_site(FEEDS) as site, _folder() as folder:

        def ours() -> None:
            read_all(site, Path(tempfile.mkdtemp(dir=folder)))

        def limit() -> None:
            found = _together(site, lambda _, answer: _parsed(answer))
            assert sum(map(len, found)) == FEEDS * ENTRIES
            with tempfile.TemporaryFile() as kept:
                kept.write(orjson.dumps(found))

        mine, bare = interleaved(ours, limit, rounds=3)
    name = "feeds a second ÷ raw sockets + lxml by hand"
    return Bar(name, bare / mine, 0.4, False, _rates(mine, bare))


def _nothing_new() -> Bar:
    with feed_site(FEEDS) as site, _folder() as folder:
        read_all(site, Path(folder))
        kept = Path(folder, "by-hand.json")
        kept.write_bytes(orjson.dumps([_entries(feed_of(number)) for number in range(FEEDS)]))

        def ours() -> None:
            read_all(site, Path(folder))

        def limit() -> None:
            before = orjson.loads(kept.read_bytes())

            def known(number: int, answer: bytes) -> list[_Entry]:
                """What a feed held last time, where it says that nothing has changed."""
                assert b" 304 " in answer[:20]
                return [_kept(one) for one in before[number]]

            found = _together(site, known, same=True)
            assert sum(map(len, found)) == FEEDS * ENTRIES

        mine, bare = interleaved(ours, limit, rounds=5)
    name = "unchanged feeds a second ÷ by hand"
    return Bar(name, bare / mine, 0.3, False, _rates(mine, bare))


@dataclass(frozen=True, slots=True)
class _Entry:
    title: str
    link: str
    moment: datetime
    text: str


def _together(
    site: str, use: Callable[[int, bytes], list[_Entry]], *, same: bool = False
) -> list[list[_Entry]]:
    """What `use` makes of each answer, asked for with bare sockets, as many at once as ours."""
    port = urlsplit(site).port

    def one(number: int) -> list[_Entry]:
        told = f'If-None-Match: "{number}"\r\n' if same else ""
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(f"GET /{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n{told}\r\n".encode())
            answer = b""
            while piece := peer.recv(65536):
                answer += piece
        return use(number, answer)

    with ThreadPoolExecutor(GATHERING.concurrency) as pool:
        return list(pool.map(one, range(FEEDS)))


def _parsed(answer: bytes) -> list[_Entry]:
    return _entries(answer.partition(b"\r\n\r\n")[2])


def _kept(one: dict[str, str]) -> _Entry:
    return _Entry(one["title"], one["link"], datetime.fromisoformat(one["moment"]), one["text"])


def _entries(feed: bytes) -> list[_Entry]:
    return [
        _Entry(
            item.findtext("title"),
            item.findtext("link"),
            parsedate_to_datetime(item.findtext("pubDate")),
            lxml.html.fromstring(item.findtext("description")).text_content(),
        )
        for item in lxml.etree.fromstring(feed).iter("item")
    ]


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="newsletter-bench-")


def _rates(mine: float, bare: float) -> str:
    return f"{FEEDS / mine:,.0f} against {FEEDS / bare:,.0f} a second"
