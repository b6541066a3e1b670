from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import RenderError
from newsletter.render.mjml import compile_mjml
from newsletter.render.mjml_guard import LONGEST, MjmlMistake, guard
from newsletter.render.mjml_rules import TAGS, supported, wrong_attributes


def page(column="", head="", body=None):
    inside = body or f"<mj-section><mj-column>{column}</mj-column></mj-section>"
    return f'<mjml lang="en"><mj-head>{head}</mj-head><mj-body>{inside}</mj-body></mjml>'


def compiled(mjml):
    return compile_mjml(mjml, seed="s", ink="#222222")[0]


@pytest.mark.parametrize(
    ("mjml", "words"),
    [
        (page('<mj-include path="/etc/passwd" type="css"/>'), "includes are refused"),
        (page('<mj-include path="missing"/>'), "includes are refused"),
        (page(body='<MJ-Include path="..%252f..%252fetc/passwd"/>'), "includes are refused"),
        (page("<mj-text><mj-include path='x'/></mj-text>"), "includes are refused"),
        (page("<mj-foo/>"), "not known"),
        (page("<p>x</p>"), "must stand inside"),
        (page("<mj-text>a</mj-text></mj-text>"), "closes nothing"),
        (page("<mj-text>a"), "not closed"),
        (page("<mj-text>a</mj-text><mj-raw></mj-column>"), "not closed"),
        (page("<mj-text><mj-button>a</mj-button></mj-text>"), "must not stand inside <mj-text>"),
        (page(body="<mj-column></mj-column>"), "must not stand inside <mj-body>"),
        (page("<mj-navbar></mj-navbar>"), "dead in Gmail"),
        (page("<mj-carousel></mj-carousel>"), "dead in Gmail"),
        (page('<mj-image src="https://x/a.png"/>'), "no alt"),
        (page('<mj-text color="#eee">a</mj-text>'), "#eeeeee"),
        (page('<mj-text color="red;background:url(x)">a</mj-text>'), "no colour"),
        (page('<mj-text padding="0;background:url(x)">a</mj-text>'), "end the CSS"),
        (page('<mj-text padding="0" padding="1px">a</mj-text>'), "twice"),
        (page('<mj-text colour="#eeeeee">a</mj-text>'), "<mj-text colour>: is not an attribute"),
        (page('<mj-text font-sise="9px">a</mj-text>'), "did you mean font-size?"),
        (page('<mj-image alt="" onload="x"/>'), "is not an attribute it has"),
        (page(head='<mj-attributes><mj-text href="x"/></mj-attributes>'), "<mj-text href>"),
        (page(head='<mj-attributes><mj-all colour="x"/></mj-attributes>'), "did you mean color?"),
        (page(body='<mj-section><mj-column inner-border="1px"></mj-column></mj-section>'), "crash"),
        (page(body="<mj-hero></mj-hero>"), "background-height"),
        (page(body='<mj-hero background-height="1px"></mj-hero>'), "background-width"),
        (page('<mj-social><mj-social-element name="x">a</mj-social-element></mj-social>'), "icon"),
        (page(head='<mj-font name="Lato" href="https://x"/>'), "built in"),
        (page(head="<mj-attributes/><mj-attributes/>"), "twice"),
        (page(head="<mj-attributes><mj-text/><mj-text/></mj-attributes>"), "twice"),
        (page(head='<mj-attributes><mj-class name="a"/><mj-class name="a"/></mj-attributes>'),
         "twice"),
        (page(head='<mj-attributes><mj-class name="a"><mj-text/></mj-class></mj-attributes>'),
         "must not stand inside <mj-class>"),
        (page().replace(' lang="en"', ""), "no lang"),
        ("<p>no mjml</p>", "must stand inside"),
        ("", "mj-body"),
        ('<mjml lang="en"></mjml>', "mj-body"),
        (page("<mj-text>" + "<b>" * 10_000 + "</mj-text>"), "100 deep"),
    ],
)  # fmt: skip
def test_what_the_compiler_gets_wrong_is_refused_before_it(mjml, words):
    with pytest.raises(MjmlMistake, match=re.escape(words)):
        compiled(mjml)


def test_two_mistaken_includes_look_alike(tmp_path):
    existing = tmp_path / "there.mjml"
    existing.write_text("<mj-text>x</mj-text>", encoding="utf-8")
    messages = set()
    for path in (existing, tmp_path / "missing.mjml"):
        with pytest.raises(MjmlMistake) as caught:
            guard(page(f'<mj-include path="{path}"/>'))
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_mjml_far_too_long_is_refused():
    with pytest.raises(RenderError, match="characters"):
        guard("x" * (LONGEST + 1))


def test_ninety_levels_of_markup_still_compile():
    assert "deepest" in compiled(
        page("<mj-text>" + "<b>" * 90 + "deepest" + "</b>" * 90 + "</mj-text>")
    )


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="ab\"'<>&;=#34x ", max_size=40))
def test_an_attribute_comes_out_as_it_went_in(value):
    written = html.escape(value)
    made = compiled(page(f'<mj-image src="https://x.example.com/a.png" alt="{written}" />'))
    (tag,) = re.findall(r"<img\b(?:[^>\"]|\"[^\"]*\")*>", made)
    (alt,) = re.findall(r'\balt="([^"]*)"', tag)
    assert html.unescape(alt) == value
    assert set(re.findall(r'\s([a-z-]+)=(?=")', re.sub(r'"[^"]*"', '""', tag))) == {
        "alt", "src", "style", "width", "height",
    }  # fmt: skip


@pytest.mark.parametrize("title", ['a "b" c', "a &#34; onload=&#34;x", "&lt;script&gt;", "a & b"])
def test_a_title_cannot_leave_its_label(title):
    made = compiled(page("<mj-text>a</mj-text>", head=f"<mj-title>{title}</mj-title>"))
    label = re.search(r'<div aria-roledescription="email"[^>]* aria-label="([^"]*)">', made)
    assert label
    assert html.unescape(label[1]) == html.unescape(title).replace('"', "”")


def test_inline_styles_are_taken_out_for_the_inliner():
    guarded = guard(page(head='<mj-style inline="inline">.a > b{color:red}</mj-style>'
                              "<mj-style>.c{top:0}</mj-style>"))  # fmt: skip
    assert guarded.inline_css == ".a > b{color:red}"
    assert "inline" not in guarded.mjml
    assert ".c{top:0}" in guarded.mjml


def test_the_compiled_page_is_mended():
    made = compiled(page("<mj-text>a</mj-text>", head="<mj-preview>soon</mj-preview>"))
    assert made.lstrip().startswith("<!DOCTYPE html>")
    assert "color:#ffffff" not in made
    assert "color:#222222;line-height:1px" in made


def test_a_crash_of_the_compiler_is_one_sentence():
    with pytest.raises(RenderError, match="gave up"):
        compiled(page('<mj-divider padding="wide" />'))


@pytest.mark.parametrize("tag", sorted(TAGS - {"mjml", "mj-head"}))
def test_every_attribute_the_compiler_declares_may_be_written(tag):
    names = sorted(supported()[tag] - {"inner-border"})
    values = {name: "#112233" if name.endswith("color") else "1px" for name in names}
    assert list(wrong_attributes(tag, values, default=True)) == []
