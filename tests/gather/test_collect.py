from __future__ import annotations

import pytest

from newsletter.config import Gathering, Source
from newsletter.errors import GatherError
from newsletter.gather.collect import collect, collect_from
from newsletter.gather.fetch import GuardedFetcher


@pytest.fixture
def fetcher():
    return GuardedFetcher(Gathering(allow_private=("127.0.0.1",), deadline=5), user_agent="test")


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


def test_every_source_gives_a_result_and_a_dead_one_says_why(
    sample_site, fetcher, samples, tmp_path
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
    results = list(collect(sources, fetcher=fetcher, workspace=tmp_path))
    good = {result.source: len(result.items) for result in results if result.error is None}
    bad = {result.source: result.error for result in results if result.error is not None}
    assert good == {"Trade": 8, "Maison": 6, "Gavel": 1, "Desk": 12}
    assert "could not be reached" in bad["Dead"]
    assert "not an RSS or Atom feed" in bad["Wrong"]
    assert "there is no folder" in bad["Nowhere"]
    assert "logo.png" in bad["Desk"]


def test_a_second_collection_finds_the_same_items(sample_site, fetcher, tmp_path):
    sources = [
        Source(name="Trade", feed=sample_site.url("/trade.rss")),
        Source(name="Gavel", page=sample_site.url("/auction.html")),
    ]
    first, second = (
        {
            result.source: result.items
            for result in collect(sources, fetcher=fetcher, workspace=tmp_path)
        }
        for _ in range(2)
    )
    assert first == second


def test_a_fault_nobody_listed_ends_one_source_only(sample_site, fetcher, tmp_path):
    class Faulty:
        def fetch(self, url):
            if "maison" in url:
                raise RecursionError
            return fetcher.fetch(url)

    sources = [
        Source(name="Maison", feed=sample_site.url("/maison.atom")),
        Source(name="Trade", feed=sample_site.url("/trade.rss")),
    ]
    results = {
        result.source: result for result in collect(sources, fetcher=Faulty(), workspace=tmp_path)
    }
    assert "RecursionError" in results["Maison"].error
    assert len(results["Trade"].items) == 8


@pytest.mark.parametrize(
    ("name", "count"), [("trade.rss", 8), ("maison.atom", 6), ("auction.html", 1)]
)
def test_an_address_may_be_a_feed_or_a_page(sample_site, fetcher, name, count):
    result = collect_from(sample_site.url(f"/{name}"), fetcher=fetcher, stdin_text=no_stdin)
    assert (result.source, len(result.items)) == ("127.0.0.1", count)


@pytest.mark.parametrize(("name", "count"), [("desk.txt", 9), ("note.md", 3), ("auction.html", 1)])
def test_a_file_is_read_by_its_ending(fetcher, samples, name, count):
    result = collect_from(str(samples / name), fetcher=fetcher, stdin_text=no_stdin)
    assert len(result.items) == count


def test_a_dash_stands_for_the_standard_input(fetcher):
    result = collect_from("-", fetcher=fetcher, stdin_text=lambda: "The Latest\n\nGold is up.")
    assert [item.text for item in result.items] == ["Gold is up."]


def test_a_place_that_cannot_be_read_is_named(fetcher, tmp_path):
    (tmp_path / "empty.txt").write_bytes(b"\n")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)))
    (tmp_path / "furniture.txt").write_text("Share\nSubscribe\n", encoding="utf-8")
    for name in ("missing.txt", "", "empty.txt", "binary.txt", "furniture.txt"):
        place = str(tmp_path / name)
        with pytest.raises(GatherError) as caught:
            collect_from(place, fetcher=fetcher, stdin_text=no_stdin)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")
