"""Feeds and pages that attack their reader: items or a named error, in time, and nothing else."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.config import Source
from newsletter.domain.item import Item
from newsletter.errors import GatherError
from newsletter.gather.collect import collect
from newsletter.gather.fetch import Page
from newsletter.gather.sandbox import LIMITS, Kind, Sandbox, children
from newsletter.isolation import Isolation, Limits

CORPUS = sorted((Path(__file__).parents[1] / "data" / "gather" / "corpus").iterdir())
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
URL = "https://trade.example.com/feed"


def rss(items, head=HEAD):
    return f'{head}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def entry(title="Gold", number=1, **parts):
    more = "".join(f"<{name}>{text}</{name}>" for name, text in parts.items())
    link = f"<link>https://trade.example.com/{number}</link>"
    return f"<item><title>{title}</title>{link}{more}</item>"


def read(content, kind=Kind.FEED, sandbox=None):
    page = Page(URL, content, "application/rss+xml", None)
    return (sandbox or Sandbox(children())).items(page, kind, source="Trade")


def read_or_refused(content, kind=Kind.FEED, sandbox=None):
    """The items, and the error in their place; either within the limits of a call."""
    began, items, refused = time.monotonic(), (), ""
    try:
        items = read(content, kind, sandbox)
    except GatherError as error:
        refused = error.message
    assert time.monotonic() - began < LIMITS.wall + 60
    assert refused.startswith("Trade: ") or not refused
    assert all(isinstance(item, Item) for item in items)
    return items, refused


@pytest.mark.parametrize("kind", list(Kind))
def test_a45_a_page_that_is_only_an_address_or_a_path_is_not_opened(site, tmp_path, kind):
    (tmp_path / "feed.xml").write_bytes(rss(entry("canary of a file")))
    address = site.serve("/feed", rss(entry("canary of a site")))
    for place in (address, f"{tmp_path}/feed.xml", f"file://{tmp_path}/feed.xml"):
        assert "canary" not in repr(read_or_refused(place.encode(), kind))
    assert site.asked == []


def test_a51_entities_that_multiply_cost_little():
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'{HEAD}<!DOCTYPE rss [<!ENTITY l0 "ha">{lines}]>'
    large = f'{HEAD}<!DOCTYPE rss [<!ENTITY x "{"y" * 50_000}">]>'
    with Isolation(Limits(cpu=3, wall=30.0, memory=512 * 2**20)) as pool:
        for content in (
            rss(entry("&l9;") + entry("Silver", 2), laughs),
            rss(entry("&x;" * 40_000), large),
        ):
            items, refused = read_or_refused(content, sandbox=Sandbox(pool))
            assert "stopped" not in refused
            assert all(len(item.title) < 2_000 for item in items)


def test_a52_an_entity_shows_no_file(tmp_path):
    (tmp_path / "secret").write_text("canary of a file")
    head = f'{HEAD}<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    assert "canary" not in repr(read_or_refused(rss(entry("Leak &x;", description="&x;"), head)))


def test_a53_a_doctype_is_not_fetched(site):
    address = site.serve("/x.dtd", b'<!ENTITY x "y">')
    for doctype in (f'rss SYSTEM "{address}"', f'rss [<!ENTITY % p SYSTEM "{address}"> %p;]'):
        read_or_refused(rss(entry(), f"{HEAD}<!DOCTYPE {doctype}>"))
    assert site.asked == []


def test_a54_an_author_that_keeps_a_parser_busy_is_one_error_in_time():
    author = "a@" + "a." * 20_000 + "!"
    with Isolation(Limits(cpu=1, wall=10.0)) as pool:
        items, refused = read_or_refused(rss(entry(author=author)), sandbox=Sandbox(pool))
        assert "reading it was stopped" in refused or all(
            len(one.author or "") <= 200 for one in items
        )
        assert len(read(rss(entry()), sandbox=Sandbox(pool))) == 1


def test_a55_what_is_too_much_of_a_feed_is_left_out():
    many = rss("".join(entry(f"Story {n}", n) for n in range(40_000)))
    assert len(read(many)) == 500
    (item,) = read(rss(entry("x" * 1_000_000)))
    assert len(item.title) == 1_000


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "-1", "0000-00-00", "1e9"])
def test_a55_a_day_that_cannot_be_is_no_day(date):
    (item,) = read(rss(entry(pubDate=date)))
    assert item.published is None or item.published < datetime(2100, 1, 1, tzinfo=UTC)


def test_a55_a_line_reads_as_it_is_written():
    (item,) = read(rss(entry("gold \u202egnir\u202c \u2066x\u2069 \u05d0")))
    assert item.title == "gold gnir x \u05d0"


def test_a55_one_guid_in_two_feeds_is_two_items(site, reader):
    body = rss("<item><guid>same</guid><title>A</title></item>")
    url = site.serve("/feed", body)
    found = [reader.read(Source(name=name, feed=url))[0].items[0].id for name in ("One", "Two")]
    assert len(set(found)) == 2


def test_one_hostile_source_among_ten_costs_only_itself(reader_of, site):
    bomb = rss(entry(author="a@" + "a." * 60_000 + "!"))
    sources = []
    for number in range(10):
        body = rss(entry(number=number)) if number else bomb
        url = site.serve(f"/{number}", body)
        sources.append(Source(name=f"S{number}", feed=url))
    reader = reader_of()
    with Isolation(Limits(cpu=1, wall=10.0)) as pool:
        reader._sandbox = Sandbox(pool)
        found = {
            result.source: result for (result,) in collect(sources, reader.read, concurrency=4)
        }
    assert "S0: reading it was stopped, for it takes too long" in found.pop("S0").error
    assert [len(result.items) for result in found.values()] == [1] * 9


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_every_file_of_the_corpus_gives_items_or_a_named_error(path, kind):
    read_or_refused(path.read_bytes(), kind)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "repeat", "put", "flip"]),
        st.floats(0, 1),
        st.integers(1, 60),
        st.sampled_from(
            [b"<", b"&", b"]]>", b"<![CDATA[", b"\0", b"\xff\xfe", b"<!--", b"&#xD800;", b'"', b"{"]
        ),
    ),
    max_size=6,
)


def mutated(content, edits):
    for what, place, size, bytes_ in edits:
        at = int(place * len(content))
        part = content[at : at + size]
        match what:
            case "cut":
                content = content[:at] + content[at + size :]
            case "repeat":
                content = content[:at] + part * 40 + content[at:]
            case "put":
                content = content[:at] + bytes_ + content[at:]
            case "flip":
                content = content[:at] + bytes(255 - one for one in part) + content[at + size :]
    return content


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(CORPUS), EDITS, st.sampled_from(list(Kind)))
def test_whatever_is_done_to_a_page_it_gives_items_or_a_named_error(path, edits, kind):
    read_or_refused(mutated(path.read_bytes(), edits), kind)
