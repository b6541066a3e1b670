from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.discovery import feeds_of, news_sitemaps_of, site_name

URL = "https://trade.example.com/news/"


def test_feeds_a_page_declares_come_before_those_it_links_to():
    page = b"""<html><head><base href="/x/"><link rel="ALTERNATE" type="application/atom+xml"
      title="All &amp; sundry" href="atom.xml"><link rel="stylesheet" href="/feed.css">
      <link rel="alternate" hreflang="fr" href="/fr/"></head><body><a href="/rss/">RSS</a>
      <a href="/x/atom.xml">Feed</a><a href="/feedback">Feedback</a>
      <a href="/blog/comments/feed/">Comments</a></body></html>"""
    assert [(one.url, one.name) for one in feeds_of(page, url=URL)] == [
        ("https://trade.example.com/x/atom.xml", "All & sundry"),
        ("https://trade.example.com/rss/", ""),
    ]


def test_no_more_than_eight_are_offered():
    page = "".join(f'<a href="/{number}/feed">x</a>' for number in range(30)).encode()
    assert len(feeds_of(page, url=URL)) == 8


def test_only_sitemaps_of_news_are_taken_from_robots():
    robots = b"User-agent: *\nSitemap: /sitemap.xml\n sitemap : https://e.example.com/news.xml # x"
    assert news_sitemaps_of(robots, url=URL) == ("https://e.example.com/news.xml",)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'<html><meta property="og:site_name" content="The  Wire"></html>', "The Wire"),
        (b"<html><title>Article</title></html>", "trade.example.com"),
        (b"<rss><channel><title><![CDATA[Gems &amp; Co]]></title></channel></rss>", "Gems & Co"),
        (b'{"version": "https://jsonfeed.org/version/1", "title": "Carat"}', "Carat"),
        (b"{broken", "trade.example.com"),
    ],
)
def test_a_site_is_called_what_it_calls_itself(content, name):
    assert site_name(content, url=URL) == name


@given(st.binary(max_size=200))
def test_any_answer_may_be_asked(content):
    assert feeds_of(content, url=URL) == feeds_of(content, url=URL)
    assert site_name(content, url=URL)
