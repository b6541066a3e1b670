"""UTM words: ours, once, and nothing else of an address changed."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.issue import Brief
from newsletter.render.links import Tagging, brief_id, tagged

TAGGING = Tagging("the-loupe", "email", "2026-11-27")
OURS = [
    ("utm_source", "the-loupe"),
    ("utm_medium", "email"),
    ("utm_campaign", "2026-11-27"),
    ("utm_content", "0123456789ab"),
]


@pytest.mark.parametrize(
    ("url", "begins", "ends"),
    [
        ("https://a.example.com", "https://a.example.com?utm_source=", "0123456789ab"),
        ("https://a.example.com/x?b=%2F&a=1#top", "https://a.example.com/x?b=%2F&a=1&utm_", "#top"),
        ("http://a.example.com/?utm_source=wire&x=1", "http://a.example.com/?x=1&utm_", "ab"),
    ],
)
def test_our_words_come_last_and_alone(url, begins, ends):
    made = tagged(url, TAGGING, "0123456789ab")
    assert made.startswith(begins)
    assert made.endswith(ends)
    assert [pair for pair in parse_qsl(urlsplit(made).query) if pair[0].startswith("utm_")] == OURS


@pytest.mark.parametrize("url", ["mailto:desk@example.com?subject=x", "tel:+1212", ""])
def test_other_addresses_stay(url):
    assert tagged(url, TAGGING, "x") == url


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://a.example.com/x?b=%2F&&a=1#top", "https://a.example.com/x?b=%2F&a=1#top"),
        ("https://a.example.com/?utm_source=wire", "https://a.example.com/"),
        ("https://a.example.com/?FBCLID=1&id=3&gclid=2#t", "https://a.example.com/?id=3#t"),
        ("https://a.example.com/?", "https://a.example.com/"),
        ("https://a.example.com/?utm=1&page=2", "https://a.example.com/?utm=1&page=2"),
    ],
)
def test_without_tagging_only_tracking_words_go(url, made):
    assert tagged(url, None, "x") == made


@given(
    st.from_regex(
        r"https://a\.example\.com/[a-z/%0-9]{0,9}(\?[a-z=&%0-9]{0,20})?(#[a-z]{0,5})?",
        fullmatch=True,
    )
)
def test_tagging_twice_changes_nothing_more(url):
    once = tagged(url, TAGGING, "x")
    assert tagged(once, TAGGING, "x") == once
    assert urlsplit(once).fragment == urlsplit(url).fragment


def test_a_briefs_id_is_its_items_or_made_of_its_headline():
    assert brief_id(Brief("Gold", item="0123456789ab")) == "0123456789ab"
    assert brief_id(Brief("Gold", text="a")) == brief_id(Brief("Gold", text="b", line=9))
    assert brief_id(Brief("Gold")) != brief_id(Brief("Silver"))
    assert len(brief_id(Brief("Gold"))) == 12
