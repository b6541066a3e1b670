"""Sources read together: through the real fetcher, children and shelf, from a site on loopback."""

from __future__ import annotations

import threading
import time

import pytest

from newsletter.config import Source
from newsletter.errors import GatherError
from newsletter.gather.collect import collect


@pytest.fixture
def sample_site(site, samples):
    for name, kind in (
        ("trade.rss", "application/rss+xml"),
        ("maison.atom", "text/xml"),
        ("auction.html", "text/html; charset=utf-8"),
    ):
        headers = {"Content-Type": kind}
        site.serve(f"/{name}", (samples / name).read_bytes(), headers=headers)
    return site


def no_stdin():
    raise AssertionError("nothing should be read from the standard input")


def together(sources, reader, concurrency=8):
    found = collect(sources, reader.read, concurrency=concurrency)
    return [result for results in found for result in results]


def test_every_source_gives_a_result_and_a_dead_one_says_why(
    sample_site, reader, samples, tmp_path
):
    (tmp_path / "inbox").mkdir()
    for name in ("desk.txt", "note.md"):
        (tmp_path / "inbox" / name).write_bytes((samples / name).read_bytes())
    (tmp_path / "inbox" / "logo.png").write_bytes(b"\x89PNG")
    sources = [
        Source(name="Trade", feed=sample_site.url("/trade.rss")),
        Source(name="Maison", feed=sample_site.url("/maison.atom")),
        Source(name="Gavel", page=sample_site.url("/auction.html")),
        Source(name="Desk", folder="inbox"),
        Source(name="Dead", feed="http://127.0.0.1:9/feed"),
        Source(name="Wrong", feed=sample_site.url("/auction.html")),
        Source(name="Nowhere", folder="nowhere"),
    ]
    results = together(sources, reader)
    good = {result.source: len(result.items) for result in results if result.error is None}
    bad = {result.source: result.error for result in results if result.error is not None}
    assert good == {"Trade": 8, "Maison": 6, "Gavel": 1, "Desk": 12}
    assert "could not be reached" in bad["Dead"]
    assert "not an RSS or Atom feed" in bad["Wrong"]
    assert "there is no folder" in bad["Nowhere"]
    assert "logo.png" in bad["Desk"]


def test_a_fault_nobody_listed_ends_one_source_only(sample_site, reader):
    def faulty(source):
        if source.name == "Maison":
            raise RecursionError
        return reader.read(source)

    sources = [
        Source(name="Maison", feed=sample_site.url("/maison.atom")),
        Source(name="Trade", feed=sample_site.url("/trade.rss")),
    ]
    results = {result.source: result for (result,) in collect(sources, faulty, concurrency=2)}
    assert "RecursionError" in results["Maison"].error
    assert len(results["Trade"].items) == 8


def test_a_slow_source_keeps_no_other_waiting(sample_site, reader_of):
    released = threading.Event()
    sample_site.answers["/slow"] = lambda _: released.wait(60)
    trade = [Source(name=f"Trade {n}", feed=sample_site.url("/trade.rss")) for n in range(5)]
    slow = Source(name="Slow", feed=sample_site.url("/slow"))
    results = collect([slow, *trade], reader_of().read, concurrency=8)
    first = {result.source for _ in trade for result in next(results)}
    released.set()
    assert first == {source.name for source in trade}
    assert [result.source for (result,) in results] == ["Slow"]


def test_hosts_take_turns_so_one_with_many_feeds_keeps_nobody_waiting():
    order = []

    def read(source):
        order.append(source.name)
        return ()

    sources = [
        *(Source(name=f"Many {n}", feed=f"https://many.example.com/{n}") for n in range(5)),
        Source(name="One", feed="https://one.example.com/"),
        Source(name="Other", page="https://other.example.com/"),
    ]
    list(collect(sources, read, concurrency=1))
    assert set(order[:3]) == {"Many 0", "One", "Other"}


def test_closing_it_begins_nothing_more_and_waits_for_nobody():
    begun, released = [], threading.Event()

    def read(source):
        begun.append(source.name)
        if source.name != "0":
            released.wait(60)
        return ()

    sources = [Source(name=str(n), feed=f"https://{n}.example.com/") for n in range(100)]
    results = collect(sources, read, concurrency=1)
    next(results)
    started = time.monotonic()
    results.close()
    assert time.monotonic() - started < 30
    known = len(begun)
    released.set()
    time.sleep(0.1)
    assert len(begun) == known < 100


@pytest.mark.parametrize(
    ("name", "count"), [("trade.rss", 8), ("maison.atom", 6), ("auction.html", 1)]
)
def test_an_address_may_be_a_feed_or_a_page(sample_site, reader, name, count):
    result = reader.read_place(sample_site.url(f"/{name}"), stdin_text=no_stdin)
    assert (result.source, len(result.items)) == ("127.0.0.1", count)


@pytest.mark.parametrize(("name", "count"), [("desk.txt", 9), ("note.md", 3), ("auction.html", 1)])
def test_a_file_is_read_by_its_ending(reader, samples, name, count):
    result = reader.read_place(str(samples / name), stdin_text=no_stdin)
    assert len(result.items) == count


def test_a_dash_stands_for_the_standard_input(reader):
    result = reader.read_place("-", stdin_text=lambda: "The Latest\n\nGold is up.")
    assert [item.text for item in result.items] == ["Gold is up."]


def test_a_place_that_cannot_be_read_is_named(reader, tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"\n")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)))
    (tmp_path / "furniture.txt").write_text("Share\nSubscribe\n", encoding="utf-8")
    for name in ("missing.txt", "", "empty.txt", "binary.txt", "furniture.txt"):
        place = str(tmp_path / name)
        with pytest.raises(GatherError) as caught:
            reader.read_place(place, stdin_text=no_stdin)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")
