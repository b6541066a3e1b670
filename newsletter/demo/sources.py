"""The demo's sources, served on loopback as a site would serve them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "sources"
FEEDS = {"Trade Wire": "trade.rss", "Maison Journal": "maison.atom"}
PAGES = {"Saleroom Notes": "auction.html"}
PASTED = ("desk.txt", "note.md")
"""What lies in the desk's inbox."""


class _Handler(SimpleHTTPRequestHandler):
    """Quiet, and exact about what a feed is."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".rss": "application/rss+xml",
        ".atom": "application/atom+xml",
    }

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve the folder on a free port; yields the site's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=FOLDER))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
