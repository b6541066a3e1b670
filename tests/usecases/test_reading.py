"""Reading a workspace's sources: order, progress, too much at once, and what it says of itself."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from newsletter.errors import GatherError
from newsletter.usecases import gathering
from newsletter.usecases.reading import read_sources

SLUG = "2026-11-20"
ENTRY = (
    "<item><title>Stone {0} is sold</title><link>https://wire.example.com/{0}</link>"
    "<pubDate>Thu, 19 Nov 2026 {1:02}:00:00 GMT</pubDate>"
    "<description>It went to a bench in street {0}.</description></item>"
)


@pytest.fixture
def site():
    """`/N` is a feed of N entries; anything else is not there."""
    agents = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            agents.append(self.headers["User-Agent"])
            count = self.path[1:]
            entries = "".join(
                ENTRY.format(number, number % 24) for number in range(int(count or 0))
            )
            body = f'<rss version="2.0"><channel>{entries}</channel></rss>'.encode()
            self.send_response(200 if count else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            """Keep still."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.agents = agents
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sourced(sample, site, open_workspace):
    def make(paths, **gathering):
        config = sample / "config.yaml"
        settings = yaml.safe_load(config.read_text(encoding="utf-8"))
        settings["sources"] = [
            {"name": name, "feed": site.url + path} for name, path in paths.items()
        ]
        known = {"allow_private": ["127.0.0.1"], "pause": 0}
        settings["gathering"] = known | gathering
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return open_workspace()

    return make


def test_results_come_in_the_order_of_the_settings_and_progress_as_they_end(sourced):
    told = []
    workspace = sourced({"B": "/2", "A": "/", "C": "/3"})
    results = read_sources(workspace, progress=told.append)
    assert [(result.source, len(result.items)) for result in results] == [
        ("B", 2), ("A", 0), ("C", 3),
    ]  # fmt: skip
    assert "answered 404" in results[1].error
    assert sorted(told, key=lambda one: one.source) == sorted(results, key=lambda one: one.source)


def test_a_feed_with_too_much_at_once_is_capped_until_it_was_offered(sourced):
    workspace = sourced({"Wire": "/20"}, most_new=8)
    read, told = [], []
    for _ in range(4):
        (result,) = gathering.gather(workspace, SLUG).results
        read.append(len(result.items))
        told.append(bool(result.notes))
    assert read == [8, 16, 20, 20]
    assert told == [True, True, False, False]


def test_a_site_learns_who_asks(sourced, site):
    read_sources(sourced({"Wire": "/1"}, contact="desk@example.com"))
    (agent,) = site.agents
    assert agent.startswith("newsletter/")
    assert agent.endswith("; desk@example.com)")


def test_nothing_at_all_to_read_is_an_error(sourced):
    with pytest.raises(GatherError, match=r"no source could be read; the first said: .*404"):
        read_sources(sourced({"Wire": "/"}))
    with pytest.raises(GatherError, match="has no sources"):
        read_sources(sourced({}))
