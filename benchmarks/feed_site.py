"""A site of many feeds in a process of its own: it waits as long as it is told, then answers."""

from __future__ import annotations

import heapq
import multiprocessing
import select
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRIES = 10  # what WordPress puts into a feed
_ENTRY = """<item>
<title>Workshop {feed} opens bench {number} &amp; trains setters</title>
<link>https://trade.example.com/{feed}/{number}?utm_source=rss</link>
<guid isPermaLink="false">{feed}-{number}</guid>
<pubDate>Fri, 20 Nov 2026 {number:02}:00:00 GMT</pubDate>
<dc:creator>Ada Lovett</dc:creator>
<category>Watches</category>
<description>&lt;p&gt;A house in Lyon brings {number} setters back under a roof &amp;amp; will train
four apprentices a year, with a &lt;a href="/bench/{number}"&gt;second bench&lt;/a&gt; promised for
the spring.&lt;/p&gt;</description>
</item>
"""
_HEAD = (
    "HTTP/1.1 {status}\r\nServer: site\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\n"
    'ETag: "{feed}"\r\nCache-Control: max-age=300\r\nConnection: close\r\n'
)


def feed_of(number: int) -> bytes:
    """An RSS feed, 6 kB."""
    entries = "".join(_ENTRY.format(feed=number, number=place) for place in range(ENTRIES))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Trade {number}</title><link>https://trade.example.com/</link>"
        f"<language>en</language>\n{entries}</channel></rss>"
    ).encode()


@contextmanager
def feed_site(feeds: int, *, latency: float = 0.0) -> Iterator[str]:
    """The address of a site with `/0`, `/1` and so on; it answers after so many seconds.

    Who sends the ETag is told that nothing has changed.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    process = multiprocessing.get_context("fork").Process(
        target=_serve, args=(listener, _answers(feeds), latency), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        process.terminate()
        process.join()
        listener.close()


def _answers(feeds: int) -> list[tuple[bytes, bytes]]:
    """For each feed, the answer to who has it already, and the one to who has not."""
    made = []
    for number in range(feeds):
        body = feed_of(number)
        whole = _HEAD.format(status="200 OK", feed=number)
        whole += f"Content-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n\r\n"
        same = _HEAD.format(status="304 Not Modified", feed=number) + "\r\n"
        made.append((same.encode(), whole.encode() + body))
    return made


def _serve(listener: socket.socket, answers: list[tuple[bytes, bytes]], latency: float) -> None:
    listener.setblocking(False)
    poll, peers = select.epoll(), {}
    poll.register(listener, select.EPOLLIN)
    due: list[tuple[float, int, bytes]] = []
    while True:
        pause = max(due[0][0] - time.monotonic(), 0) if due else -1
        for number, _ in poll.poll(pause):
            if number == listener.fileno():
                _accept(listener, poll, peers)
            else:
                poll.unregister(number)
                asked = peers[number].recv(65536)
                same, whole = answers[int(asked.split(b" ", 2)[1][1:])]
                answer = same if b"if-none-match" in asked.lower() else whole
                heapq.heappush(due, (time.monotonic() + latency, number, answer))
        while due and due[0][0] <= time.monotonic():
            _, number, answer = heapq.heappop(due)
            with peers.pop(number) as peer:
                peer.setblocking(True)
                peer.sendall(answer)


def _accept(listener: socket.socket, poll: select.epoll, peers: dict[int, socket.socket]) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except BlockingIOError:
            return
        peers[peer.fileno()] = peer
        poll.register(peer, select.EPOLLIN)
