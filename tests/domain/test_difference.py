"""What became of an issue's texts and briefs, from one state to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.difference import Fate, difference
from newsletter.domain.issue import Brief, Issue, Section

GOLD = Brief("Gold holds", "Three refiners describe the same calm week.", item="a" * 12)
LYON = Brief("A bench reopens", "Eleven setters come back.", "https://maison.example.org/lyon")
PEARL = Brief("Pearls pay", "A farm in the north counts a first profitable year.")
QUEUE = Brief("Grading queues", "Weeks in a laboratory cost more than the grade.")


def issue(*, lead=(GOLD,), latest=(LYON, PEARL, QUEUE), **texts):
    sections = (Section("lead", "Top story", lead), Section("latest", "The Latest", latest))
    return replace(Issue("i", date(2026, 11, 27), "Gold", "Also", sections), **texts)


def fates(before, after):
    found = difference(before, after)
    return {one.headline: tuple(one.fates) for one in found.briefs}


def test_the_same_issue_does_not_differ():
    found = difference(issue(), issue())
    assert not found
    assert found.same == 4


def test_a_brief_comes_and_another_goes():
    after = issue(latest=(LYON, QUEUE, Brief("A watch returns", "From a drawer in Oslo.")))
    found = difference(issue(), after)
    assert [(one.headline, *one.fates, one.section) for one in found.briefs] == [
        ("A watch returns", Fate.ADDED, "The Latest"),
        ("Pearls pay", Fate.DROPPED, "The Latest"),
    ]
    assert found.same == 3


def test_a_word_changes_in_a_brief():
    after = issue(latest=(replace(LYON, text="Twelve setters come back."), PEARL, QUEUE))
    (brief,) = difference(issue(), after).briefs
    assert (brief.fates, [one.name for one in brief.passages]) == ((Fate.CHANGED,), ["text"])


def test_one_that_passes_the_others_is_the_one_that_moved():
    assert fates(issue(), issue(latest=(QUEUE, LYON, PEARL))) == {"Grading queues": (Fate.MOVED,)}


def test_a_brief_that_changes_its_section_has_moved_and_tells_from_where():
    after = issue(lead=(GOLD, QUEUE), latest=(LYON, PEARL))
    (brief,) = difference(issue(), after).briefs
    assert (brief.fates, brief.section, brief.was_in) == (
        (Fate.MOVED,),
        "Top story",
        "The Latest",
    )


def test_a_brief_of_the_same_item_is_the_same_however_it_was_rewritten():
    new = Brief("Other words", "Nothing alike.", item=GOLD.item)
    assert fates(issue(), issue(lead=(new,))) == {"Other words": (Fate.CHANGED,)}


def test_a_brief_with_the_same_link_is_the_same_and_moved():
    new = replace(LYON, headline="Setters return", text="All new.")
    after = issue(latest=(PEARL, QUEUE, new))
    assert fates(issue(), after) == {"Setters return": (Fate.MOVED, Fate.CHANGED)}


def test_a_brief_in_much_the_same_words_is_the_same():
    new = replace(PEARL, headline="Pearls pay off", text=PEARL.text.replace("north", "far north"))
    assert fates(issue(), issue(latest=(LYON, new, QUEUE))) == {"Pearls pay off": (Fate.CHANGED,)}


def test_the_issues_own_texts_are_told_by_name():
    after = issue(subject="Silver", preheader="Also this", intro="Good morning.", number="48")
    names = [one.name for one in difference(issue(), after).passages]
    assert names == ["subject", "preheader", "number", "introduction"]


def test_what_a_section_says_of_itself_counts():
    before, after = issue(), issue()
    lead, latest = after.sections
    changed = replace(lead, intro="One line.", component="cards", audience="trade")
    names = [
        one.name for one in difference(before, replace(after, sections=(changed, latest))).passages
    ]
    assert [name.partition(" of ")[0] for name in names] == [
        "introduction", "component", "audience",
    ]  # fmt: skip


ISSUES = st.permutations((GOLD, LYON, PEARL, QUEUE)).flatmap(
    lambda briefs: st.tuples(st.integers(0, 4), st.integers(0, 4)).map(
        lambda cuts: issue(
            lead=tuple(briefs[: min(cuts)]), latest=tuple(briefs[min(cuts) : max(cuts)])
        )
    )
)


@given(ISSUES, ISSUES)
def test_every_brief_of_either_is_told_of_once(before, after):
    found = difference(before, after)
    dropped = sum(Fate.DROPPED in one.fates for one in found.briefs)
    added = sum(Fate.ADDED in one.fates for one in found.briefs)
    met = found.same + len(found.briefs) - dropped - added
    assert met + dropped == len(before.briefs)
    assert met + added == len(after.briefs)


@given(ISSUES, ISSUES)
def test_the_way_back_has_as_much_to_tell(before, after):
    there, back = difference(before, after), difference(after, before)
    assert (there.same, bool(there)) == (back.same, bool(back))
