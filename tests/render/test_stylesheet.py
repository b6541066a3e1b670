"""CSS is read once, whole, and can be written down again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.stylesheet import (
    at_rules,
    declarations,
    parsed,
    rules,
    written,
    written_declarations,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("color:#111111", [("color", "#111111", False)]),
        ("COLOR : Red ! important ;; ", [("color", "Red", True)]),
        (
            "background:url(data:image/png;base64,AA==);color:red",
            [("background", "url(data:image/png;base64,AA==)", False), ("color", "red", False)],
        ),
        ("font-family:\"a;b\", 'c:d'", [("font-family", "\"a;b\", 'c:d'", False)]),
        (
            "width:calc((100% - 2px) / 2);top:1px",
            [("width", "calc((100% - 2px) / 2)", False), ("top", "1px", False)],
        ),
        ("/* a:b; */left:2px/* c */", [("left", "2px", False)]),
        ("mso-line-height-rule:exactly", [("mso-line-height-rule", "exactly", False)]),
    ],
)
def test_declarations_are_read(text, expected):
    assert list(declarations(text)) == expected


def test_rules_know_what_they_are_under():
    css = "a,b > c{top:0}@media print{@supports (x:y){d{left:0}}}@import url(x.css);/* e */"
    assert [(rule.selectors, rule.conditions) for rule in rules(css)] == [
        (("a", "b > c"), ()),
        (("d",), ("@media print", "@supports (x:y)")),
    ]
    assert [(rule.keyword, rule.prelude) for rule in at_rules(css)] == [
        ("media", "print"),
        ("supports", "(x:y)"),
        ("import", "url(x.css)"),
    ]


def test_commas_in_brackets_and_strings_part_no_selectors():
    (rule,) = rules(':not(.a,.b),[title="x,y"]{top:0}')
    assert rule.selectors == (":not(.a,.b)", '[title="x,y"]')


def test_what_was_read_is_written_the_same_again():
    css = "a,b > c{top:0;left:1px !important}@media print{d{left:0}}@import url(x.css);"
    assert written(parsed(css)) == css
    assert parsed(written(parsed(css))) == parsed(css)


@given(st.text())
def test_any_text_is_read(text):
    written(parsed(text))
    found = declarations(text)
    assert declarations(written_declarations(found)) == found
