from __future__ import annotations

import re

import pytest

from newsletter.errors import RenderError
from newsletter.render.theme import load

PAIRS = [
    ("text", "card"),
    ("muted", "card"),
    ("muted", "page"),
    ("accent", "card"),
    ("on_accent", "accent"),
]


def _luminance(colour):
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["colours", "dark"])
@pytest.mark.parametrize("pair", PAIRS)
def test_text_stands_out_from_its_background(theme, scheme, pair):
    light, dark = sorted(_luminance(load(theme).design[scheme][name]) for name in pair)[::-1]
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_nothing_is_fetched_but_the_issue_s_own_pictures(sample_issue, rendered):
    html = rendered(sample_issue).html
    assert "<link" not in html
    assert "@import" not in html
    assert re.findall(r'src="([^"]*)"', html) == ["https://img.example.com/tray.jpg"]


def test_headings_are_real_and_in_order(sample_issue, rendered):
    levels = [int(level) for level in re.findall(r"<h([1-6])", rendered(sample_issue).html)]
    assert levels == [1, 2, 3, 2, 3, 3]


def test_the_page_speaks_to_screen_readers(sample_issue, rendered):
    html = rendered(sample_issue).html
    assert '<html lang="en" dir="ltr"' in html
    assert 'role="article"' in html
    assert re.findall(r'<table\b(?![^>]*role="presentation")', html) == []


def test_dark_rules_stand_in_style_elements_of_their_own(sample_issue, rendered):
    styles = re.findall(r"<style[^>]*>(.*?)</style>", rendered(sample_issue).html, re.DOTALL)
    dark = [style for style in styles if "prefers-color-scheme" in style]
    outlook = [style for style in styles if "[data-ogsc]" in style]
    assert (len(dark), len(outlook)) == (1, 1)
    assert dark != outlook


def test_briefs_without_text_become_one_list(sample_issue, rendered):
    html = rendered(sample_issue).html
    assert html.count('class="lines"') == 1
    assert html.count('<li class="line"') == 2
    assert "<h3>The trunk show" not in html


@pytest.mark.parametrize("text", ["", "Some words."])
def test_a_link_without_host_is_worded_without_source(one_brief, rendered, text):
    rendition = rendered(one_brief(link="mailto:desk@example.com", text=text))
    assert "None" not in rendition.html + rendition.text
    assert "Read the story" in rendition.html
    assert "Read the story: mailto:desk@example.com" in rendition.text


def test_a_brief_without_link_names_its_source(sample_issue, rendered):
    html = rendered(sample_issue).html
    assert re.search(r'<p class="source"[^>]*>Desk</p>', html)


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("colours: {text: '#222'}\nlayout: {picture: 1}", "colours.text"),
        ("colours: {text: '#222222'}", "layout.picture"),
        ("colours: {text: '#222222'}\nlayout: {picture: wide}", "number of pixels"),
        ("colours: {text: '#222222'}\nlayout: {picture: 1}\nwords: {a: '</style><script>'}",
         "plain words"),
        ("- a list", "groups of values"),
        ("a: [", "not readable YAML"),
    ],
)  # fmt: skip
def test_a_mistake_in_theme_yaml_is_named(tmp_path, yaml, words):
    (tmp_path / "theme.yaml").write_text(yaml, encoding="utf-8")
    with pytest.raises(RenderError, match=words) as caught:
        load(tmp_path)
    assert caught.value.file == f"{tmp_path.name}/theme.yaml"


def test_a_missing_theme_is_named(tmp_path):
    with pytest.raises(RenderError, match="there is no theme “glossy”"):
        load(tmp_path / "glossy")
