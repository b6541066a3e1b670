from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.source import Offer
from newsletter.errors import GatherError
from newsletter.gather.opml import read_opml, write_opml
from newsletter.gather.text import one_line

NAMES = st.text(max_size=40).map(one_line)
OFFERS = st.builds(
    Offer,
    kind=st.sampled_from(["feed", "page", "listing", "sitemap"]),
    url=st.integers(0, 99).map("https://e.example.com/a?x=1&y=<{}>".format),
    name=NAMES,
    weight=st.sampled_from([0.5, 1.0, 2.25, 100.0]),
    follow=st.booleans(),
)


@given(st.lists(OFFERS, min_size=1, unique_by=lambda one: one.url), st.text(max_size=20))
def test_what_is_written_is_read_again(offers, title):
    assert read_opml(write_opml(offers, title=title).encode()) == tuple(offers)


def test_feeds_in_folders_of_other_readers_are_found_each_once():
    other = b"""<?xml version="1.0" encoding="ISO-8859-1"?><opml version="1.0"><head/><body>
    <outline text="Trade"><outline text="Caf\xe9" title="Caf\xe9 Carat" type="rss"
      xmlUrl="https://carat.example.com/feed" htmlUrl="https://carat.example.com"/>
      <outline text="Again" xmlurl="https://carat.example.com/feed"/></outline>
    <outline text="A page" type="link" url="https://page.example.com"/>
    <outline text="Bad" xmlUrl="javascript:alert(1)"/></body></opml>"""
    (offer,) = read_opml(other)
    assert (offer.kind, offer.url) == ("feed", "https://carat.example.com/feed")
    assert offer.name in ("Café Carat", "Again")


@pytest.mark.parametrize("content", [b"", b"{}", b"<html/>", b"<opml/>", b"\xff\xfe\x00"])
def test_what_names_no_source_is_an_error(content):
    with pytest.raises(GatherError, match=r"OPML|no source"):
        read_opml(content)


def test_an_entity_cannot_reach_a_file():
    hostile = (
        b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/hostname">]><opml><body>'
        b'<outline text="-&x;-" xmlUrl="https://e.example.com/"/></body></opml>'
    )
    try:
        names = [offer.name for offer in read_opml(hostile)]
    except GatherError:
        names = []
    assert all(name.strip("-") == "" for name in names)
