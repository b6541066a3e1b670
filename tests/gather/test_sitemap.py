from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from newsletter.domain.item import Dated, ItemKind
from newsletter.errors import GatherError
from newsletter.gather.sitemap import newest_sitemaps, read_sitemap

URL = "https://wire.example.com/news.xml"
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:i="http://www.google.com/schemas/sitemap-image/1.1"'
)


def story(number, title="Gold is up", date="2026-11-18T09:00:00Z"):
    return (
        f"<url><loc>https://wire.example.com/{number}</loc><n:news><n:publication>"
        "<n:name>Wire</n:name><n:language>de</n:language></n:publication>"
        f"<n:publication_date>{date}</n:publication_date><n:title>{title}</n:title>"
        "<n:keywords>gold, London</n:keywords></n:news>"
        "<i:image><i:loc>https://wire.example.com/p.jpg</i:loc><i:title>Not this</i:title>"
        "</i:image></url>"
    )


def sitemap(*stories):
    return f"<urlset {SPACES}>{''.join(stories)}</urlset>".encode()


def read(content):
    return read_sitemap(content, url=URL, source="Wire")


def test_a_story_is_a_teaser_with_what_the_sitemap_says():
    (item,) = read(sitemap(story(1, title="Gold &amp; Silver")))
    assert (item.kind, item.title, item.text) == (ItemKind.TEASER, "Gold & Silver", "")
    assert item.url == "https://wire.example.com/1"
    assert (item.published, item.dated) == (datetime(2026, 11, 18, 9, tzinfo=UTC), Dated.STATED)
    assert (item.language, item.image) == ("de", "https://wire.example.com/p.jpg")
    assert item.categories == ("gold", "London")


def test_the_newest_come_first_and_addresses_without_a_headline_not_at_all():
    stories = [story(1, date="2026-11-17"), story(2, date="2026-11-18")]
    found = read(sitemap(*stories, "<url><loc>https://wire.example.com/about</loc></url>"))
    assert [item.url[-1] for item in found] == ["2", "1"]


def test_a_packed_file_is_unpacked_and_500_are_enough():
    stories = [story(number, title=f"Story {number}") for number in range(600)]
    assert len(read(gzip.compress(sitemap(*stories)))) == 500


@pytest.mark.parametrize(
    "content",
    [b"", b"<html/>", b"\x1f\x8bdamaged", sitemap(), sitemap("<url><loc>x</loc></url>"),
     b"<sitemapindex><sitemap><loc>https://e.example.com/a.xml</loc></sitemap></sitemapindex>"],
)  # fmt: skip
def test_what_holds_no_headlines_is_an_error_naming_the_source(content):
    with pytest.raises(GatherError, match="Wire: the"):
        read(content)


def test_an_index_names_the_newest_and_those_of_news_first():
    index = (
        b"<sitemapindex><sitemap><loc>/old.xml</loc><lastmod>2024-01-01</lastmod></sitemap>"
        b"<sitemap><loc>/new.xml</loc><lastmod>2026-11-18</lastmod></sitemap>"
        b"<sitemap><loc>/google-news.xml</loc></sitemap></sitemapindex>"
    )
    assert newest_sitemaps(index, url=URL) == (
        "https://wire.example.com/google-news.xml",
        "https://wire.example.com/new.xml",
    )
    assert newest_sitemaps(sitemap(story(1)), url=URL) == ()


def test_entities_reach_no_file_and_do_not_multiply():
    bomb = "<!DOCTYPE u [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
    content = bomb.encode() + sitemap(story(1, title="-&b;&x;-"), story(2))
    assert all("ha" not in item.title and len(item.title) < 20 for item in read(content))
