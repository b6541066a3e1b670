from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.domain.item import ItemKind, Link
from newsletter.errors import GatherError
from newsletter.gather.page import read_page

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
    assert item.published == datetime(2026, 11, 18, tzinfo=UTC)
    assert item.url == "https://gavel.example.org/2026/11/kashmir-sapphire-geneva"
    assert item.text.startswith("A Kashmir sapphire of 31.08 carats sold for 4.9 million")
    assert item.text.endswith("The next jewelry sale in Geneva is set for May 12, 2027.")
    for frame in ("cookies", "Share", "Most read", "Photo:", "rights reserved", "Calendar"):
        assert frame not in item.text


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"{}", b"\xff\xfe", b"\x00" * 100])
def test_a_page_without_text_is_an_error_naming_the_source(content):
    with pytest.raises(GatherError, match="Gavel: the page holds no article"):
        read_page(content, url=URL, source="Gavel")
