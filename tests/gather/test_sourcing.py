"""One source: what is asked again, what is remembered, and which articles are followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.config import Source
from newsletter.errors import GatherError

ENTRY = """<item><title>{title}</title><link>{link}</link><guid isPermaLink="false">{guid}</guid>
<pubDate>{date}</pubDate><description>{text}</description></item>"""
ARTICLE = """<html><head><title>{title}</title></head><body><article><h1>{title}</h1>
<p>{text} The workshop stands in the old town, above the river, and has eleven benches for setters
and polishers who were trained there over the last ten years.</p><p>A second paragraph says what
comes next: a school for apprentices, an exhibition in the spring, and a prize for the best of
them.</p></article></body></html>"""


def feed(*entries):
    parts = "".join(
        ENTRY.format(
            **{"guid": "g", "date": "Fri, 20 Nov 2026 08:00:00 GMT", "text": "Of the trade."}
            | entry
        )
        for entry in entries
    )
    return f'<rss version="2.0"><channel><title>T</title>{parts}</channel></rss>'.encode()


def entries(count, **more):
    return [
        {"title": f"Story {n}", "link": f"https://trade.example.com/{n}", "text": f"Text {n}."}
        | more
        for n in range(count)
    ]


@pytest.fixture
def validated(site):
    """A feed that knows its version, and how often it was sent whole."""
    sent = []
    body = feed(*entries(3))

    def answer(handler):
        same = handler.headers.get("If-None-Match") == '"v1"'
        handler.send_response(304 if same else 200)
        handler.send_header("ETag", '"v1"')
        handler.send_header("Last-Modified", "Fri, 20 Nov 2026 08:00:00 GMT")
        handler.send_header("Content-Length", "0" if same else str(len(body)))
        handler.end_headers()
        if not same:
            sent.append(1)
            handler.wfile.write(body)

    site.answers["/feed"] = answer
    return sent


def items(reader, source):
    (result,) = reader.read(source)
    return result.items


def test_what_has_not_changed_is_neither_sent_nor_read_again(site, reader_of, validated):
    source = Source(name="Trade", feed=site.url("/feed"))
    first = items(reader_of(), source)
    again = reader_of()
    again._sandbox = None  # nothing is parsed
    assert items(again, source) == first
    assert len(first) == 3
    assert len(validated) == 1
    assert site.asked[1][1]["If-None-Match"] == '"v1"'
    assert site.asked[1][1]["If-Modified-Since"] == "Fri, 20 Nov 2026 08:00:00 GMT"


def test_a_server_that_says_so_wrongly_keeps_its_news_for_a_day_only(
    site, reader, validated, clock
):
    source = Source(name="Trade", feed=site.url("/feed"))
    items(reader, source)
    clock.advance(timedelta(days=1).total_seconds())
    items(reader, source)
    assert len(validated) == 2


def test_the_same_bytes_are_not_parsed_again(site, reader):
    site.serve("/feed", feed(*entries(2)))
    source = Source(name="Trade", feed=site.url("/feed"))
    first = items(reader, source)
    reader._sandbox = None
    assert items(reader, source) == first


def test_another_source_of_the_same_address_has_its_own_items(site, reader):
    url = site.serve("/feed", feed(*entries(1)))
    (one,) = items(reader, Source(name="One", feed=url))
    (other,) = items(reader, Source(name="Other", feed=url))
    assert (one.source, other.source) == ("One", "Other")


def test_a_damaged_memory_is_read_anew(site, reader, shelf):
    source = Source(name="Trade", feed=site.serve("/feed", feed(*entries(2))))
    first = items(reader, source)
    for path in shelf._folder.iterdir():
        path.write_bytes(path.read_bytes()[:-40])
    assert items(reader, source) == first


def test_entries_in_new_clothes_keep_their_id_and_day(site, reader):
    source = Source(name="Trade", feed=site.url("/feed"))
    site.serve("/feed", feed(*entries(3)))
    before = items(reader, source)
    today = "Fri, 27 Nov 2026 08:00:00 GMT"
    moved = [
        entry | {"link": f"https://new.example.com/{n}", "guid": f"new-{n}", "date": today}
        for n, entry in enumerate(entries(3))
    ]
    fresh = {"title": "News", "link": "https://new.example.com/news", "text": "Fresh."}
    site.serve("/feed", feed(fresh, *moved))
    after = items(reader, source)
    assert after[1:] == before
    assert after[0].title == "News"


def test_a_followed_entry_has_the_text_of_its_article(site, reader):
    site.serve("/1", ARTICLE.format(title="A school", text="Eleven setters.").encode())
    site.serve("/feed", feed({"title": "A school", "link": site.url("/1")}))
    (item,) = items(reader, Source(name="Trade", feed=site.url("/feed"), follow=True))
    assert (item.kind, item.dek, item.url) == ("article", "Of the trade.", site.url("/1"))
    assert item.text.startswith("Eleven setters.")


def test_articles_are_fetched_once_and_25_at_a_time(site, reader):
    stories = [
        {"title": f"Story {n}", "link": site.url(f"/{n}"), "text": str(n)} for n in range(30)
    ]
    for n in range(30):
        site.serve(f"/{n}", ARTICLE.format(title=f"Story {n}", text=f"Number {n}.").encode())
    site.serve("/feed", feed(*stories))
    source = Source(name="Trade", feed=site.url("/feed"), follow=True)
    assert [item.kind for item in items(reader, source)] == ["article"] * 25 + ["teaser"] * 5
    assert all(item.kind == "article" for item in items(reader, source))
    asked = [path for path, _ in site.asked if path not in ("/feed", "/robots.txt")]
    assert len(asked) == len(set(asked)) == 30


def test_an_article_that_cannot_be_had_leaves_the_entry_as_it_is(site, reader):
    site.serve("/feed", feed({"title": "Gone", "link": site.url("/gone")}))
    (result,) = reader.read(Source(name="Trade", feed=site.url("/feed"), follow=True))
    assert [item.title for item in result.items] == ["Gone"]
    assert result.error is None
    assert result.notes == (
        "1 of its articles could not be read; the first: 127.0.0.1 answered 404; check the address",
    )


def test_following_ends_with_its_time(site, reader_of):
    stories = [{"title": f"S {n}", "link": site.url(f"/{n}"), "text": str(n)} for n in range(5)]
    for n in range(5):
        site.serve(f"/{n}", ARTICLE.format(title=f"S {n}", text=f"N {n}.").encode())
    site.serve("/feed", feed(*stories))
    reader = reader_of(pause=0.3)
    reader._seconds = 0.5
    found = items(reader, Source(name="Trade", feed=site.url("/feed"), follow=True))
    kinds = [item.kind for item in found]
    assert 1 <= kinds.count("article") <= 3
    assert len(kinds) == 5


def index(*addresses):
    named = "".join(f"<sitemap><loc>{address}</loc></sitemap>" for address in addresses)
    form = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    return f"<sitemapindex {form}>{named}</sitemapindex>".encode()


def sitemap(title):
    return (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>'
        f"<loc>https://trade.example.com/1</loc><news:news><news:title>{title}</news:title>"
        "<news:publication_date>2026-11-20</news:publication_date></news:news></url></urlset>"
    ).encode()


def test_an_index_of_sitemaps_leads_to_the_one_with_the_news(site, reader):
    site.serve("/sitemap.xml", index(site.url("/news.xml")))
    site.serve("/news.xml", sitemap("A sale"))
    (item,) = items(reader, Source(name="Trade", sitemap=site.url("/sitemap.xml")))
    assert (item.title, item.url) == ("A sale", "https://trade.example.com/1")


def test_a_dead_sitemap_of_an_index_or_one_without_news_does_not_end_the_other(site, reader):
    source = Source(name="Trade", sitemap=site.url("/sitemap.xml"))
    site.serve("/sitemap.xml", index(site.url("/gone.xml"), site.url("/news.xml")))
    site.serve("/news.xml", sitemap("A sale"))
    assert [item.title for item in items(reader, source)] == ["A sale"]
    site.serve("/gone.xml", sitemap(""))
    assert [item.title for item in items(reader, source)] == ["A sale"]
    site.serve("/news.xml", status=500)
    with pytest.raises(GatherError, match="answered 500"):
        reader.read(source)


def test_an_index_that_stays_the_same_does_not_hide_what_its_sitemaps_say_anew(site, reader):
    source = Source(name="Trade", sitemap=site.url("/sitemap.xml"))
    site.serve("/sitemap.xml", index(site.url("/news.xml")), headers={"ETag": '"v1"'})
    for title in ("A sale", "A second sale"):
        site.serve("/news.xml", sitemap(title))
        assert [item.title for item in items(reader, source)] == [title]


@pytest.mark.parametrize("kind", ["page", "listing"])
def test_a_page_is_read_only_where_robots_txt_lets_us(site, reader, kind):
    site.serve("/robots.txt", b"User-agent: newsletter\nDisallow: /closed\n")
    site.serve("/closed", ARTICLE.format(title="T", text="X.").encode())
    with pytest.raises(GatherError, match="asks programs not to read this page"):
        reader.read(Source(name="Trade", **{kind: site.url("/closed")}))
    assert [path for path, _ in site.asked] == ["/robots.txt"]


def test_a_followed_article_is_a_page_and_a_feed_is_not(site, reader):
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /\n")
    site.serve("/feed", feed({"title": "Closed", "link": site.url("/1")}))
    (result,) = reader.read(Source(name="Trade", feed=site.url("/feed"), follow=True))
    assert len(result.items) == 1
    assert "asks programs not to read" in result.notes[0]
    assert [path for path, _ in site.asked] == ["/feed", "/robots.txt"]


def test_another_kind_of_address_is_no_file(reader):
    with pytest.raises(GatherError, match=r"“ftp://example\.com/a” is not a web address"):
        reader.read_place("ftp://example.com/a", stdin_text=str)
