"""theme.yaml and a publication's own `design:` are one set of names, checked the same way."""

from __future__ import annotations

import shutil

import pytest

from newsletter import config
from newsletter.config import Design
from newsletter.errors import ConfigError, RenderError
from newsletter.render.theme import load

PAIRS = [
    ("text", "card"),
    ("text", "tint"),
    ("muted", "card"),
    ("muted", "page"),
    ("muted", "tint"),
    ("accent", "card"),
    ("accent", "tint"),
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
@pytest.mark.parametrize("pair", PAIRS, ids=" on ".join)
def test_text_stands_out_from_its_ground(each_theme, scheme, pair):
    light, dark = sorted(_luminance(load(each_theme).design[scheme][name]) for name in pair)[::-1]
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.fixture
def theme_yaml(theme, tmp_path):
    """A copy of a theme's values with one text exchanged; returns its folder."""

    def change(right, wrong):
        path = tmp_path / "own" / "theme.yaml"
        path.parent.mkdir()
        shutil.copy(theme / "theme.yaml", path)
        text = path.read_text(encoding="utf-8")
        assert right in text
        path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        return path.parent

    return change


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('accent: "#7b1e3c"', 'accent: "#7b1"', "“colours.accent” should be a colour"),
        ('accent: "#7b1e3c"', 'acent: "#7b1e3c"', "did you mean “accent”"),
        ('  accent: "#7b1e3c"\n', "", "“colours.accent” is missing; add it"),
        ("gutter: 36", "gutter: wide", "“space.gutter” Input should be a valid integer"),
        ("text: 15", "text: 4", "“size.text”"),
        ("Georgia, Times, serif", "'Georgia; } body { x: y'", "names of fonts"),
        ("No. {number}", "No.", "should hold {number} once"),
        ("Unsubscribe\n", "'{unsubscribe}'\n", "should hold no braces"),
        ('light: ""', "light: http://e.com/a.png", "its https address"),
        ('light: ""', "light: https://e.com/a.svg", "its https address"),
        ("  en:\n", "  it:\n", "“words.en” is missing"),
        ("    read: Read the story\n", "", "“words.en.read” is missing"),
        ("colours:\n", "colours: [\n", "broken YAML"),
    ],
)
def test_a_mistake_in_theme_yaml_names_the_line_and_the_remedy(theme_yaml, right, wrong, says):
    folder = theme_yaml(right, wrong)
    with pytest.raises(RenderError) as caught:
        load(folder)
    assert says in caught.value.message
    assert caught.value.file == "own/theme.yaml"
    assert caught.value.line


def test_the_line_is_that_of_the_value(theme_yaml):
    folder = theme_yaml('accent: "#7b1e3c"', 'accent: "red"')
    lines = (folder / "theme.yaml").read_text(encoding="utf-8").splitlines()
    with pytest.raises(RenderError) as caught:
        load(folder)
    assert lines[caught.value.line - 1] == '  accent: "red"'


def test_a_list_is_no_theme(tmp_path):
    (tmp_path / "theme.yaml").write_text("- a list", encoding="utf-8")
    with pytest.raises(RenderError, match="should hold settings such as `colours:`"):
        load(tmp_path)


def test_a_missing_theme_is_named(tmp_path):
    with pytest.raises(RenderError, match="there is no theme “glossy”"):
        load(tmp_path / "glossy")


def test_a_changed_file_is_read_anew(theme_yaml):
    folder = theme_yaml('accent: "#7b1e3c"', 'accent: "#7b1e3d"')
    assert load(folder).design["colours"]["accent"] == "#7b1e3d"
    path = folder / "theme.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("#7b1e3d", "#7b1e3e"), "utf-8")
    assert load(folder).design["colours"]["accent"] == "#7b1e3e"


def test_a_publication_s_own_values_win_and_leave_the_others(each_theme):
    own = Design.model_validate({"colours": {"accent": "#004488"}, "size": {"lead": 36}})
    plain, changed = load(each_theme).design, load(each_theme, own).design
    assert changed["colours"] == plain["colours"] | {"accent": "#004488"}
    assert changed["size"] == plain["size"] | {"lead": 36}
    assert changed["dark"] == plain["dark"]


def test_they_reach_the_mail(one_brief, each_theme, rendered):
    own = Design.model_validate({"colours": {"accent": "#004488"}})
    assert "#004488" in rendered(one_brief(), design=own).html
    assert "#004488" not in rendered(one_brief()).html


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("design: {colours: {acent: '#004488'}}", "did you mean “accent”?"),
        ("design: {colors: {accent: '#004488'}}", "did you mean “colours”?"),
        ("design: {colours: {accent: blue}}", "should be a colour such as #1a2b3c"),
        ("design: {words: {en: {unsubscrib: x}}}", "did you mean “unsubscribe”?"),
        ("design: {words: {English: {read: x}}}", "design.words.English"),
    ],
)
def test_a_mistake_in_config_yaml_names_its_line(tmp_path, repository_config, wrong, says):
    text = f"{repository_config}\n{wrong}\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path)
    assert says in caught.value.message
    assert text.splitlines()[caught.value.line - 1] == wrong


@pytest.fixture
def repository_config(theme):
    return (theme.parents[1] / "config.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_a_theme_speaks_four_languages_wholly(each_theme, language):
    words = load(each_theme).words(language)
    english = load(each_theme).words("en")
    assert set(words) == set(english)
    assert language == "en" or all(
        words[name] != english[name] for name in words if name != "visit"
    )


def test_another_language_speaks_english_until_it_has_words_of_its_own(each_theme):
    own = Design.model_validate({"words": {"nl": {"unsubscribe": "Afmelden"}}})
    assert load(each_theme, own).words("nl")["unsubscribe"] == "Afmelden"
    assert load(each_theme, own).words("nl")["read"] == load(each_theme).words("en")["read"]
