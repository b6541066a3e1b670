from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.errors import GatherError
from newsletter.gather.listing import read_listing
from newsletter.gather.page import read_page
from newsletter.gather.reading import kind_of, read_any

URL = "https://wire.example.com/x"
RSS = "<rss version='2.0'><channel><item><title>A</title></item></channel></rss>"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<?xml version='1.0'?>\n<!-- made by hand --><rss/>", "feed"),
        (b"\xef\xbb\xbf <feed xmlns='http://www.w3.org/2005/Atom'/>", "feed"),
        ("\ufeff<rdf:RDF/>".encode("utf-16"), "feed"),
        (b"<?xml version='1.0'?><urlset/>", "sitemap"),
        (b"<sitemapindex/>", "sitemap"),
        (b"\x1f\x8b\x08", "sitemap"),
        (b'\n{"version": 1}', "json"),
        (b"<!DOCTYPE html><p>Why <rss> is dead", "page"),
        (b"<p>text", "page"),
        (b"", "page"),
    ],
)
def test_the_content_says_what_it_is(content, kind):
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        RSS,
        '{"version": "https://jsonfeed.org/version/1", "items": [{"title": "A"}]}',
        "<urlset><url><loc>https://wire.example.com/1</loc><title>A</title></url></urlset>",
        "<html><body><h1>A</h1><p>"
        + "It is a long story, and it goes on. " * 5
        + "</p></body></html>",
    ],
    ids=["feed", "json", "sitemap", "page"],
)
def test_each_kind_goes_to_its_reader(content):
    (item,) = read_any(content.encode(), url=URL, source="Wire")
    assert item.title == "A"


@pytest.mark.parametrize("content", [b"", b"{", b"<rss/>", b"<urlset/>", b"<p>"])
def test_what_holds_nothing_is_an_error_naming_the_source(content):
    with pytest.raises(GatherError, match="Wire: "):
        read_any(content, url=URL, source="Wire")


PIECES = st.sampled_from(
    ["<p>", "</p>", "<h1>", "</h1>", "<div class='nav'>", "</div>", "<a href='/a'>", "</a>", "<tr>",
     "<td>", "</table>", "<table>", "<br>", "<br/><br>", "<pre>", "<li>", "<time datetime='x'>",
     "<article>", "<head>", "<title>", "</title>", "<base href='//['>", "<script>", "</script>",
     '<script type="application/ld+json">{"@type": "Article", "author": [[{}]]}</script>',
     "<meta itemprop=author content=x>", "By Ann Lee", "Read more", "Related", "18 November 2026",
     "A house in Geneva has sold a stone of great size, and nobody knows to whom it went. ",
     "<!--", "-->", "&#0;", "&#x202e;", "\ud800", "</html>", "<svg>", "<frameset>", "<body hidden>"]
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join))
@example("<p>Gold\x0c</p><script>x</script>\x0crises<nav>&#12;</nav>\x0b")
def test_any_page_is_items_or_a_named_error(page):
    content = page.encode("utf-8", "surrogatepass")
    for reader in (read_page, read_listing, read_any):
        try:
            found, told = reader(content, url=URL, source="Wire"), "Wire: "
        except GatherError as error:
            found, told = (), error.message
        assert told.startswith("Wire: ")
        assert all(item.title or item.text for item in found)
