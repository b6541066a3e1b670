"""Joining: right on labelled weeks, the same in any order, and never against the desk's word."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.item import Item, ItemKind
from newsletter.domain.story import Decisions, Evidence
from newsletter.gather.bonds import bonds_between
from newsletter.gather.stories import stories_of
from newsletter.gather.traits import as_written, traits_of
from tests.evaluation import joins

DAY = datetime(2026, 11, 18, 9, tzinfo=UTC)
PROSE = (
    "Sable & Oak, the maker of wedding bands, will put a chip the size of a grain of sand into "
    "every ring it sells from spring. The chip holds the name of the goldsmith and the source of "
    "the gold, and can be read with any telephone. The company spent $3.4 million on it. Jewelers "
    "who carry the line get a reader for the counter, and rings sold before can be fitted with one."
)


def item(name, title="", text="", **parts):
    return Item(
        **{
            "id": name,
            "kind": ItemKind.ARTICLE,
            "source": f"Source {name}",
            "title": title,
            "text": text,
            "url": f"https://{name}.example.com/",
            "published": DAY,
        }
        | parts
    )


def groups(items, **options):
    return {frozenset(one.id for one in story.items) for story in stories_of(items, **options)}


def evidence(first, second):
    return [bond.evidence for bond in bonds_between(traits_of([first, second]))]


@pytest.mark.parametrize("figure", joins.measure(), ids=lambda figure: figure.name)
def test_a_labelled_week_is_joined_as_a_person_would(figure):
    assert figure.met, figure


def test_one_address_is_one_story_however_it_was_linked():
    first = item("a", "Gold rises", url="https://wire.example.com/gold?utm_source=x")
    second = item("b", "Something else altogether", url="https://WIRE.example.com/gold#top")
    assert evidence(first, second) == [Evidence.ADDRESS]


def test_a_copied_text_is_one_story_though_it_was_edited():
    first = item("a", "Chips for rings", PROSE)
    second = item("b", "A ring that remembers", PROSE.replace("telephone", "phone"))
    assert evidence(first, second) == [Evidence.TEXT]
    assert evidence(first, replace(second, published=DAY + timedelta(days=30))) == []


def test_the_same_headline_is_one_story_but_not_where_it_names_another_month():
    first = item("a", "Swiss watch exports fall as American buyers wait")
    second = item("b", "Swiss watch exports fall as American buyers wait again")
    assert evidence(first, second) == [Evidence.HEADLINE]
    october = replace(first, title=f"{first.title} in October")
    september = replace(second, title=f"{second.title} in September")
    assert evidence(october, september) == []


def test_a_series_with_other_figures_is_not_one_story():
    text = "Gold ended the day at ${} an ounce, silver at ${}, platinum at ${}."
    monday = item("a", "Metals at the close of the day", text.format("4,097", "50.85", "1,588"))
    friday = item("b", "Metals at the close of the day", text.format("4,118", "51.20", "1,604"))
    assert evidence(monday, friday) == []


def test_headlines_that_differ_in_a_name_alone_are_two_events():
    first = item("a", "Geneva counts its stones", "The workshop in Geneva found every one.")
    second = item("b", "Lyon counts its stones", "The workshop in Lyon found every one.")
    assert evidence(first, second) == []


def test_a_round_up_joins_nothing_by_its_facts():
    text = "The Motlatse mine in Botswana gave Lucan Resources a stone of 1,094 carats."
    found = item("a", "Lucan Resources lifts a giant at Motlatse", text)
    other = item("b", "A giant stone from Motlatse in Botswana", text[:60] + " of 1,094 carats.")
    assert evidence(found, other) != []
    assert evidence(found, replace(other, title="The week in brief: a giant from Motlatse")) == []


def test_a_bridge_between_two_events_does_not_make_them_one():
    scrap, pearls = "Castellan: 18 percent less, 850 tonnes", "Gambier: 33 percent, 1,400 farms"
    left = [item(f"a{n}", f"Castellan scrap gold {n}", scrap) for n in ("x", "y")]
    right = [item(f"b{n}", f"Gambier pearl harvest {n}", pearls) for n in ("x", "y")]
    bridge = item("c", "Castellan and Gambier", f"{scrap}. {pearls}.")
    found = groups([*left, *right, bridge])
    assert not any({"ax", "bx"} <= group for group in found)
    assert any({"ax", "ay"} <= group for group in found)


def test_the_heaviest_source_leads_then_the_first_then_the_fullest():
    early = item("a", "Gold", "Short.", url="https://x.example.com/", published=DAY)
    late = replace(early, id="b", published=DAY + timedelta(hours=1))
    full = replace(early, id="c", text="A longer text.")
    assert stories_of([late, early, full])[0].lead.id == "c"
    assert stories_of([late, early])[0].lead.id == "a"
    assert stories_of([late, early, full], weights={"b": 2.0})[0].lead.id == "b"
    undated = replace(early, id="d", published=None)
    assert stories_of([undated, late])[0].lead.id == "b"


def test_a_story_tells_its_outlets_and_its_bonds():
    items, truth = joins.labelled("tuned")
    story = next(one for one in stories_of(items) if truth[one.lead.id] == "clasp-recall")
    assert story.outlets == 3
    assert {bond.evidence for bond in story.bonds} == {Evidence.FACTS}
    shared = {word for bond in story.bonds for word in bond.shared}
    assert {as_written(word, story.lead) for word in shared} >= {"3,400", "Bracelets", "Clasps"}


def test_what_the_desk_decides_wins_over_the_evidence():
    one, same = (
        item("a", "Gold", url="https://x.example.com/"),
        item("b", "Gold", url="https://x.example.com/"),
    )
    other = item("c", "Pearls")
    pair, alien = frozenset("ab"), frozenset("ac")
    assert groups([one, same, other]) == {pair, frozenset("c")}
    apart = Decisions(apart=frozenset([pair]))
    assert groups([one, same, other], decisions=apart) == {frozenset(x) for x in "abc"}
    both = Decisions(together=frozenset([alien]), apart=frozenset([pair]))
    assert groups([one, same, other], decisions=both) == {alien, frozenset("b")}
    gone = Decisions(together=frozenset([frozenset(["a", "zz"])]))
    assert groups([one], decisions=gone) == {frozenset("a")}


WEEK = joins.labelled("tuned")[0]
SOME = st.lists(st.sampled_from(WEEK), max_size=14, unique_by=lambda one: one.id)


@given(SOME, st.data())
def test_every_item_is_in_one_story_whatever_the_order(items, data):
    stories = groups(items)
    assert sorted(name for group in stories for name in group) == sorted(i.id for i in items)
    assert groups(data.draw(st.permutations(items))) == stories


@given(SOME.filter(lambda items: len(items) > 1), st.data())
def test_decisions_are_always_obeyed(items, data):
    names = st.sampled_from([one.id for one in items])
    pairs = st.frozensets(st.sets(names, min_size=2, max_size=2).map(frozenset), max_size=3)
    apart = data.draw(pairs)
    together = data.draw(pairs) - apart
    found = groups(items, decisions=Decisions(together, apart))
    assert not any(pair <= group for pair in apart for group in found)
    if not apart:
        assert all(any(pair <= group for group in found) for pair in together)


def test_ten_thousand_of_one_kind_are_no_trap():
    flood = [item(f"{n:05}", "Gold", PROSE, url="https://x.example.com/") for n in range(2_000)]
    flood += [item(f"t{n:05}", "Gold again", PROSE) for n in range(2_000)]
    random.Random(1).shuffle(flood)
    assert len(groups(flood)) == 1
