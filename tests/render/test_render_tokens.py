from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.rendition import Part
from newsletter.errors import RenderError
from newsletter.render.tokens import Placeholders, merge_prefix, sample

PREFIX = merge_prefix(b"a workspace secret", "2026-11-27")


@pytest.mark.parametrize(
    ("written", "field", "fallback"),
    [
        ("{{ reader.first_name }}", "reader.first_name", ""),
        ("{{reader.first_name}}", "reader.first_name", ""),
        ("{{ reader.first_name | fallback('there') }}", "reader.first_name", "there"),
        ('{{ reader.city|fallback("your town") }}', "reader.city", "your town"),
        ("{{ reader.city | fallback(‘your town’) }}", "reader.city", "your town"),
    ],
)
def test_a_written_token_becomes_its_placeholder(written, field, fallback):
    placeholders = Placeholders(PREFIX)
    word = placeholders.fill(f"Hi {written}!", Part.TEXT).removeprefix("Hi ").removesuffix("!")
    (token,) = placeholders.used_in({Part.TEXT: word})
    assert (token.placeholder, token.field, token.fallback) == (word, field, fallback)


@pytest.mark.parametrize(
    "literal",
    [
        "{{ 7*7 }}",
        "{{ reader }}",
        "{{ reader.__class__ }}",
        "{{ reader.a.b }}",
        "{{ reader.name | upper }}",
        "{{ unsubscribe_url }}",
        "{% if reader %}",
    ],
)
def test_anything_else_in_braces_stays_text(literal):
    assert Placeholders(PREFIX).fill(literal, Part.HTML) == literal
    assert sample(literal) == literal


@given(st.text())
def test_text_without_braces_is_never_touched(text):
    text = text.replace("{", "")
    assert Placeholders(PREFIX).fill(text, Part.HTML) == text


@given(st.lists(st.tuples(st.sampled_from(("a", "b", "c1")), st.sampled_from(Part), st.text())))
def test_no_placeholder_is_part_of_another(uses):
    placeholders = Placeholders(PREFIX)
    words = {use: placeholders.placeholder(*use) for use in uses}
    assert len(set(words.values())) == len(set(uses))
    assert all(re.fullmatch(r"x[a-z2-7]{16}[hts]\d{3}", word) for word in words.values())


def test_the_thousandth_token_is_refused():
    placeholders = Placeholders(PREFIX)
    for number in range(999):
        placeholders.placeholder("reader.name", Part.HTML, str(number))
    with pytest.raises(RenderError, match="999"):
        placeholders.placeholder("reader.name", Part.HTML, "one more")


def test_the_prefix_is_refused_in_any_case():
    with pytest.raises(RenderError):
        Placeholders(PREFIX).refuse_in(["fine", f"x{PREFIX.upper()}h001"])
