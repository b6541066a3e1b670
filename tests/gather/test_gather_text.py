from __future__ import annotations

import html
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.item import Link
from newsletter.domain.prose import first_sentences, sentences
from newsletter.gather.passages import html_text
from newsletter.gather.text import (
    paragraphs_of,
    trimmed,
    visible,
    web_address,
)

WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn")), min_size=1)
PARAGRAPHS = st.lists(WORDS, min_size=1).map(" ".join).map(visible).map(trimmed).filter(bool)


@given(st.lists(PARAGRAPHS, min_size=1, max_size=5))
def test_the_text_of_escaped_html_is_the_text_that_was_escaped(paragraphs):
    markup = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    assert html_text(markup)[0] == "\n\n".join(paragraphs)


@given(st.text(max_size=300))
def test_any_text_may_claim_to_be_html(text):
    assert "\n\n\n" not in html_text(text)[0]


def test_blocks_break_paragraphs_and_inline_tags_do_not():
    markup = "<div>A <b>bold</b>er ring<br>and<p>another<ul><li>one<li>t<i>w</i>o</ul></div>end"
    assert html_text(markup)[0] == "A bolder ring and\n\nanother\n\none\n\ntwo\n\nend"


def test_what_a_browser_hides_is_left_out():
    markup = "<p>Seen</p><script>alert('no')</script><style>p{}</style><!-- no --><title>no</title>"
    assert html_text(markup) == ("Seen", ())


def test_links_become_absolute_and_only_web_addresses_stay():
    markup = (
        '<a href="/a?x=1&amp;y=2">one <b>two</b></a> <a href="javascript:alert(1)">three</a>'
        '<a href="mailto:x@example.com">four</a><a href="https://e.example.org/"></a>'
    )
    assert html_text(markup, base="https://trade.example.com/b/c") == (
        "one two threefour",
        (
            Link("one two", "https://trade.example.com/a?x=1&y=2"),
            Link("https://e.example.org/", "https://e.example.org/"),
        ),
    )


def test_tags_nested_without_end_cost_little():
    assert html_text("<div>" * 200_000 + "deep")[0] in ("", "deep")


def test_wrapped_lines_of_a_plain_text_are_one_paragraph():
    assert paragraphs_of("a\r\nb\r\n \r\n\r\nc\n") == ("a b", "c")


@pytest.mark.parametrize(
    ("paragraph", "split"),
    [
        ("It sold for $4.1 million. He left.", ("It sold for $4.1 million.", "He left.")),
        ("“So,” said Dr. Weiss. “No!” Then?", ("“So,” said Dr. Weiss.", "“No!”", "Then?")),
        ("Tiffany & Co. Rings sold. Well.", ("Tiffany & Co. Rings sold.", "Well.")),
        ("„So ist es.“ Gut.", ("„So ist es.“", "Gut.")),
        ("No stop", ("No stop",)),
    ],
)
def test_sentences_end_where_a_reader_sees_them_end(paragraph, split):
    assert sentences(paragraph) == split


@given(PARAGRAPHS, st.integers(0, 200))
def test_first_sentences_are_the_beginning_of_the_text(paragraph, at_most):
    cut = first_sentences(paragraph, at_most=at_most)
    assert cut
    assert paragraph.startswith(cut)


@pytest.mark.parametrize(
    "text",
    ["", " \t", None, "javascript:x", "mailto:a@example.com", "http://", "http://u@h/\\", "//[x"],
)
def test_what_is_no_web_address_is_none(text):
    assert web_address(text) is None
    assert web_address(text, base="ftp://e.example.com/") is None


@given(st.from_regex(r"https://[a-z.]{1,9}/[a-z/?#;.=&]{0,12}", fullmatch=True))
def test_a_whole_address_is_joined_to_no_base(address):
    assert web_address(address, base="https://e.example.com/a/b?c") == urljoin(
        "https://e.example.com/a/b?c", address
    )
