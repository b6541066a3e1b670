"""Reading many feeds, against raw sockets and lxml in as many threads."""

from __future__ import annotations

import resource
import shutil
import socket
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import lxml.etree
import lxml.html
import orjson

from benchmarks.bar import Bar, interleaved
from benchmarks.feed_site import ENTRIES, feed_of, feed_site
from newsletter.app import SystemClock
from newsletter.config import Gathering, Source
from newsletter.gather.collect import collect
from newsletter.gather.fetch import GuardedFetcher
from newsletter.gather.readings import Readings
from newsletter.gather.sandbox import Sandbox, children
from newsletter.gather.shelf import Shelf
from newsletter.gather.sourcing import SourceReader

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
    children().close()  # those of a run that has just begun are still to be started
    with feed_site(FEEDS, latency=LATENCY) as site, _folder() as folder:
        began = time.perf_counter()
        read_all(site, Path(folder))
        mine = time.perf_counter() - began
    theory = FEEDS * LATENCY / GATHERING.concurrency
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        Bar(
            f"{FEEDS} feeds of {LATENCY * 1000:.0f} ms ÷ the time of waiting alone",
            mine / theory,
            1.3,
            True,
            f"{mine:.2f} s against {theory:.2f} s, the start of the children included",
        ),
        Bar("… and its memory in MB", megabytes, 200, True, f"a child: {largest:.0f} MB"),
    ]


def _without_latency() -> Bar:
    with feed_site(FEEDS) as site, _folder() as folder:

        def ours() -> None:
            shutil.rmtree(folder)
            read_all(site, Path(folder))

        def limit() -> None:
            assert sum(_together(site, _parsed)) == FEEDS * ENTRIES

        mine, bare = interleaved(ours, limit, rounds=3)
    name = "feeds a second ÷ raw sockets + lxml"
    return Bar(name, bare / mine, 0.4, False, _rates(mine, bare))


def _nothing_new() -> Bar:
    with feed_site(FEEDS) as site, _folder() as folder:
        read_all(site, Path(folder))
        kept = Path(folder, "kept.json")
        kept.write_bytes(orjson.dumps([_entries(feed_of(0))]))

        def ours() -> None:
            read_all(site, Path(folder))

        def known(answer: bytes) -> int:
            """What a feed held last time, where it says that nothing has changed."""
            assert b" 304 " in answer[:20]
            return len(orjson.loads(kept.read_bytes())[0])

        def limit() -> None:
            assert sum(_together(site, known, same=True)) == FEEDS * ENTRIES

        mine, bare = interleaved(ours, limit, rounds=5)
    name = "unchanged feeds a second ÷ raw sockets + orjson"
    return Bar(name, bare / mine, 0.3, False, _rates(mine, bare))


def _together(site: str, use, *, same: bool = False) -> list:
    """What `use` makes of each answer, asked for with bare sockets, as many at once as ours."""
    port = urlsplit(site).port

    def one(number: int):
        told = f'If-None-Match: "{number}"\r\n' if same else ""
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(f"GET /{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n{told}\r\n".encode())
            answer = b""
            while piece := peer.recv(65536):
                answer += piece
        return use(answer)

    with ThreadPoolExecutor(GATHERING.concurrency) as pool:
        return list(pool.map(one, range(FEEDS)))


def _parsed(answer: bytes) -> int:
    return len(_entries(answer.partition(b"\r\n\r\n")[2]))


def _entries(feed: bytes) -> list[tuple[object, ...]]:
    """Text, address and moment of each, in as few lines as a well-behaved feed needs."""
    return [
        (
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
