from __future__ import annotations

import html
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.item import ItemKind, Link
from newsletter.errors import GatherError
from newsletter.gather.feed import read_feed
from newsletter.gather.text import trimmed, visible

URL = "https://trade.example.com/feed"


def read(text, charset="utf-8"):
    content = text if isinstance(text, bytes) else text.encode()
    return read_feed(content, url=URL, source="Trade", charset=charset)


def rss(*items, head=""):
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>T</title>{head}{inside}</channel></rss>"
    )


def atom(entry):
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>'
        f"<entry><id>1</id>{entry}</entry></feed>"
    )


def encoded_twice(text):
    """Whether the text is what UTF-8 looks like to who takes it for Western European."""
    try:
        return text.encode("iso-8859-1").decode() != text
    except UnicodeError:
        return False


# One line of text as a person could type it; what XML cannot carry is no text.
LINES = (
    st.lists(
        st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zs", "Zl", "Zp")), min_size=1),
        min_size=1,
    )
    .map(lambda words: trimmed(visible(" ".join(words))))
    .filter(lambda line: line and not encoded_twice(line))
)


@given(title=LINES, dek=LINES, paragraphs=st.lists(LINES, min_size=1, max_size=4))
def test_an_atom_entry_keeps_every_character(title, dek, paragraphs):
    markup = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    (item,) = read(
        atom(
            f'<title type="text">{html.escape(title)}</title>'
            f'<summary type="text">{html.escape(dek)}</summary>'
            f'<content type="html">{html.escape(markup)}</content>'
        )
    )
    assert item.title == title
    assert item.text == "\n\n".join(paragraphs)
    assert item.dek == ("" if dek == item.text else dek)


@given(title=LINES, paragraphs=st.lists(LINES, min_size=1, max_size=4))
def test_an_rss_item_keeps_every_character(title, paragraphs):
    markup = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    (item,) = read(
        rss(
            f"<title>{html.escape(html.escape(title))}</title>"
            f"<content:encoded>{html.escape(markup)}</content:encoded>"
        )
    )
    assert (item.title, item.text) == (title, "\n\n".join(paragraphs))


def test_an_entry_with_content_is_an_article_and_one_without_a_titled_teaser():
    article, teaser = read(
        rss(
            "<title>A &amp;amp; B</title><link>/a?x=1</link><description>Short.</description>"
            "<pubDate>Wed, 18 Nov 2026 09:00:00 EST</pubDate><author>Ann Lee</author>"
            "<content:encoded>&lt;p>One &lt;a href='/more'>two&lt;/a>.&lt;/p>&lt;p>Three.&lt;/p>"
            "</content:encoded>",
            "<title>C</title><description>Only this.</description>",
            head="<language>en-us</language>",
        )
    )
    assert article.kind is ItemKind.ARTICLE
    assert (article.title, article.dek, article.text) == ("A & B", "Short.", "One two.\n\nThree.")
    assert article.url == "https://trade.example.com/a?x=1"
    assert article.links == (Link("two", "https://trade.example.com/more"),)
    assert (article.author, article.language) == ("Ann Lee", "en-US")
    assert article.published == datetime(2026, 11, 18, 14, tzinfo=UTC)
    assert (teaser.kind, teaser.title, teaser.dek, teaser.text) == (
        ItemKind.TEASER, "C", "Only this.", "",
    )  # fmt: skip


def test_text_that_was_encoded_twice_comes_back_whole():
    twice = "Café Zürich".encode().decode("iso-8859-1")
    (item,) = read(rss(f"<title>{twice}</title>"))
    assert item.title == "Café Zürich"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_declared_encoding_is_believed(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + rss("<title>Café à 5 £</title>")
    (item,) = read(text.encode(encoding), charset=None)
    assert item.title == "Café à 5 £"


def test_absurd_dates_are_dropped_and_hidden_reversals_too():
    first, second = read(
        rss(
            "<title>A\u202eB</title><pubDate>Fri, 18 Nov 9999 09:00:00 GMT</pubDate>",
            "<title>C</title><pubDate>-1</pubDate>",
        )
    )
    assert (first.title, first.published, second.published) == ("AB", None, None)


def test_no_more_than_500_entries_are_read():
    assert len(read(rss(*(f"<title>{number}</title>" for number in range(600))))) == 500


def test_scripts_and_hostile_links_leave_no_trace():
    (item,) = read(
        rss(
            "<title>A</title><link>javascript:alert(1)</link><description>&lt;script>x&lt;/script>"
            "&lt;a href='data:text/html,x'>y&lt;/a>&lt;img src=x onerror=z></description>"
        )
    )
    assert (item.dek, item.url, item.links) == ("y", None, ())


def test_an_entity_cannot_reach_a_file():
    hostile = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + rss(
        "<title>A</title><description>-&x;-</description>"
    )
    with open("/etc/hostname", encoding="utf-8") as file:  # noqa: PTH123
        secret = file.read().strip()
    assert all(secret not in item.dek for item in read(hostile))


def test_entities_that_multiply_stay_small():
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    bomb = f"<!DOCTYPE r [{entities}]>" + rss("<title>A</title><description>&i;</description>")
    try:
        items = read(bomb)
    except GatherError:
        items = ()
    assert all(len(item.dek) < 10_000 for item in items)


@pytest.mark.parametrize(
    "content", [b"<html><body>Hello</body></html>", b"{}", b"", b"/etc/passwd"]
)
def test_what_is_no_feed_is_an_error_naming_the_source(content):
    with pytest.raises(GatherError, match="Trade: the answer is not an RSS or Atom feed"):
        read(content)


def test_a_feed_without_entries_is_an_error_naming_the_source():
    with pytest.raises(GatherError, match="Trade: the feed has no entry"):
        read(rss())
