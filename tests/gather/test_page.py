from __future__ import annotations

import html
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.item import Dated, ItemKind, Link
from newsletter.errors import GatherError
from newsletter.gather.page import read_page
from newsletter.gather.text import trimmed, visible

URL = "https://gavel.example.org/a/sale"
PARAGRAPHS = [
    "A sapphire of 31 carats sold for 4.9 million francs in Geneva on Wednesday, the house said.",
    "It had not been seen since 1954 & two laboratories found no trace of heating in the stone.",
    "“Café blue,” a dealer called it; bidding lasted eleven minutes, by telephone.",
]


def page(*paragraphs, charset="utf-8"):
    body = "".join(f"<p>{text.replace('&', '&amp;')}</p>" for text in paragraphs)
    return (
        f'<html lang="en"><head><meta charset="{charset}"><title>Sapphire Leads the Sale</title>'
        '<meta name="description" content="A stone last seen in 1954."></head><body>'
        '<nav><a href="/">Home</a> <a href="/b">Results</a></nav>'
        f"<article><h1>Sapphire Leads the Sale</h1>{body}</article>"
        "<footer><p>© 2026 The Gavel. All rights reserved.</p></footer></body></html>"
    )


def test_a_page_is_its_article_without_the_frame():
    (item,) = read_page(page(*PARAGRAPHS).encode(), url=URL, source="Gavel")
    assert item.kind is ItemKind.ARTICLE
    assert (item.title, item.dek) == ("Sapphire Leads the Sale", "A stone last seen in 1954.")
    assert item.text.split("\n\n") == PARAGRAPHS
    assert item.url == URL


def test_links_inside_the_text_are_kept_and_absolute():
    linked = PARAGRAPHS[1].replace(
        "no trace of heating", '<a href="../heat">no trace</a> of heating'
    )
    (item,) = read_page(page(PARAGRAPHS[0], linked, PARAGRAPHS[2]).encode(), url=URL, source="G")
    assert item.text.split("\n\n") == PARAGRAPHS
    assert item.links == (Link("no trace", "https://gavel.example.org/heat"),)


def test_the_servers_charset_wins_over_the_pages_own():
    content = page(*PARAGRAPHS).replace("“", '"').replace("”", '"').encode("iso-8859-1")
    (item,) = read_page(content, url=URL, source="G", charset="iso-8859-1")
    assert "Café blue" in item.text


def test_the_sample_page_gives_author_date_and_canonical_address(samples):
    (item,) = read_page((samples / "auction.html").read_bytes(), url=URL, source="Gavel")
    assert item.title == "Kashmir Sapphire Leads Harrow & Vale’s Geneva Sale"
    assert item.author == "Lucie Ferrand"
    assert item.published == datetime(2026, 11, 18, 16, 40, tzinfo=UTC)
    assert item.dated is Dated.STATED
    assert item.url == "https://gavel.example.org/2026/11/kashmir-sapphire-geneva"
    assert item.text.startswith("A Kashmir sapphire of 31.08 carats sold for 4.9 million")
    assert item.text.endswith("The next jewelry sale in Geneva is set for May 12, 2027.")
    for frame in ("cookies", "Share", "Most read", "Photo:", "rights reserved", "Calendar"):
        assert frame not in item.text


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"{}", b"\xff\xfe", b"\x00" * 100])
def test_a_page_without_text_is_an_error_naming_the_source(content):
    with pytest.raises(GatherError, match="Gavel: the page holds no article"):
        read_page(content, url=URL, source="Gavel")


# A paragraph as a newspaper prints it: words of any script, long enough to be prose.
WORDS = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co", "Zs", "Zl", "Zp")), min_size=1
)
ENDING = " and so the house, which had waited for a year, sold all of it on Friday in {}."
PARAGRAPH = (
    st.tuples(st.lists(WORDS, min_size=1, max_size=8), st.integers(0, 10**6))
    .map(lambda parts: "In " + " ".join(parts[0]) + ENDING.format(parts[1]))
    .map(lambda line: trimmed(visible(line)))
)


@settings(max_examples=40)
@given(st.lists(PARAGRAPH, min_size=3, max_size=5, unique=True), st.booleans())
def test_a_page_keeps_every_character_of_its_paragraphs(paragraphs, numbered):
    escape = (lambda text: "".join(f"&#{ord(char)};" for char in text)) if numbered else html.escape
    body = "".join(f"<p>{escape(one)}</p>" for one in paragraphs)
    content = f"<html><head><title>A sale</title></head><body><h1>A sale</h1>{body}</body></html>"
    (item,) = read_page(content.encode(), url=URL, source="Gavel")
    assert item.text.split("\n\n") == paragraphs


def meta(*elements):
    return page(*PARAGRAPHS).replace("<title>", "".join(elements) + "<title>").encode()


STATEMENT = (
    '<script type="application/ld+json">{"@graph": [{"@type": ["NewsArticle"], '
    '"datePublished": "2026-11-17"}]}</script>'
)


def one(content, url=URL):
    (item,) = read_page(content, url=url, source="Gavel")
    return item


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("https://www.gavel.example.org/sale?utm_source=x", "https://www.gavel.example.org/sale"),
        ("/amp/sale", "https://gavel.example.org/sale"),
        ("https://elsewhere.example.net/sale", URL),
        ("javascript:alert(1)", URL),
    ],
)
def test_a_pages_own_address_is_believed_only_of_its_site(said, kept):
    # example.org is a registrable domain, so its hosts are one site.
    assert one(meta(f'<link rel="canonical" href="{said}">')).url == kept
    assert one(meta(f'<meta property="og:url" content="{said}">')).url == kept


@pytest.mark.parametrize(
    ("image", "kept"),
    [
        ("/p.jpg", "https://gavel.example.org/p.jpg"),
        ("http://gavel.example.org/p.jpg", None),
        ("data:image/png;base64,AA", None),
    ],
)
def test_the_lead_picture_is_one_a_mail_can_show(image, kept):
    assert one(meta(f'<meta property="og:image" content="{image}">')).image == kept


def test_sections_are_categories_and_the_language_is_told_or_guessed():
    item = one(meta('<meta property="article:section" content="Auctions &amp; fairs">'))
    assert (item.categories, item.language) == (("Auctions & fairs",), "en")
    assert one(page(*PARAGRAPHS).replace(' lang="en"', "").encode()).language == "en"


@pytest.mark.parametrize(
    ("element", "url", "day", "dated"),
    [
        ('<meta property="article:published_time" content="2026-11-18T08:00:00Z">', URL, 18,
         Dated.STATED),
        (STATEMENT, URL, 17, Dated.STATED),
        ("", "https://gavel.example.org/2026/11/16/sale", 16, Dated.ADDRESS),
        ("", URL, None, None),
    ],
)  # fmt: skip
def test_how_the_day_is_known_is_told(element, url, day, dated):
    item = one(meta(element), url)
    assert (item.published and item.published.day, item.dated) == (day, dated)


def test_a_page_drawn_by_a_script_is_read_from_what_it_states():
    body = "<p>" + "</p><p>".join(PARAGRAPHS[1:]).replace("&", "&amp;") + "</p>"
    node = f'{{"@type": "NewsArticle", "headline": "Sapphire", "articleBody": "{body}"}}'
    content = f"<html><script type='application/ld+json'>{node}</script><div id=root></div></html>"
    assert one(content.encode()).text.split("\n\n") == PARAGRAPHS[1:]


def test_a_broken_statement_is_passed_over():
    broken = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": </script>'
    assert one(meta(broken)).title == "Sapphire Leads the Sale"


@pytest.mark.parametrize(
    "box",
    [
        "<aside><p>{}</p></aside>",
        "<div class='related-posts'><p>{}</p></div>",
        "<figure><img src=x><figcaption>{}</figcaption></figure>",
        "<div class='newsletter-signup'><p>{}</p></div>",
        "<p hidden>{}</p>",
        "<div style='display: none'><p>{}</p></div>",
    ],
)
def test_a_box_inside_the_article_is_left_out(box):
    other = "A box that holds a sentence as long as those of the article, and just as well made."
    content = page(*PARAGRAPHS).replace("<p>It had", box.format(other) + "<p>It had")
    assert one(content.encode()).text.split("\n\n") == PARAGRAPHS


def test_an_article_whose_class_sounds_like_a_box_is_read():
    content = page(*PARAGRAPHS).replace(
        "<article>", "<article class='newsletter-post has-sidebar'>"
    )
    assert one(content.encode()).text.split("\n\n") == PARAGRAPHS


@pytest.mark.parametrize(
    "title", ["Index of polished prices", "Polished prices down again | Bourse", "Bourse"]
)
@pytest.mark.parametrize("logo", ["", "<h1><a href=/>The Bourse</a></h1>"])
def test_the_only_large_heading_is_the_headline_where_the_title_of_the_page_says_less(title, logo):
    body = (
        "<p>The index of polished diamonds fell 0.4 percent in the week, the bourse said.</p>" * 3
    )
    headline = "Index of polished prices falls 0.4 percent"
    content = (
        f"<html><head><title>{title}</title></head><body>{logo}<article><h1>{headline}</h1>{body}"
        "</article></body></html>"
    )
    (item,) = read_page(content.encode(), url="https://bourse.example.com/1", source="Bourse")
    assert item.title == headline
    assert headline not in item.text


def test_two_large_headings_leave_the_title_of_the_page_its_word():
    body = (
        "<p>The index of polished diamonds fell 0.4 percent in the week, the bourse said.</p>" * 3
    )
    content = (
        "<html><head><title>Prices down again</title></head><body><h1>The Journal of the Bourse"
        f"</h1><article><h1>A week of falling prices</h1>{body}</article></body></html>"
    )
    (item,) = read_page(content.encode(), url="https://bourse.example.com/1", source="Bourse")
    assert item.title == "Prices down again"
