"""A draft keeps to its sections' bounds, loses nothing, and cuts every word from its source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.config import SectionRule
from newsletter.domain.item import Item, ItemKind
from newsletter.domain.prose import sentences
from newsletter.domain.segment import Comparison
from newsletter.domain.story import Evidence, Ran, Story
from newsletter.gather.draft import Offer, brief_of, draft
from newsletter.gather.excerpt import LONGEST, excerpt
from newsletter.gather.literal import literal
from newsletter.gather.rank import Ranking, Taste
from newsletter.gather.sections import Place

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEFORE = Ran("2026-11-13", NOW.date(), "Gold", Evidence.ADDRESS)


def article(name, *, age=1, title=None, text="One. Two.", source="Trade", **parts):
    return Item(
        id=name,
        kind=ItemKind.ARTICLE,
        source=source,
        title=f"Title {name}" if title is None else title,
        text=text,
        published=None if age is None else NOW - timedelta(days=age),
        **parts,
    )


def offer(name, *sections, ran=None, **parts):
    return Offer(Story(article(name, **parts)), ran, sections)


def place(key, least=0, most=None, **asks):
    return Place(SectionRule(key=key, title=key.title(), min=least, max=most, **asks))


def drafted(offers, places, filled=None, **options):
    made = draft(offers, places, filled=filled or {}, **options)
    placed = {key: "".join(one.id for one in found) for key, found in made.placed.items()}
    return placed, "".join(one.id for one in made.candidates)


LEAD, LATEST = place("lead", 0, 1), place("latest", 0, 2)
AUCTIONS = place("auctions", 0, 1, keywords=("auction",))


def test_the_best_fill_the_sections_in_order_and_the_rest_are_candidates():
    offers = [offer(name) for name in "abcd"]
    assert drafted(offers, [LEAD, LATEST]) == ({"lead": "a", "latest": "bc"}, "d")
    assert drafted(offers, [LEAD, LATEST], {"lead": 1, "latest": 1}) == (
        {"lead": "", "latest": "a"},
        "bcd",
    )
    assert drafted(offers, []) == ({}, "abcd")
    assert drafted(offers, [place("all")]) == ({"all": "abcd"}, "")


def test_a_story_goes_where_it_is_asked_for_and_nowhere_else():
    offers = [offer("a", "auctions"), offer("b", "auctions"), offer("c")]
    assert drafted(offers, [LEAD, AUCTIONS, LATEST]) == (
        {"lead": "c", "auctions": "a", "latest": ""},
        "b",
    )


def test_a_section_with_enough_gives_its_last_to_one_below_its_minimum():
    offers = [offer("a", "first", "second"), offer("b", "first", "second")]
    places = [
        place("top"),
        place("first", 1, 5, sources=("x",)),
        place("second", 1, 5, sources=("x",)),
    ]
    assert drafted(offers, places)[0] == {"top": "", "first": "a", "second": "b"}


def test_a_section_below_its_minimum_is_told_and_left_out_in_a_thin_week():
    places = [LEAD, place("latest", 3, 9)]
    made = draft([offer("a"), offer("b")], places, filled={"latest": 1})
    assert made.short == {"latest": 2}
    assert drafted([offer("a"), offer("b")], places, {"latest": 1}, shorten=True) == (
        {"lead": "a", "latest": ""},
        "b",
    )


def test_a_bare_line_opens_no_issue():
    bare = Offer(Story(article("a", title="", text="One line.")))
    assert drafted([bare], [LEAD, LATEST]) == ({"lead": "", "latest": "a"}, "")
    assert drafted([bare], [place("only")]) == ({"only": "a"}, "")


def test_what_ran_before_is_a_candidate_unless_there_is_more_to_tell():
    follows = Ran("2026-11-13", NOW.date(), "Gold", Evidence.FACTS, ("18%",))
    offers = [offer("a", ran=BEFORE), offer("b", ran=follows)]
    assert drafted(offers, [place("all")]) == ({"all": "b"}, "a")


PLACES = st.lists(
    st.tuples(st.integers(0, 3), st.none() | st.integers(1, 3), st.booleans()), max_size=4
).map(
    lambda rows: [
        place(f"s{n}", least, most, **({"keywords": ("x",)} if asks else {}))
        for n, (least, most, asks) in enumerate(rows)
    ]
)
OFFERS = st.lists(
    st.tuples(st.booleans(), st.sets(st.sampled_from(["s0", "s1", "s2", "s3"]), max_size=2)),
    max_size=12,
).map(
    lambda rows: [
        offer(f"{n:02}", *sorted(keys), ran=BEFORE if ran else None)
        for n, (ran, keys) in enumerate(rows)
    ]
)


@given(OFFERS, PLACES, st.integers(0, 4), st.booleans())
def test_nothing_is_lost_and_no_bound_is_broken(offers, places, before, shorten):
    filled = {"s0": before}
    made = draft(offers, places, filled=filled, shorten=shorten)
    everything = [*made.candidates, *(one for found in made.placed.values() for one in found)]
    assert sorted(one.id for one in everything) == sorted(one.id for one in offers)
    for rule in (one.rule for one in places):
        found = made.placed.get(rule.key, ())
        total = len(found) + filled.get(rule.key, 0)
        assert not found or rule.max is None or total <= max(rule.max, rule.min)
        assert not (shorten and found) or total >= rule.min
        assert all(one.placeable for one in found)


def belongs(item, **asks):
    return place("x", **asks).takes(Story(item), {item.id: "Desk"}, NOW)


@pytest.mark.parametrize(
    ("asks", "takes"),
    [
        ({"sources": ("Trade",)}, True),
        ({"sources": ("Desk",)}, True),
        ({"sources": ("Other",)}, False),
        ({"categories": ("Watches",)}, True),
        ({"categories": ("Watch",)}, False),
        ({"keywords": ("TITL",)}, True),
        ({"keywords": ("itle",)}, False),
        ({}, False),
    ],
)
def test_what_a_section_asks_for(asks, takes):
    assert belongs(article("a", categories=("watches",)), **asks) is takes


def test_a_section_may_ask_by_an_expression():
    rule = SectionRule(key="x", title="X", match="title like '%gold%'")
    asks = Place(rule, Comparison("title", "like", "%gold%"))
    assert asks.takes(Story(article("a", title="All gold")), {}, NOW)
    assert not asks.takes(Story(article("a", title="")), {}, NOW)


def test_the_ranking_is_by_age_weight_outlets_and_taste_and_the_undated_come_last():
    week = timedelta(days=7)
    alone, told = Story(article("a")), Story(article("b"), (article("c", source="Other"),))
    old, undated = Story(article("d", age=5)), Story(article("e", age=None))
    ranking = Ranking(NOW, week)
    assert sorted([undated, old, alone, told], key=ranking.key) == [told, alone, old, undated]
    heavy = Ranking(NOW, week, weights={"d": 4.0})
    assert sorted([alone, old], key=heavy.key) == [old, alone]
    liked = Story(article("f", age=2, source="Liked"))
    taste = Taste({"Liked": 20, "Trade": 20}, {"Liked": 20})
    assert sorted([alone, liked], key=Ranking(NOW, week, taste=taste).key) == [liked, alone]


def test_a_teasers_headline_is_its_text_to_the_character():
    teaser = Item(id="t", kind=ItemKind.TEASER, source="Trade", title="", text="Text *a*_b_.")
    assert (brief_of(teaser).headline, brief_of(teaser).text) == ("Text *a*_b_.", "")


def test_a_brief_is_the_dek_or_the_best_sentences():
    with_dek = brief_of(article("a", dek="The [dek].", url="https://e.example.com/a"))
    assert (with_dek.headline, with_dek.text) == ("Title a", "The \\[dek].")
    assert (with_dek.link, with_dek.source) == ("https://e.example.com/a", "Trade")
    assert brief_of(article("b", dek="The dek.", title="", text="")).text == "The dek."


def test_the_best_sentence_is_that_of_the_headline_and_its_paragraph_goes_on():
    item = article(
        "a",
        title="Castellan sees scrap gold deliveries fall",
        text="Good morning from the desk.\n\nScrap gold deliveries at Castellan fell 18 percent. "
        "They had risen in spring.\n\nOther refiners see scrap, too.",
    )
    assert excerpt(item) == (
        "Scrap gold deliveries at Castellan fell 18 percent. They had risen in spring."
    )


@pytest.mark.parametrize("dek", ["Gold rises", "Refiners report that scrap […]", "They say…"])
def test_a_dek_that_repeats_the_headline_or_breaks_off_gives_way(dek):
    item = article("a", title="Gold rises", dek=dek, text="Refiners report thin supply of gold.")
    assert excerpt(item) == "Refiners report thin supply of gold."


SENTENCE = st.lists(st.sampled_from(["gold", "rises", "he", "pearls", "18"]), min_size=1).map(
    lambda words: " ".join(words).capitalize() + "."
)


@given(st.lists(st.lists(SENTENCE, min_size=1).map(" ".join), min_size=1).map("\n\n".join))
def test_every_sentence_is_the_sources_own(text):
    cut = excerpt(article("a", title="Gold rises", text=text))
    assert cut
    assert cut in text
    assert len(cut) <= LONGEST or len(sentences(cut)) == 1


ALL = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
MARKS = st.text(st.sampled_from("ab1.)#*_`~[]()<>&;!|-+={}%\\\"' :/é—"), min_size=1)
ONE_LINE = MARKS.map(lambda text: " ".join(text.split())).filter(bool)


@given(st.lists(ONE_LINE, min_size=1, max_size=3))
@example(["1. a", "2) b", "# c", "> d", "+ e", "- f", "***", "==="])
@example(["&copy; &#38; <b>c</b>", "[a](b) ![c](d) `e` ~~f~~ _g_", "| a | b |"])
def test_literal_text_renders_as_itself(paragraphs):
    rendered = ALL.render(literal("\n\n".join(paragraphs)))
    shown = "".join(f"<p>{escape(text).replace('&#x27;', chr(39))}</p>\n" for text in paragraphs)
    assert rendered == shown


def test_literal_text_begins_no_merge_token():
    assert "{{" not in literal("{{ reader.name }} {{{{ {")


def test_plain_prose_stays_readable():
    prose = "AT&T paid $4,100 (up 3%) – a record; “why?” asked R&D. See item 4) or 5."
    assert literal(prose) == prose
