from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.item import ItemKind, Link
from newsletter.errors import GatherError
from newsletter.gather.note import LARGEST_NOTE, read_note


def test_each_heading_is_an_item_with_the_text_below_it():
    first, second = read_note(
        "# Notes\n\n## *One* & only\n\nA **bold** `claim`,\nwrapped.\n\n- a [link](https://e.example"
        ".com/x)\n- b\n\n### Deeper\n\n    code\n\n# Two\n\nText &amp; more.\n",
        source="Desk",
    )
    assert (first.kind, first.title) == (ItemKind.ARTICLE, "One & only")
    assert first.text == "A bold claim, wrapped.\n\na link\n\nb\n\nDeeper\n\ncode"
    assert first.links == (Link("link", "https://e.example.com/x"),)
    assert (second.title, second.text) == ("Two", "Text & more.")


def test_the_address_of_a_note_is_its_headings_link_or_a_link_by_itself():
    first, second, third = read_note(
        "## [A](https://e.example.com/a)\n\ntext\n\n## B\n\n<https://e.example.com/b>\n\ntext\n\n"
        "## C\n\nsee <https://e.example.com/c>\n",
        source="Desk",
    )
    assert (first.title, first.url) == ("A", "https://e.example.com/a")
    assert (second.text, second.url) == ("text", "https://e.example.com/b")
    assert (third.text, third.url) == ("see https://e.example.com/c", None)


def test_a_note_without_headings_is_titled_by_its_first_sentence():
    (item,) = read_note("Gold is up. Silver is not.\n\nMore.", source="Desk")
    assert item.title == "Gold is up. Silver is not."
    assert item.text == "Gold is up. Silver is not.\n\nMore."


def test_a_heading_alone_is_a_teaser():
    (item,) = read_note("## The fair moves to October", source="Desk")
    assert (item.kind, item.title, item.text) == (
        ItemKind.TEASER, "", "The fair moves to October",
    )  # fmt: skip


def test_markup_and_hostile_links_stay_words():
    (item,) = read_note("## A\n\n<b>x</b> [y](javascript:alert(1))", source="Desk")
    assert item.text == "<b>x</b> [y](javascript:alert(1))"
    assert item.links == ()


@pytest.mark.parametrize("text", ["", " \n\n", "\ufeff", "x" * (LARGEST_NOTE + 1)])
def test_an_empty_or_huge_note_is_an_error(text):
    with pytest.raises(GatherError, match="the note for Desk"):
        read_note(text, source="Desk")


@given(st.text(st.sampled_from("ab #*`[]()<>-1.\n\t&;!_\\"), max_size=80))
def test_any_text_may_be_a_note(text):
    try:
        items = read_note(text, source="Desk")
    except GatherError:
        return
    assert all(item.title or item.text for item in items)
