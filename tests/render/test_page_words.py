"""The words of the pages: whole in every shipped language, a workspace's own before them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.errors import RenderError
from newsletter.render.pages.words import load

SHIPPED = Path(__file__).parents[2] / "templates" / "pages"
LANGUAGES = ("en", "de", "fr", "es")
SAID = re.compile(r"say\(['\"](\w+)['\"]( ~)?")


@pytest.fixture
def own(tmp_path):
    """Write a file of words of a workspace's own, and give all words then."""

    def write(text, name="de.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return load([tmp_path, SHIPPED / "words"])

    return write


def lines(language):
    text = (SHIPPED / "words" / f"{language}.yaml").read_text(encoding="utf-8")
    return dict(
        line.split(": ", 1) for line in text.splitlines() if line and not line.startswith("#")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_and_hole(language):
    english, other = lines("en"), lines(language)
    assert list(other) == list(english)
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", other[key])) == sorted(re.findall(r"\{\w+\}", text))


def test_no_text_was_left_in_english():
    english = lines("en")
    for language in LANGUAGES[1:]:
        assert not [key for key, text in lines(language).items() if text == english[key]]


def test_every_text_is_said_somewhere_and_everything_said_is_there():
    known = set(lines("en"))
    said, families = set(), set()
    package = SHIPPED.parents[1] / "newsletter"
    sources = [*SHIPPED.glob("*.j2"), *(package / "web").glob("*.py")]
    sources += [package / "render" / "pages" / "notes.py", package / "usecases" / "corrections.py"]
    for path in sources:
        for key, joined in SAID.findall(path.read_text(encoding="utf-8")):
            (families if joined else said).add(key)
    told = {"incomplete", "missing", "undone", "undo_late", "joined", "confirmed", "declined"}
    told |= {"confirm_old", "subscribe_full", "later"}
    said |= {f"{key}_{part}" for key in told for part in ("title", "text")}
    said |= {"mail_subject", "subscribe_consent", "archive_none", "archive_empty"}
    spare = {key for key in known - said if not key.startswith(tuple(families))}
    assert said <= known
    assert spare == set()


def test_the_best_language_is_the_first_there_is():
    words = load([SHIPPED / "words"])
    assert words.best(["nl", "de-AT", "fr"]).language == "de"
    assert words.best(["nl"]).language == "en"
    assert words.best([]).language == "en"


def test_a_workspaces_own_words_come_first_and_leave_the_others(own):
    words = own("undo_button: Zurück\n").best(["de"])
    assert words.say("undo_button") == "Zurück"
    assert words.say("unsubscribe_button") == "Abmelden"


def test_a_language_of_ones_own_lacks_nothing(own):
    hebrew = own("unsubscribe_button: הסרה\n", "he.yaml").best(["he-IL"])
    assert (hebrew.direction, hebrew.say("unsubscribe_button")) == ("rtl", "הסרה")
    assert hebrew.say("undo_button") == "I did not mean to"


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("undo_buton: x\n", "de.yaml", r"/de.yaml:1: the pages have no text “undo_buton”"),
        ("\nundo_button: '{x}'\n", "de.yaml", r"de.yaml:2: “undo_button” should hold no braces"),
        ("unsubscribe_title: Leave?\n", "en.yaml", r"en.yaml:1: .* should hold \{publication\}"),
        ("unsubscribe_title: '{publication.__class__}'\n", "de.yaml", "should hold"),
        ("a: [\n", "de.yaml", "broken YAML"),
        ("- a\n", "de.yaml", "should hold texts by name"),
        ("undo_button: [a]\n", "de.yaml", "should be a name and a text"),
        ("a: b\n", "German.yaml", "should be called as its language is"),
    ],
)
def test_mistakes_are_told_with_their_place(own, tmp_path, text, name, says):
    with pytest.raises(RenderError, match=says):
        own(text, name)
