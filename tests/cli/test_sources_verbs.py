"""Sources as an operator handles them, on a site of our own on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

GATHERING = "\ngathering: {allow_private: ['127.0.0.1'], pause: 0, deadline: 5}\n"
FRONT = """<!doctype html><html lang="en"><head><title>Assay Weekly</title>
<meta property="og:site_name" content="Assay Weekly">
<link rel="alternate" type="application/rss+xml" title="Assay Weekly" href="/feed.xml">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
<link rel="alternate" type="application/feed+json" href="/feed.json"></head><body></body></html>"""
STORY = "<item><title>{0}</title><link>{1}/{2}</link><description>{0} today.</description></item>"
LISTING = "<html><body><main>{}</main></body></html>"


@pytest.fixture
def site():
    """A server that answers what `pages` says: path → body, or status and body."""
    pages, asked = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer = pages.get(self.path, (404, ""))
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            """Keep still."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.pages, server.asked = pages, asked
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def rss(site):
    def make(*titles):
        items = "".join(STORY.format(one, site.url, number) for number, one in enumerate(titles))
        return f'<rss version="2.0"><channel><title>Assay Weekly</title>{items}</channel></rss>'

    return make


@pytest.fixture
def config(sample):
    """The sample's config.yaml, which may read from loopback."""
    path = sample / "config.yaml"
    path.write_text(path.read_text(encoding="utf-8") + GATHERING, encoding="utf-8")
    return path


def sources(config):
    return yaml.safe_load(config.read_text(encoding="utf-8"))["sources"]


@pytest.fixture
def news(site, rss):
    """A site with a feed, a JSON feed and a news sitemap."""
    site.pages["/"] = FRONT
    site.pages["/feed.xml"] = rss("Gold is up", "Silver is not")
    site.pages["/feed.json"] = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Assay",
            "items": [{"id": "1", "title": "Gold is up", "url": f"{site.url}/0",
                       "content_text": "By a dollar."}],
        }
    )  # fmt: skip
    site.pages["/robots.txt"] = f"Sitemap: {site.url}/news.xml\nSitemap: {site.url}/pages.xml"
    site.pages["/news.xml"] = (
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url>"
        f"<loc>{site.url}/0</loc><news><title>Gold is up</title></news></url></urlset>"
    )
    return site


def test_add_shows_what_a_site_offers_and_writes_nothing_by_itself(run, config, news):
    before = config.read_bytes()
    result = run("sources", "add", news.url, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)["found"]
    assert [(one["offer"]["kind"], one["offer"]["url"]) for one in found] == [
        ("feed", f"{news.url}/feed.xml"),
        ("feed", f"{news.url}/feed.json"),
        ("sitemap", f"{news.url}/news.xml"),
    ]
    assert found[0]["offer"]["name"] == "Assay Weekly"
    assert found[0]["sample"]["headlines"] == ["Gold is up", "Silver is not"]
    assert [one["sample"]["articles"] for one in found] == [0, 1, 0]
    assert config.read_bytes() == before
    assert "/comments/feed" not in news.asked
    assert "/pages.xml" not in news.asked


def test_add_takes_the_first_or_those_that_are_named(run, config, news):
    assert run("sources", "add", news.url, "--yes", "--weight", "2").exit_code == 0
    result = run("sources", "add", news.url, "--take", "3", "--take", "2", "--follow")
    assert result.exit_code == 0, result.stderr
    assert sources(config)[-3:] == [
        {"name": "Assay Weekly", "feed": f"{news.url}/feed.xml", "weight": 2.0},
        {"name": "Assay Weekly (127.0.0.1)", "sitemap": f"{news.url}/news.xml", "follow": True},
        {"name": "Assay Weekly 2", "feed": f"{news.url}/feed.json", "follow": True},
    ]


def test_what_is_a_source_already_is_not_added_again(run, config, news):
    run("sources", "add", news.url, "--take", "1")
    result = run("sources", "add", f"{news.url}/feed.xml", "--yes")
    assert "is the source Assay Weekly already" in result.stdout
    assert "Nothing was added" in result.stdout


def test_nobody_is_asked_where_nobody_is(run, config, news):
    result = run("sources", "add", news.url)
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert run("sources", "add", news.url, "--take", "9").exit_code == 2


def test_a_feed_in_a_usual_place_is_found_where_no_page_links_to_it(run, config, site, rss):
    site.pages["/"] = "<html><body><p>Welcome.</p></body></html>"
    site.pages["/rss.xml"] = rss("Gold is up")
    result = run("sources", "add", site.url, "--json")
    (found,) = json.loads(result.stdout)["found"]
    assert found["offer"]["url"] == f"{site.url}/rss.xml"


def test_a_site_without_feeds_is_offered_as_a_listing(run, config, site):
    cards = "".join(
        f"<article><h2><a href='/n/{number}'>Story number {number} of the week</a></h2></article>"
        for number in range(4)
    )
    site.pages["/news"] = LISTING.format(cards)
    assert run("sources", "add", f"{site.url}/news", "--yes", "--name", "Wire").exit_code == 0
    assert sources(config)[-1] == {"name": "Wire", "listing": f"{site.url}/news"}


def test_a_site_with_nothing_to_read_is_an_error(run, config, site):
    site.pages["/"] = "<html><body></body></html>"
    result = run("sources", "add", site.url, "--yes")
    assert result.exit_code == 2
    assert "offers nothing to read" in result.stderr


def test_sources_from_the_environment_are_not_changed_in_the_file(run, config, news):
    known = '[{"name": "Desk", "folder": "inbox"}]'
    result = run("sources", "add", news.url, "--yes", NEWSLETTER_SOURCES=known)
    assert result.exit_code == 2
    assert "NEWSLETTER_SOURCES" in result.stderr


def test_check_tells_of_each_source_and_fails_where_one_is_dead(run, config, sample, site, rss):
    site.pages |= {"/a": rss("Gold is up", "Silver is not"), "/b": rss("Gold is up"),
                   "/dead": (500, "")}  # fmt: skip
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    settings["sources"] = [
        {"name": "Wire", "feed": f"{site.url}/a"},
        {"name": "Copy", "feed": f"{site.url}/b"},
        {"name": "Desk", "folder": "inbox"},
    ]
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    assert run("sources", "check").exit_code == 0
    settings["sources"].append({"name": "Gone", "feed": f"{site.url}/dead"})
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    result = run("sources", "check", "--json")
    assert result.exit_code == 1
    wire, copy, desk, gone = json.loads(result.stdout)
    assert (wire["sample"]["items"], wire["sample"]["validators"]) == (2, True)
    assert wire["sample"]["repeats"] is None
    assert copy["sample"]["repeats"] == "Wire"
    assert (desk["kind"], desk["sample"]["items"], desk["error"]) == ("folder", 0, None)
    assert "500" in gone["error"]
    shown = run("sources", "check")
    assert "cannot be read" in shown.stdout
    assert "tells what Wire tells" in shown.stdout


def test_a_list_of_sources_goes_out_as_opml_and_comes_back(run, config, tmp_path):
    config.write_text(
        config.read_text(encoding="utf-8").replace(
            "sources:\n",
            "sources:\n  - {name: Wire & Co, listing: 'https://wire.example.com/news?a=1&b=2', "
            "weight: 2.5, follow: true}\n",
        ),
        encoding="utf-8",
    )
    before = sources(config)
    file = tmp_path / "feeds.opml"
    result = run("sources", "export", file)
    assert result.exit_code == 0, result.stderr
    assert "1 folder" in result.stdout
    known = run("sources", "import", file)
    assert "0 sources added, 3 there before" in known.stdout
    text = config.read_text(encoding="utf-8")
    start, end = text.index("sources:"), text.index("sections:")
    config.write_text(text[:start] + text[end:], encoding="utf-8")
    assert run("sources", "import", file).exit_code == 0
    assert sources(config) == [one for one in before if "folder" not in one]


def test_what_is_no_opml_is_an_error_that_names_the_file(run, config, tmp_path):
    file = tmp_path / "feeds.opml"
    assert "no such file" in run("sources", "import", file).stderr
    file.write_text("<html/>", encoding="utf-8")
    result = run("sources", "import", file)
    assert result.exit_code == 2
    assert "feeds.opml: is not an OPML file" in result.stderr


def test_the_list_shows_kinds_and_places(run, config):
    result = run("sources", "list")
    assert "Trade Wire" in result.stdout
    assert "https://trade.example.com/feed.rss" in result.stdout
    assert json.loads(run("sources", "list", "--json").stdout)[2]["folder"] == "inbox"
