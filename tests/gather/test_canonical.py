from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.canonical import canonical_url


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://E.example.com/A?utm_source=x&b=2&a=1#top", "https://e.example.com/A?b=2&a=1"),
        ("HTTPS://e.example.com?fbclid=1&gclid=2&mc_cid=3&mc_eid=4", "https://e.example.com/"),
        ("http://e.example.com:80/a", "http://e.example.com/a"),
        ("http://e.example.com:443/a", "http://e.example.com:443/a"),
        ("https://e.example.com/a?q=%C3%A9+x", "https://e.example.com/a?q=%C3%A9+x"),
        ("https://e.example.com/a?utmost=1", "https://e.example.com/a?utmost=1"),
        ("not an address", "not an address"),
    ],
)
def test_spellings_of_one_address_become_one(url, canonical):
    assert canonical_url(url) == canonical


@given(st.text(max_size=60).map("https://e.example.com/".__add__))
def test_a_canonical_address_is_its_own(url):
    assert canonical_url(canonical_url(url)) == canonical_url(url)


@given(st.text())
def test_any_text_may_be_asked(text):
    assert isinstance(canonical_url(text), str)
