from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import RenderError
from newsletter.render.markdown import addresses, parse, to_html
from newsletter.render.text import COLUMNS, Notes, to_text


def html(source):
    return str(to_html(parse(source), lambda words: words, 568))


def text(source):
    return to_text(parse(source), lambda words: words, Notes())


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("a *b* **c** `d`", "<p>a <em>b</em> <strong>c</strong> <code>d</code></p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("#### Sub", "<h4>Sub</h4>"),
        ("# Sub", "<h4>Sub</h4>"),
        ("[a](https://e.com/?x=1&y=2)", '<p><a href="https://e.com/?x=1&amp;y=2">a</a></p>'),
        ("[a](mailto:desk@example.com)", '<p><a href="mailto:desk@example.com">a</a></p>'),
        ("[a](ftp://e.com)", "<p>a</p>"),
        ("[a](https://user@e.com)", "<p>a</p>"),
        ("[*a* b](javascript:x) c", "<p><em>a</em> b c</p>"),
        ("![Two rings](images/x.png)", "<p>Two rings</p>"),
        ("![Two rings](https://e.com/x.SVG?a)", "<p>Two rings</p>"),
        ("    indented paste", "<p>indented paste</p>"),
        ("A line\n---\nB", "<p>A line</p>\n<hr />\n<p>B</p>"),
    ],
)
def test_markdown_becomes_plain_html(source, made):
    assert html(source) == made


def test_a_remote_picture_has_a_width_and_its_words():
    assert html("![Two rings](https://e.com/x.png)") == (
        '<p><img src="https://e.com/x.png" alt="Two rings" width="568" class="picture" /></p>'
    )


@given(st.text(alphabet="<>&\"'()[]!*_`:/#-{} \nabjx=\\", max_size=80))
def test_no_markup_but_ours_ever_comes_out(source):
    tags = set(re.findall(r"</?([a-z0-9]+)", html(source)))
    assert tags <= {"p", "a", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "hr",
                    "br", "h4", "img"}  # fmt: skip
    for link in re.findall(r'href="([^"]*)"', html(source)):
        assert link.startswith(("http://", "https://", "mailto:"))


def test_tokens_are_filled_in_words_and_not_in_addresses():
    tokens = parse("{{ reader.first_name | fallback('x') }} [a](https://e.com/{{reader.b}})")
    seen = []
    to_html(tokens, lambda words: seen.append(words) or words, 568)
    assert seen == ["{{ reader.first_name | fallback('x') }} ", "a"]


def test_deep_nesting_ends_by_itself():
    assert html("> " * 3000 + "x").count("<blockquote>") < 30
    assert html("[" * 3000 + "x") == f"<p>{'[' * 3000}x</p>"


def test_a_text_far_too_long_is_refused():
    with pytest.raises(RenderError, match="200,000"):
        parse("x" * 200_001)


def test_every_address_is_reported():
    assert list(addresses(parse("[a *b*](x:y) ![c](d.svg)"))) == [
        ("link", "x:y", "a b"),
        ("image", "d.svg", "c"),
    ]


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("a *b* **c** `d`", "a b c d"),
        ("one\ntwo  \nthree", "one two\nthree"),
        ("[a](https://e.com/1) and [b](https://e.com/2)",
         "a [1] and b [2]\n\n[1] https://e.com/1\n[2] https://e.com/2"),
        ("<https://e.com/1>", "https://e.com/1"),
        ("[a](javascript:x)", "a"),
        ("- a\n- b\n  - c", "- a\n- b\n\n  - c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> a\n>\n> b", "> a\n\n> b"),
        ("```\nx  y\n```", "    x  y"),
        ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
        ("![Two rings](https://e.com/x.png)", "Two rings"),
        ("a &amp; b < c", "a & b < c"),
    ],
)  # fmt: skip
def test_markdown_becomes_plain_text(source, made):
    assert text(source) == made


def test_notes_are_numbered_through_the_mail():
    notes = Notes()
    first = to_text(parse("[a](https://e.com/1)"), str, notes)
    second = to_text(parse("[b](https://e.com/2)"), str, notes)
    assert (first[-19:], second[-19:]) == ("[1] https://e.com/1", "[2] https://e.com/2")


@given(st.lists(st.text(alphabet="abc ", min_size=1, max_size=60), min_size=1, max_size=20))
def test_lines_of_text_fit_78_columns(words):
    for made in text(" ".join(words)).split("\n"):
        assert len(made) <= COLUMNS or " " not in made.strip()
