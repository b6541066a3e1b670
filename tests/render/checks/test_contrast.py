"""Contrast is computed from the page as it is seen: inherited colours, grounds, both schemes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.render.checks.page import read_page
from newsletter.render.colours import BLACK, WHITE, Colour, colour, contrast, hexadecimal, over
from newsletter.render.paint import has_dark_rules, painted

part = st.floats(0, 1)
colours = st.builds(Colour, part, part, part)


@given(colours, colours)
def test_contrast_is_between_one_and_21_and_has_no_order(one, other):
    ratio = contrast(one, other)
    assert 1 <= ratio <= 21.0000001
    assert ratio == contrast(other, one)


@given(colours, part)
def test_what_lies_over_the_same_colour_is_that_colour(one, opacity):
    assert over(one, opacity, one) == pytest.approx(one)


@pytest.mark.parametrize(
    ("ink", "ground", "ratio"),
    [
        ("#000", "#fff", 21.0),
        ("#777777", "white", 4.48),
        ("#767676", "white", 4.54),
        ("rgb(0, 128, 0)", "#ffffff", 5.14),
    ],
)
def test_known_ratios(ink, ground, ratio):
    assert contrast(colour(ink)[0], colour(ground)[0]) == pytest.approx(ratio, abs=0.01)


def test_colours_are_read_as_browsers_read_them():
    assert colour("#fff") == (WHITE, 1.0)
    assert colour("rgba(0, 0, 0, 0.5)") == (BLACK, 0.5)
    assert colour("transparent")[1] == 0
    assert colour("var(--ink)") is colour("currentColor") is None
    assert hexadecimal(colour("tomato")[0]) == "#ff6347"


def seen(body, *, head="", dark=False):
    """{words: (ink, ground, large)} of a page."""
    page = read_page(f"<html><head>{head}</head><body>{body}</body></html>")
    return {
        words.text.strip(): (hexadecimal(words.ink), hexadecimal(words.ground), words.large)
        for words in painted(page.root, page.styles, dark=dark)
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>a</p>", ("#000000", "#ffffff", False)),
        ('<div style="color:#111111"><p><b>a</b></p></div>', ("#111111", "#ffffff", False)),
        ('<table bgcolor="#222222"><tr><td>a</td></tr></table>', ("#000000", "#222222", False)),
        ('<div style="background:#333333 url(a.png)">a</div>', ("#000000", "#333333", False)),
        ('<a href="https://e.com">a</a>', ("#0000ee", "#ffffff", False)),
        ('<a href="https://e.com" style="color:#444444">a</a>', ("#444444", "#ffffff", False)),
        ('<p style="font-size:24px">a</p>', ("#000000", "#ffffff", True)),
        ('<h3 style="font-size:19px">a</h3>', ("#000000", "#ffffff", True)),
        ('<h3 style="font-size:19px;font-weight:400">a</h3>', ("#000000", "#ffffff", False)),
        ('<div style="font-size:12px"><p style="font-size:200%">a</p></div>', (
            "#000000", "#ffffff", True,
        )),
        ('<p style="color:rgba(0,0,0,.5)">a</p>', ("#808080", "#ffffff", False)),
        ('<p style="color:#555555 !important;color:#666666">a</p>', ("#555555", "#ffffff", False)),
        ('<p style="color:var(--ink)">a</p>', ("#000000", "#ffffff", False)),
    ],
)  # fmt: skip
def test_words_have_the_colours_a_browser_gives_them(body, expected):
    assert seen(body) == {"a": expected}


@pytest.mark.parametrize(
    "style",
    ["display:none", "visibility:hidden", "opacity:0", "max-height:0", "font-size:1px"],
)
def test_words_nobody_sees_do_not_count(style):
    assert seen(f'<div style="{style}"><p>a</p></div>') == {}


def test_words_on_a_picture_are_left_to_the_eye():
    assert seen('<div style="background-image:url(a.png)">a</div>') == {}


DARK = """<style>
.ink { color: #222222 }
@media (prefers-color-scheme: dark) {
  body { background: #101010 !important }
  .ink div { color: #eeeeee !important }
  #one { color: #dddddd }
  :root { color-scheme: light dark }
}
@media (prefers-color-scheme: light) { .ink div { color: #333333 !important } }
@media (prefers-color-scheme: dark) and (max-width: 480px) { .ink div { color: #999999 } }
@media print { .ink div { color: #000000 !important } }
[data-ogsc] .ink div { color: #888888 !important }
</style>"""
PAGE = '<div class="ink"><div id="one" style="color:#444444">a</div></div>'


def test_dark_rules_hold_in_the_dark_alone():
    assert seen(PAGE, head=DARK, dark=True) == {"a": ("#eeeeee", "#101010", False)}
    assert seen(PAGE, head=DARK) == {"a": ("#333333", "#ffffff", False)}


def test_a_page_without_dark_rules_is_not_looked_at_in_the_dark(findings, case):
    dark = '<div style="color:#dddddd;background:#111111">a</div>'
    assert not has_dark_rules(("p { color: #222222 }",))
    assert has_dark_rules((DARK,))
    assert findings(case(html=lambda html: html.replace("</body>", dark + "</body>"))) == ()


def test_a_pair_of_colours_is_told_once(findings, case):
    poor = '<p style="color:#999999;background:#ffffff">a</p>' * 3
    found = findings(case(html=lambda html: html.replace("</body>", poor + "</body>")))
    (light,) = [finding for finding in found if finding.code == "contrast"]
    assert "#999999 on #ffffff, 2.8 to 1" in light.message
