from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.gather.canonical import address_key, canonical_url, same_site


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://E.example.com/A?utm_source=x&b=2&a=1#top", "https://e.example.com/A?b=2&a=1"),
        ("HTTPS://e.example.com?fbclid=1&gclid=2&mc_cid=3&mc_eid=4", "https://e.example.com/"),
        ("http://e.example.com:80/a", "http://e.example.com/a"),
        ("http://e.example.com:443/a", "http://e.example.com:443/a"),
        ("https://e.example.com/a?q=%C3%A9+x", "https://e.example.com/a?q=%C3%A9+x"),
        ("https://e.example.com/a?utmost=1", "https://e.example.com/a?utmost=1"),
        ("https://e.example.com/a/amp/", "https://e.example.com/a"),
        ("https://e.example.com/amp/a?amp=1&outputType=amp", "https://e.example.com/a"),
        ("https://e.example.com/a.amp.html", "https://e.example.com/a.html"),
        ("https://e.example.com/amp", "https://e.example.com/amp"),
        ("https://e.example.com/amplitude/a?amp=3", "https://e.example.com/amplitude/a?amp=3"),
        ("https://www.google.com/amp/s/e.example.com/a/amp/", "https://e.example.com/a"),
        ("https://www.google.com/search?q=a", "https://www.google.com/search?q=a"),
        (
            "https://notwww.google.com/c/e.example.com/a",
            "https://notwww.google.com/c/e.example.com/a",
        ),
        (
            "https://e-example-com.cdn.ampproject.org/c/s/e.example.com/a?usqp=1&utm_term=x",
            "https://e.example.com/a?usqp=1",
        ),
        ("https://e.example.com/a?cid=7&ref=x", "https://e.example.com/a?cid=7&ref=x"),
        ("not an address", "not an address"),
    ],
)
def test_spellings_of_one_address_become_one(url, canonical):
    assert canonical_url(url) == canonical


PATHS = st.lists(
    st.sampled_from(["/", "amp", ".amp", ".html", "?", "&", "=1", "utm_a=1", "s", "e.example.org",
                     "c/", "#x", "a", "//", "index.html"]),
    max_size=8,
).map("".join)  # fmt: skip
ADDRESSES = st.sampled_from(
    ["https://e.example.com/", "http://m.example.org:80/", "https://www.google.com/amp/s/",
     "https://x.cdn.ampproject.org/c/s/", "HTTPS://www.E.example.com"]
).flatmap(lambda start: (PATHS | st.text(max_size=60)).map(start.__add__))  # fmt: skip


@given(
    st.from_regex(r"https?://[a-z]{1,3}(\.[a-zA-Z]{2,4}){1,2}/[a-z./;%&=é-]{0,20}", fullmatch=True)
)
def test_an_address_without_tracking_is_what_is_left_of_one_with_it(url):
    assert canonical_url(url) == canonical_url(f"{url}?utm_source=x")


@given(ADDRESSES)
def test_a_canonical_address_is_its_own(url):
    assert canonical_url(canonical_url(url)) == canonical_url(url)


@given(st.text())
def test_any_text_may_be_asked(text):
    assert isinstance(canonical_url(text), str)


@pytest.mark.parametrize(
    "url",
    [
        "http://www.example.com/a/", "https://m.example.com/a?utm_source=x",
        "https://amp.example.com/a/index.html#top", "https://mobile.example.com/a/amp",
    ],
)  # fmt: skip
def test_all_forms_of_an_address_have_one_key(url):
    assert address_key(url) == address_key("https://example.com/a")


@given(ADDRESSES)
def test_a_key_is_that_of_the_canonical_address(url):
    assert address_key(canonical_url(url)) == address_key(url)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example.com/", "http://example.com/x", True),
        ("https://a.co.uk/", "https://b.co.uk/", False),
        ("https://127.0.0.1:80/", "http://127.0.0.1/", True),
        ("https://a.example.com/", "https://a.example.net/", False),
        ("", "", False),
        ("http://[", "http://[", False),
    ],
)
def test_a_site_is_a_registrable_domain(one, other, same):
    assert same_site(one, other) is same
