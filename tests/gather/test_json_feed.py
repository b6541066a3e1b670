from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.item import ItemKind, Link
from newsletter.errors import GatherError
from newsletter.gather.json_feed import read_json_feed

URL = "https://wire.example.com/feed.json"


def read(*items, version="https://jsonfeed.org/version/1.1", **feed):
    content = json.dumps({"version": version, "items": items, **feed}).encode()
    return read_json_feed(content, url=URL, source="Wire")


def test_an_item_keeps_all_that_is_said_of_it():
    (item,) = read(
        {
            "id": "1", "url": "/a?utm_source=feed", "title": "Gold\nis up", "summary": "In London.",
            "content_html": "<p>By <a href='/b'>a dollar</a>.</p><p>Or two.</p>",
            "date_published": "2026-11-18T09:00:00+01:00", "tags": ["Gold", "Gold", 7],
            "authors": [{"name": "Ann Lee"}, {"name": "Bo"}], "image": "https://e.example.com/p.png",
        },
        language="en-GB",
    )  # fmt: skip
    assert (item.kind, item.title, item.dek) == (ItemKind.ARTICLE, "Gold is up", "In London.")
    assert item.text == "By a dollar.\n\nOr two."
    assert item.url == "https://wire.example.com/a"
    assert item.links == (Link("a dollar", "https://wire.example.com/b"),)
    assert item.published == datetime(2026, 11, 18, 8, tzinfo=UTC)
    assert (item.author, item.language, item.categories) == ("Ann Lee, Bo", "en-GB", ("Gold",))
    assert item.image == "https://e.example.com/p.png"


def test_version_one_has_one_author_and_a_note_without_title_is_a_bare_teaser():
    first, note = read(
        {"title": "A", "external_url": "https://e.example.com/a", "content_text": "One\ntwo."},
        {"content_text": "A short note & more."},
        version="https://jsonfeed.org/version/1",
        author={"name": "Ann Lee"},
    )
    assert (first.author, first.url, first.text) == (
        "Ann Lee",
        "https://e.example.com/a",
        "One two.",
    )
    assert (note.kind, note.title, note.text) == (ItemKind.TEASER, "", "A short note & more.")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": "1"}', b"[" * 100_000])
def test_what_is_no_json_feed_is_an_error_naming_the_source(content):
    with pytest.raises(GatherError, match="Wire: the answer is not a JSON Feed"):
        read_json_feed(content, url=URL, source="Wire")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["title", "url", "content_html", "author", "name", "authors", "tags"]),
            inner,
        )
    ),
    max_leaves=8,
)


@given(st.lists(ANYTHING, max_size=4) | ANYTHING)
def test_any_value_may_stand_anywhere(items):
    content = json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}).encode()
    try:
        found = read_json_feed(content, url=URL, source="Wire")
    except GatherError:
        found = ()
    assert all(item.title or item.text for item in found)
