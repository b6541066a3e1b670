"""The quick reader of well-formed feeds: what it reads, feedparser reads alike."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import GatherError
from newsletter.gather import feed
from newsletter.gather.plain_feed import plain_feed

URL = "https://trade.example.com/feed"
DATA = Path(__file__).parents[1] / "data" / "gather"
FILES = sorted(path for path in DATA.rglob("*") if path.suffix in {".xml", ".rss", ".atom", ".rdf"})


def both_ways(content, monkeypatch):
    """What the quick way makes of a feed, or None, and what feedparser does."""
    quick = None
    if plain_feed(feed.decoded(content).lstrip()) is not None:
        quick = outcome(content)
    with monkeypatch.context() as patch:
        patch.setattr(feed, "plain_feed", lambda _: None)
        return quick, outcome(content)


def outcome(content):
    try:
        return feed.read_feed(content, url=URL, source="Trade")
    except GatherError as error:
        return error.message


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_feed_at_hand_is_read_alike(path, monkeypatch):
    quick, slow = both_ways(path.read_bytes(), monkeypatch)
    assert quick in (None, slow)


@pytest.mark.parametrize(
    "odd",
    [
        "not xml",
        '<rss version="2.0"><channel><item><title>A<b>c</b></title></item></channel></rss>',
        '<rss version="2.0"><channel><item><title>AT&amp;amp;T</title></item></channel></rss>',
        '<rss version="2.0"><channel><item><author>a@example.com</author></item></channel></rss>',
        '<rss version="2.0"><channel><item><title>A</title><title>B</title></item></channel></rss>',
        '<rss version="2.0"><channel><item><unknown/></item></channel></rss>',
        '<!DOCTYPE rss><rss version="2.0"><channel/></rss>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="xhtml"/></entry></feed>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/x"/>',
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    ],
)
def test_what_could_be_read_in_two_ways_is_left_to_feedparser(odd):
    assert plain_feed(odd) is None


WORDS = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]),
        st.sampled_from("<&>;é’\n"),
    ),
    max_size=30,
)
LINKS = st.sampled_from(
    ["", "/a", "https://trade.example.com/1?a=1&b=2", " https://x.example.com ", "x"]
)
DATES = st.sampled_from(["Fri, 20 Nov 2026 08:00:00 GMT", "2026-11-20T08:00:00Z", "", "soon"])


def element(name, value, **attributes):
    told = "".join(f" {key}={quoteattr(text)}" for key, text in attributes.items())
    return f"<{name}{told}>{escape(value)}</{name}>"


@st.composite
def rss_items(draw):
    parts = [element("title", draw(WORDS)), element("description", draw(WORDS))]
    optional = [
        element("link", draw(LINKS)),
        element("guid", draw(LINKS), isPermaLink=draw(st.sampled_from(["true", "false"]))),
        element("pubDate", draw(DATES)),
        element("dc:date", draw(DATES)),
        element("dc:creator", draw(WORDS)),
        element("category", draw(WORDS), domain="x"),
        element("category", draw(WORDS)),
        element("content:encoded", draw(WORDS)),
        '<enclosure url="https://x.example.com/a.jpg" type="image/jpeg" length="1"/>',
        '<media:content url="/b.png" medium="image"/>',
        '<media:thumbnail url="https://x.example.com/c.jpg"/>',
    ]
    parts += [part for part in optional if draw(st.booleans())]
    return f"<item>{''.join(draw(st.permutations(parts)))}</item>"


@st.composite
def atom_entries(draw):
    kinds = st.sampled_from(["text", "html"])
    parts = [
        element("title", draw(WORDS), type=draw(kinds)),
        f"<link href={quoteattr(draw(LINKS))}/>",
        "<id>tag:trade.example.com,2026:1</id>",
    ]
    optional = [
        element("summary", draw(WORDS), type=draw(kinds)),
        element("content", draw(WORDS), type=draw(kinds)),
        element("updated", draw(DATES)),
        element("published", draw(DATES)),
        f"<author>{element('name', draw(WORDS))}</author>",
        f"<category term={quoteattr(draw(WORDS))} label={quoteattr(draw(WORDS))}/>",
        '<link rel="enclosure" type="image/png" href="https://x.example.com/a.png"/>',
    ]
    parts += [part for part in optional if draw(st.booleans())]
    return f"<entry>{''.join(draw(st.permutations(parts)))}</entry>"


RSS = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/"><channel><title>T</title>'
    "<language>en</language>{}</channel></rss>"
)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>T</title>{}</feed>'


@given(
    st.one_of(
        st.lists(rss_items(), max_size=3).map(lambda items: RSS.format("".join(items))),
        st.lists(atom_entries(), max_size=3).map(lambda items: ATOM.format("".join(items))),
    )
)
def test_any_well_formed_feed_is_read_alike(text):
    with pytest.MonkeyPatch.context() as patch:
        quick, slow = both_ways(text.encode(), patch)
    assert quick in (None, slow)


def test_the_usual_feed_is_read_quickly(samples):
    assert plain_feed((samples / "trade.rss").read_text(encoding="utf-8")) is not None
