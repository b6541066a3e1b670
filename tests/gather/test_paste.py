"""Pasted pages: whole ones with what a person says they hold, and rules that hold for any text."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.domain.item import ItemKind, Link
from newsletter.errors import GatherError
from newsletter.gather.paste import LARGEST_PASTE, read_paste
from newsletter.gather.text import lines_of

SEED = Path(__file__).parents[3] / "shared" / "seed"


def read(*lines):
    return read_paste("\n".join(lines), source="Desk")


def titles_and_texts(paste):
    return [(item.title, item.dek, item.text) for item in paste.items]


@pytest.mark.parametrize("name", ["bench-talk", "headlines", "pforzheim", "shop-floor", "vendome"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_page_holds_what_a_person_says_it_holds(data, name, end):
    page = (data / f"{name}.txt").read_text(encoding="utf-8")
    expected = json.loads((data / f"{name}.json").read_text(encoding="utf-8"))
    lines = ["", *page.split("\n")]

    def words(places):
        return "\n\n".join(lines[place] if isinstance(place, int) else place for place in places)

    paste = read_paste(page.replace("\n", end), source="Desk")
    assert [line.line for line in paste.furniture] == expected["furniture"]
    assert [line.text for line in paste.furniture] == [lines[at] for at in expected["furniture"]]
    found = [
        {
            "kind": item.kind,
            "title": item.title,
            "dek": item.dek,
            "text": item.text,
            "dateline": item.dateline,
            "author": item.author,
            "published": item.published and item.published.date().isoformat(),
            "links": item.links,
        }
        for item in paste.items
    ]
    assert found == [
        {
            "kind": item["kind"],
            "title": words([item["title"]]) if "title" in item else "",
            "dek": words(item.get("dek", [])),
            "text": words(item.get("text", [])),
            "dateline": item.get("dateline", ""),
            "author": item.get("author"),
            "published": item.get("published"),
            "links": tuple(Link(text) for text in item.get("links", [])),
        }
        for item in expected["items"]
    ]


@pytest.mark.skipif(not SEED.is_dir(), reason="the seed folder is not beside this repository")
def test_the_seed_is_one_article_and_every_teaser_of_its_list():
    page = next(SEED.glob("*.txt")).read_text(encoding="utf-8")
    lines = [line.strip() for line in page.splitlines()]
    heading = lines.index("The Latest")
    related = next(line for line in lines if line.startswith("RELATED CONTENT: "))
    stray, headline, dek, *body = [line for line in lines[:heading] if line and line != related]
    paste = read_paste(page, source="Desk")
    article, *teasers = paste.items

    assert article.kind is ItemKind.ARTICLE
    assert (article.title, article.dek) == (headline, dek)
    assert article.text.split("\n\n") == body
    assert article.dateline == body[0].partition("—")[0] == "Paris"
    assert article.links == (Link(related.partition(": ")[2], None),)
    assert [teaser.text for teaser in teasers] == [line for line in lines[heading + 1 :] if line]
    assert len(teasers) == 26
    assert {(teaser.kind, teaser.title, teaser.dek) for teaser in teasers} == {
        (ItemKind.TEASER, "", "")
    }
    assert [(line.text, line.line) for line in paste.furniture] == [
        (stray, 1),
        ("The Latest", heading + 1),
    ]


def test_an_article_without_any_list_is_one_item():
    paste = read(
        "Ring Sizes Are Growing, a Maker Finds",
        "",
        "The average size sold rose by a quarter in ten years.",
        "",
        "The maker measured 40,000 orders.",
        "",
        "Stores should stock accordingly, it said.",
    )
    (item,) = paste.items
    assert item.title == "Ring Sizes Are Growing, a Maker Finds"
    assert item.text.count("\n\n") == 2
    assert paste.furniture == ()


def test_a_dek_above_a_dense_body_is_told_by_the_blank_line_between():
    paste = read("A Short Headline Here", "Its dek.", "", "One.", "Two.", "Three.")
    assert titles_and_texts(paste) == [
        ("A Short Headline Here", "Its dek.", "One.\n\nTwo.\n\nThree.")
    ]


def test_a_longer_line_without_a_full_stop_below_the_headline_is_its_dek():
    paste = read(
        "Gold Soars to Record",
        "Buyers in three countries are waiting for a pause that does not come",
        "By Ann Lee",
        "It rose again.",
        "Nobody knows why.",
    )
    (item,) = paste.items
    assert item.title == "Gold Soars to Record"
    assert item.dek == "Buyers in three countries are waiting for a pause that does not come"


def test_an_article_pasted_from_its_dateline_on_is_titled_by_its_first_sentence():
    paste = read("Paris—A house moved. It is large.", "It moved in May.", "Nobody minded.")
    (item,) = paste.items
    assert (item.kind, item.title) == (ItemKind.ARTICLE, "Paris—A house moved.")
    assert item.text.startswith("Paris—A house moved. It is large.\n\nIt moved in May.")


def test_a_headline_may_be_a_question_above_a_byline():
    paste = read("Is Platinum Coming Back?", "By Ann Lee", "It may be.", "Some say so.")
    assert titles_and_texts(paste) == [
        ("Is Platinum Coming Back?", "", "It may be.\n\nSome say so.")
    ]


def test_a_list_above_the_article_keeps_its_entries():
    paste = read(
        "Trending",
        "Rings Are Out This Winter",
        "Pearls Are In Again",
        "",
        "The Return of the Brooch",
        "By Ann Lee",
        "November 18, 2026",
        "Brooches sold well.",
        "They will again.",
    )
    article, *teasers = paste.items
    assert article.title == "The Return of the Brooch"
    assert [teaser.text for teaser in teasers] == [
        "Rings Are Out This Winter",
        "Pearls Are In Again",
    ]


def test_a_box_of_related_headlines_inside_an_article_does_not_end_it():
    paste = read(
        "A Headline of Some Words",
        "By Ann Lee",
        "First paragraph.",
        "Second paragraph.",
        "Related Stories",
        "Another Headline to Follow",
        "One More Headline to Follow",
        "Third paragraph.",
        "Fourth paragraph.",
    )
    (item,) = paste.items
    assert item.text.endswith("Second paragraph.\n\nThird paragraph.\n\nFourth paragraph.")
    assert item.links == (
        Link("Another Headline to Follow"),
        Link("One More Headline to Follow"),
    )


def test_a_list_under_a_heading_nobody_knows_is_told_by_its_spacing():
    article = ["A Headline of Some Words", "By Ann Lee", "One.", "Two.", "Three.", "Four."]
    teasers = ["A first teaser.", "A second teaser.", "A third teaser, longer."]
    page = [*article, "Out and About", "", *"\n\n".join(teasers).split("\n")]
    paste = read(*page)
    assert [item.text for item in paste.items] == ["One.\n\nTwo.\n\nThree.\n\nFour.", *teasers]
    assert [line.text for line in paste.furniture] == ["By Ann Lee", "Out and About"]


def test_headlines_below_the_share_buttons_are_no_part_of_the_article():
    paste = read(
        "A Headline of Some Words", "By Ann Lee", "One.", "Two.", "Share", "Next Story of Today",
        "Next Story of Tomorrow",
    )  # fmt: skip
    assert [item.text for item in paste.items] == [
        "One.\n\nTwo.", "Next Story of Today", "Next Story of Tomorrow",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "heading",
    ["The Latest", "More News", "Latest Stories", "Also in Diamonds", "Trending Now", "Most Read",
     "Read Next", "You May Also Like", "Headlines", "MORE FROM THE SHOP FLOOR:", "Don’t Miss",
     "Recommended for You", "Weitere Meldungen", "Meistgelesen", "À lire aussi", "Ultime notizie"],
)  # fmt: skip
def test_lists_are_cut_off_at_their_heading(heading):
    paste = read(
        "A Headline of Words", "By Ann Lee", "One.", "Two.", heading, "A teaser.", "Silver fell."
    )
    assert [item.text for item in paste.items] == ["One.\n\nTwo.", "A teaser.", "Silver fell."]
    assert heading in [line.text for line in paste.furniture]


@pytest.mark.parametrize("at", range(5))
def test_teasers_without_blank_lines_are_not_merged_even_where_one_lost_its_full_stop(at):
    teasers = ["The first one.", "The second. It has two sentences.", "The third.", "The end."]
    teasers.insert(at, "One more that was cut")
    paste = read("The Latest", *teasers)
    assert [item.text for item in paste.items] == teasers


def test_headlines_and_deks_each_by_themselves_are_pairs_when_they_alternate():
    paste = read(
        "Headlines", "", "Gold Is Up Again", "", "Very much so.", "", "Silver Is Down", "", "A bit."
    )
    assert titles_and_texts(paste) == [
        ("Gold Is Up Again", "Very much so.", ""),
        ("Silver Is Down", "A bit.", ""),
    ]


def test_an_address_below_a_teaser_is_its_link():
    paste = read(
        "The Latest", "", "Gold is up.", "https://trade.example.com/gold", "", "So is silver."
    )
    assert [(item.text, item.url) for item in paste.items] == [
        ("Gold is up.", "https://trade.example.com/gold"),
        ("So is silver.", None),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Share this article", "Facebook Twitter LinkedIn", "Subscribe", "Accept all",
        "Sign up for our newsletter!", "We use cookies to improve your visit.", "ADVERTISEMENT",
        "Sponsored by Kestrel",
        "12 Comments", "Leave a comment", "Read more »", "5 min read", "Lesedauer: 3 Minuten",
        "2 hours ago", "© 2026 The Shop Floor", "All rights reserved.", "Photo: Ann Lee",
        "Image courtesy of Harrow & Vale.", "Courtesy of the designer", "Tags: gold, rings",
        "Home > News > Watches", "Privacy Policy", "* * *", "3.", "Weiterlesen", "Lire la suite",
    ],
)  # fmt: skip
def test_furniture_is_told_from_news(line):
    paste = read("The Latest", "A teaser.", line, "Another one.")
    assert [item.text for item in paste.items] == ["A teaser.", "Another one."]
    assert line in [found.text for found in paste.furniture]
    assert all(found.reason for found in paste.furniture)


@pytest.mark.parametrize(
    "line",
    [
        "Share prices of luxury groups fell on Monday.", "The photo: a ring, a hand, a promise.",
        "See More Color in Engagement Rings Next Year", "Subscribers to the club pay less.",
        "Advertising spend by jewelers rose 4 percent.",
        "It is time to read more about opals, she says.",
        "Gold / silver ratio widens to 84.", "Le joaillier « historique » rouvre ses portes.",
        "Follow the gold: how scrap travels.", "Next year’s fair will be shorter.",
        "By the numbers, it was a good year.", "Copy of a crown jewel sells for $4 million.",
        "The second fair opens Feb. 11-14, 2027.", "More than 40 styles are new.",
    ],
)  # fmt: skip
def test_news_that_resembles_furniture_stays_news(line):
    paste = read("The Latest", "A teaser.", line, "Another one.")
    assert [item.text for item in paste.items] == ["A teaser.", line, "Another one."]


def test_texts_keep_every_character_but_white_space_around_lines():
    kept = "“Grosse\u00a0Pièce”\u200a– 4\u202f100 €, ﬁne\u200bst, e\u0301, \u200fשלום\u200f, 💍."
    paste = read_paste(
        f"\ufeffThe Latest\r\n\r\n\u00a0\t{kept}\u00a0 \r\n\u200b\r\nThe end.", source="D"
    )
    assert [item.text for item in paste.items] == [kept, "The end."]


def test_hidden_reversals_are_taken_out():
    (item,) = read("The Latest", "Price: \u202e001$\u202c a carat.").items
    assert item.text == "Price: 001$ a carat."


def test_an_empty_paste_holds_nothing():
    assert read_paste("\ufeff \r\n\t", source="Desk").items == ()


def test_a_paste_over_the_cap_is_refused():
    with pytest.raises(GatherError, match="256 kB"):
        read_paste("é" * (LARGEST_PASTE // 2 + 1), source="Desk")


@pytest.mark.parametrize("line", ["a", "Gold is up.", "The Latest"])
def test_a_paste_of_very_many_lines_takes_no_more_than_its_share(line):
    page = "A Headline of Words\nBy Ann Lee\n" + f"{line}\nGold\n" * 10_000
    paste = read_paste(page, source="Desk")
    assert len(paste.items) + len(paste.furniture) > 0


def test_a_dash_in_a_later_paragraph_makes_no_dek_of_those_above():
    paste = read("A Headline of Words", "One.", "Two.", "Sauvel—Paris knows it—moved.", "Three.")
    assert paste.items[0].dek == ""


def test_a_repeated_paste_gives_the_same_ids_and_no_two_texts_share_one():
    first = read("The Latest", "One thing.", "Another thing.")
    again = read("The Latest", "", "One thing.", "", "Another thing.")
    assert [item.id for item in first.items] == [item.id for item in again.items]
    assert len({item.id for item in first.items}) == 2


LINES = st.one_of(
    st.sampled_from(
        [
            "", "", "", "The Latest", "Read Next", "Related Articles", "RELATED: A Ring of Its Own",
            "By Ann Lee", "November 18, 2026", "By Ann Lee | November 18, 2026 | 4 min read",
            "https://trade.example.com/a", "Share", "Watches", "1. First of All Headlines",
            "2. Second of All Headlines", "• A point.", "• Another point", "Gold Is Up for a Week",
            "Silver Follows Gold Down the Hill", "Is It Over?", "It is not. It never was.",
            "Paris—Nobody knows.", "A sentence.", "Another sentence, longer than the first one.",
        ]
    ),
    st.text(max_size=40),
)  # fmt: skip


@given(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\r", "\u2028"]))
@example(["A", "1. First of All Headlines", "1. First of All Headlines"], "\n")
@example(["The Latest", "Read Next", "Watches", "• A point.", "1. First of All Headlines"], "\n")
def test_every_line_ends_up_in_exactly_one_place(lines, end):
    page = end.join(lines)
    paste = read_paste(page, source="Desk")
    written = {number: line for number, line in enumerate(lines_of(page), start=1) if line}
    for line in paste.furniture:
        assert written.pop(line.line) == line.text
    kept = Counter()
    for item in paste.items:
        # An article pasted without its headline is titled by the sentence its text begins with.
        title = "" if item.dateline and item.text.startswith(item.title) else item.title
        parts = [title, *item.dek.split("\n\n"), *item.text.split("\n\n"), item.url or ""]
        kept.update(part for part in [*parts, *(link.text for link in item.links)] if part)
    assert kept.total() == len(written)
    for line in written.values():
        whole = next((part for part in (line, line.strip("<>")) if kept[part]), None)
        part = whole or next(part for part in kept if kept[part] and line.endswith(part))
        kept[part] -= 1
