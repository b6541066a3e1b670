"""Gather from real sources on loopback: it only adds, and what a person wrote stays as it is."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from newsletter.errors import GatherError, IssueError
from newsletter.usecases import gathering

SLUG = "2026-11-20"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>{}</channel></rss>"""
ENTRY = (
    "<item><title>{0} counts its stones</title><link>https://wire.example.com/{0}</link>"
    "<description>The workshop in {0} found every one of them.</description></item>"
)
NOTE = "# A bench is free in Basel\n\nAsk at the school before Friday.\n"


@pytest.fixture
def site():
    """A server that counts its visitors; `/slow` answers only when the test is over."""
    over = threading.Event()
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path == "/slow":
                over.wait(60)
                return
            names = {"/feed": ("Geneva", "Lyon"), "/more": ("Geneva", "Lyon", "Idar")}
            entries = "".join(ENTRY.format(name) for name in names.get(self.path, ()))
            body = FEED.format(entries).encode()
            self.send_response(200 if self.path in names else 503)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            """Keep still."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.asked = asked
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sourced(sample, site, open_workspace):
    """The workspace with other sources: paths of the site, and the desk's inbox."""

    def make(**paths):
        config = sample / "config.yaml"
        settings = yaml.safe_load(config.read_text(encoding="utf-8"))
        settings["sources"] = [
            *({"name": name, "feed": site.url + path} for name, path in paths.items()),
            {"name": "Desk", "folder": "inbox"},
        ]
        settings["gathering"] = {"allow_private": ["127.0.0.1"], "deadline": 5}
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return open_workspace()

    return make


@contextmanager
def unchanged(folder, files):
    before = files(folder)
    yield
    assert files(folder) == before


def test_items_become_briefs_and_the_second_time_nothing(sourced, sample, files):
    (sample / "inbox" / "note.md").write_text(NOTE, encoding="utf-8")
    workspace = sourced(Wire="/feed")
    first = gathering.gather(workspace, SLUG)
    assert (sum(first.placed.values()), first.candidates, first.known) == (3, 0, 0)
    text = (sample / "issues" / SLUG / "issue.md").read_text(encoding="utf-8")
    assert all(name in text for name in ("Geneva counts", "Lyon counts", "A bench is free"))
    with unchanged(sample, files):
        again = gathering.gather(workspace, SLUG)
    assert (sum(again.placed.values()), again.candidates, again.known) == (0, 0, 3)


def test_only_what_is_new_is_added(sourced, sample):
    gathering.gather(sourced(Wire="/feed"), SLUG)
    report = gathering.gather(sourced(Wire="/more"), SLUG)
    assert (sum(report.placed.values()), report.known) == (1, 2)


def test_what_a_person_wrote_stays_byte_for_byte(sourced, sample):
    issue = sample / "issues" / SLUG / "issue.md"
    mine = (
        issue.read_text(encoding="utf-8")
        .replace("## The Latest", "<!-- mine: keep -->\n\n##   The Latest  ")
        .replace("eleven setters", "eleven  setters\t")
    )
    issue.write_text(mine, encoding="utf-8")
    gathering.gather(sourced(Wire="/feed"), SLUG)
    after = issue.read_text(encoding="utf-8")
    added = after.index("### Geneva counts")
    assert after.startswith(mine[:added].rstrip("\n"))
    remaining = iter(after.splitlines())
    assert all(line in remaining for line in mine.splitlines())


def test_a_brief_a_person_has_touched_is_neither_mended_nor_offered_again(sourced, sample):
    workspace = sourced(Wire="/feed")
    gathering.gather(workspace, SLUG)
    issue = sample / "issues" / SLUG / "issue.md"
    edited = issue.read_text(encoding="utf-8").replace("Geneva counts its stones", "Geneva counts")
    issue.write_text(edited, encoding="utf-8")
    gathering.gather(workspace, SLUG)
    assert issue.read_text(encoding="utf-8") == edited


def test_a_source_that_hangs_is_one_result_and_not_the_end(sourced):
    heard = []
    report = gathering.gather(
        sourced(Wire="/feed", Slow="/slow", Gone="/gone"), SLUG, progress=heard.append
    )
    errors = {result.source: result.error for result in report.results}
    assert [result.source for result in report.results] == ["Wire", "Slow", "Gone", "Desk"]
    assert errors["Wire"] is None
    assert "127.0.0.1" in errors["Slow"]
    assert "503" in errors["Gone"]
    assert len(heard) == 4


def test_when_nothing_at_all_can_be_read_nothing_is_written(sourced, sample, files):
    workspace = sourced(Gone="/gone")
    (sample / "inbox").rmdir()
    with unchanged(sample, files), pytest.raises(GatherError, match="no source could be read"):
        gathering.gather(workspace, SLUG)


def test_a_malformed_issue_is_told_before_anything_is_fetched(sourced, sample, site):
    workspace = sourced(Wire="/feed")
    (sample / "issues" / SLUG / "issue.md").write_text("---\ndate: soon\n---\n", encoding="utf-8")
    with pytest.raises(IssueError, match=r"issues/2026-11-20/issue\.md:2: .*date"):
        gathering.gather(workspace, SLUG)
    assert site.asked == []


def test_interrupted_it_leaves_the_issue_alone_and_goes_on_next_time(sourced, sample, files):
    def interrupt(_):
        raise KeyboardInterrupt

    workspace = sourced(Wire="/feed")
    # What was read by then may be remembered in .newsletter.
    with unchanged(sample / "issues", files), pytest.raises(KeyboardInterrupt):
        gathering.gather(workspace, SLUG, progress=interrupt)
    assert sum(gathering.gather(workspace, SLUG).placed.values()) == 2


def test_cut_off_half_way_it_adds_nothing_twice_and_loses_no_item(sourced, sample):
    workspace = sourced(Wire="/feed")
    folder = sample / "issues" / SLUG
    (folder / "gathered").write_text("in the way", encoding="utf-8")
    with pytest.raises(IssueError, match=r"gathered/[0-9a-f]{12}\.md: cannot be written"):
        gathering.gather(workspace, SLUG)
    written = (folder / "issue.md").read_text(encoding="utf-8")
    (folder / "gathered").unlink()
    gathering.gather(workspace, SLUG)
    assert (folder / "issue.md").read_text(encoding="utf-8") == written
    assert len(list((folder / "gathered").iterdir())) == 2


def test_one_place_is_read_instead_of_all_sources(sourced, site):
    workspace = sourced(Wire="/feed")
    report = gathering.gather(workspace, SLUG, place=f"{site.url}/more")
    assert site.asked == ["/more"]
    assert len(report.results[0].items) == 3


def test_the_standard_input_is_a_place(workspace):
    pasted = "The trade show keeps its January dates, and its old hall.\n"
    report = gathering.gather(workspace, SLUG, place="-", stdin_text=lambda: pasted)
    assert [item.text for item in report.results[0].items] == [pasted.strip()]


def test_a_workspace_without_sources_says_so(open_workspace, sample):
    config = sample / "config.yaml"
    settings = yaml.safe_load(config.read_text(encoding="utf-8")) | {"sources": []}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.raises(GatherError, match=r"config\.yaml has no sources; add one, or use --from"):
        gathering.gather(open_workspace(), SLUG)
