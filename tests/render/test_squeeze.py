from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.squeeze import squeeze


@pytest.mark.parametrize(
    ("html", "made"),
    [
        ("<p>\n   a  \t b\n</p>\n\n<p>c</p>", "<p> a b </p> <p>c</p>\n"),
        ("a\u00a0 \u00a0b", "a\u00a0 \u00a0b\n"),
        ("<pre>a\n  b</pre>   x", "<pre>a\n  b</pre> x\n"),
        ("<style>a  {\n}</style>", "<style>a  {\n}</style>\n"),
        ("<!-- a\n  note -->", "<!-- a\n  note -->\n"),
        ("<!--[if mso]>\n <table>\n  <tr>\n<![endif]-->", "<!--[if mso]><table><tr><![endif]-->\n"),
        ('<p style="top:0; font:x, y">', '<p style="top:0;font:x,y">\n'),
        (
            '<a title="a, &quot; b; c" style="x:0; y:1">',
            '<a title="a, &quot; b; c" style="x:0;y:1">\n',
        ),
        ('say style="a, b; c"', 'say style="a, b; c"\n'),
    ],
)
def test_only_blanks_that_nobody_sees_go(html, made):
    assert squeeze(html) == made


@given(st.text(alphabet="<>ab /!-\n\t prestyl"))
def test_squeezing_twice_changes_nothing_and_no_word_is_lost(html):
    once = squeeze(html)
    assert squeeze(once) == once
    assert re.sub(r"\s", "", once) == re.sub(r"\s", "", html)
