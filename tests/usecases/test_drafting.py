"""Filing: what came in is joined, placed, held and remembered, and no person's word is changed."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from newsletter.config import Gathering, SectionRule, Source, ThinWeek
from newsletter.domain.item import Item, ItemKind, SourceResult, item_id
from newsletter.errors import ConfigError, IssueError
from newsletter.issues import folder
from newsletter.issues.blocks import blocks, digest
from newsletter.usecases import stories
from newsletter.usecases.checking import check_issue
from newsletter.usecases.drafting import file_items
from newsletter.usecases.holding import hold

GOLDEN = Path(__file__).parents[1] / "golden" / "usecases" / "draft.md"
SLUG = "2026-11-27"
TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)
EVENTS = (
    ("Castellan sees scrap gold dry up", "Deliveries at Castellan Refining fell 18 percent."),
    ("Motlatse mine lifts a giant", "Lucan Resources recovered a rough of 1,094 carats."),
    ("Tahitian pearl harvest shrinks", "Farmers in the Gambier Islands count 33 percent fewer."),
    ("Vallorbe tiara doubles its estimate", "It brought CHF 1.9 million at Maison Perrault."),
)


def item(number, *, source="Wire", dek=None, published=TUESDAY, **parts):
    title, text = EVENTS[number]
    url = f"https://{source.lower()}.example.com/{number}"
    return Item(
        **{
            "id": item_id(source=source, url=url, title=title, text=text),
            "kind": ItemKind.ARTICLE,
            "source": source,
            "title": title,
            "text": text,
            "dek": dek or "",
            "url": url,
            "published": published,
        }
        | parts
    )


@pytest.fixture
def desk(workspace):
    """The sample with two sources, an issue of this week, and a way to file into it."""
    return Desk(
        replace(
            workspace,
            settings=workspace.settings.model_copy(
                update={
                    "sources": tuple(
                        Source(name=name, feed="https://e.example.com/")
                        for name in ("Wire", "Post")
                    ),
                    "sections": (
                        SectionRule(key="lead", title="Top story", max=1),
                        SectionRule(key="latest", title="The Latest", max=2),
                    ),
                }
            ),
        )
    ).new(SLUG)


class Desk:
    """A workspace and the issue worked on."""

    def __init__(self, workspace, slug=""):
        self.workspace, self.slug = workspace, slug

    def new(self, slug):
        rules = self.workspace.settings.sections
        folder.create(
            self.workspace.issues, slug, day=date.fromisoformat(slug[:10]), list_key="weekly",
            titles=[rule.title for rule in rules],
        )  # fmt: skip
        return Desk(self.workspace, slug)

    def but(self, **settings):
        changed = self.workspace.settings.model_copy(update=settings)
        return Desk(replace(self.workspace, settings=changed), self.slug)

    @property
    def here(self):
        return folder.find(self.workspace.issues, self.slug)

    @property
    def issue(self):
        return self.here.issue_file.read_text(encoding="utf-8")

    def gather(self, *items):
        names = dict.fromkeys(one.source for one in items)
        results = tuple(
            SourceResult(name, tuple(one for one in items if one.source == name)) for name in names
        )
        return file_items(self.workspace, self.here, results)

    def codes(self):
        rendered = check_issue(self.workspace, self.slug, offline=True)
        return {finding.code: finding.message for finding in rendered.findings}


def tally(report, source="Wire"):
    (found,) = [one for one in report.tallies if one.source == source]
    return found.fetched, found.new, found.known, found.joined, found.held, found.old


def test_a_week_becomes_a_draft(desk):
    post = item(0, source="Post", published=TUESDAY + timedelta(hours=2))
    report = desk.gather(*(item(number) for number in range(4)), post)
    assert report.placed == {"lead": 1, "latest": 2}
    assert report.candidates == 1
    assert (tally(report), tally(report, "Post")) == ((4, 4, 0, 0, 0, 0), (1, 0, 0, 1, 0, 0))
    made = f"{desk.issue}\n=== candidates.md\n{desk.here.candidates_text()}"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(made, encoding="utf-8")
    assert made == GOLDEN.read_text(encoding="utf-8")


def test_gathering_again_changes_nothing(desk, files):
    desk.gather(*(item(number) for number in range(4)))
    before = files(desk.here.path)
    report = desk.gather(*(item(number) for number in range(4)))
    assert files(desk.here.path) == before
    assert (tally(report), report.updated) == ((4, 0, 4, 0, 0, 0), 0)


def test_an_untouched_brief_follows_its_source_and_a_touched_one_does_not(desk):
    desk.gather(item(0, dek="The first words."), item(1, dek="The second words."))
    desk.here.write(desk.issue.replace("The second words.", "My second words."))
    report = desk.gather(item(0, dek="Better words."), item(1, dek="Better second words."))
    assert report.updated == 1
    assert "Better words." in desk.issue
    assert "My second words." in desk.issue
    assert "second words." in desk.here.kept(item(1).id).item.dek
    assert "Better" not in desk.here.kept(item(1).id).item.dek


def test_a_teaser_does_not_take_the_place_of_a_text(desk):
    desk.gather(item(0))
    report = desk.gather(item(0, kind=ItemKind.TEASER, text=""))
    assert report.updated == 0
    assert desk.here.kept(item(0).id).item == item(0)


def test_another_outlet_is_told_beneath_an_untouched_brief(desk):
    desk.gather(item(0))
    report = desk.gather(item(0, source="Post"), item(0))
    assert (report.updated, tally(report, "Post")) == (1, (1, 0, 0, 1, 0, 0))
    assert "<!-- also: Post, “Castellan sees scrap gold dry up”, https://post" in desk.issue
    assert desk.here.kept(item(0).id).also == (item(0, source="Post").id,)


def test_a_teaser_of_another_outlet_is_told_by_its_words(desk):
    teaser = item(0, source="Post", kind=ItemKind.TEASER, title="", url=None)
    desk.gather(item(0), teaser)
    stories.join(desk.workspace, SLUG, [item(0).id, teaser.id])
    desk.gather()
    assert "<!-- also: Post, “Deliveries at Castellan Refining fell 18 percent.” -->" in desk.issue


def test_a_story_whose_page_a_person_links_to_is_not_offered(desk):
    own = f"### Mine\n\nMy words.\n\n[Wire]({item(0).url}?utm_source=x)\n"
    desk.here.write(desk.issue.replace("## The Latest\n", f"## The Latest\n\n{own}"))
    report = desk.gather(item(0))
    assert (sum(report.placed.values()), report.candidates, report.known) == (0, 0, 1)
    desk.here.write(desk.issue.replace(own, ""))
    assert desk.gather(item(0)).known == 1


def test_what_was_thrown_out_is_not_offered_again(desk):
    desk.gather(item(0), item(1))
    block = next(one for one in blocks(desk.issue) if one.item == item(0).id)
    desk.here.write(desk.issue.replace(block.text, ""))
    assert tally(desk.gather(item(0), item(1))) == (2, 0, 2, 0, 0, 0)


def test_nothing_older_than_the_cut_off_is_drafted_and_the_undated_come_last(desk):
    old = item(0, published=TUESDAY - timedelta(days=9))
    report = desk.gather(old, item(1, published=None), item(2))
    assert tally(report) == (3, 2, 0, 0, 0, 1)
    assert [block.item for block in blocks(desk.issue)] == [item(2).id, item(1).id]
    assert desk.here.kept(old.id) is None


def test_a_split_story_is_two_with_the_next_gather_and_stays_so(desk):
    both = item(0), item(0, source="Post")
    desk.gather(*both)
    (listed,) = stories.list_stories(desk.workspace, desk.slug)
    assert {member.item.source for member in listed.members} == {"Post", "Wire"}
    assert listed.members[1].reason.startswith("much the same headline: 18 percent, Castellan")
    stories.split(desk.workspace, desk.slug, [listed.members[1].item.id[:6]])
    report = desk.gather(*both)
    assert (sum(report.placed.values()), report.updated) == (1, 1)
    assert "also:" not in desk.issue
    assert len(stories.list_stories(desk.workspace, desk.slug)) == 2
    assert desk.gather(*both).updated == 0


def test_joined_stories_are_one_brief_unless_a_person_worked_on_both(desk):
    desk.gather(item(0), item(1), item(2))
    stories.join(desk.workspace, desk.slug, [item(0).id, item(1).id])
    desk.gather(item(0), item(1), item(2))
    assert len({item(0).id, item(1).id} & {block.item for block in blocks(desk.issue)}) == 1
    assert desk.issue.count("<!-- also:") == 1
    stories.join(desk.workspace, desk.slug, [item(1).id, item(2).id])
    touched = desk.issue.replace("### ", "### My ")
    desk.here.write(touched)
    desk.gather(item(0), item(1), item(2))
    assert desk.issue == touched


def test_decisions_take_back_one_another(desk):
    both = item(0), item(0, source="Post")
    desk.gather(*both)
    names = [one.id for one in both]
    stories.split(desk.workspace, desk.slug, names[:1])
    stories.join(desk.workspace, desk.slug, names)
    assert len(stories.list_stories(desk.workspace, desk.slug)) == 1
    stories.split(desk.workspace, desk.slug, names[1:])
    decided = desk.here.decisions()
    assert (decided.together, decided.apart) == (frozenset(), frozenset([frozenset(names)]))


@pytest.mark.parametrize(
    ("decide", "names", "says"),
    [
        (stories.split, ["ffff"], "no item “ffff” was gathered for 2026-11-27"),
        (stories.split, [""], "begins the ids of"),
        (stories.split, [item(0).id], "not a part of one story"),
        (stories.join, [item(0).id, item(0).id], "name two items or more"),
    ],
)
def test_what_cannot_be_decided_says_why(desk, decide, names, says):
    desk.gather(item(0), item(1))
    with pytest.raises(IssueError, match=says):
        decide(desk.workspace, desk.slug, names)


def test_a_brief_held_over_is_offered_to_the_next_issue_and_told_there(desk):
    desk.gather(item(0), item(1))
    before = next(one.text for one in blocks(desk.issue) if one.item == item(0).id)
    assert hold(desk.workspace, desk.slug, item(0).id[:8]) == date(2026, 12, 11)
    assert item(0).title not in desk.issue
    held = before.replace("\n", "\n<!-- held over: until 2026-12-11 -->\n", 1)
    assert held in desk.here.candidates_text()
    assert tally(desk.gather(item(0), item(1))) == (2, 0, 1, 0, 1, 0)
    following = desk.new("2026-12-04")
    report = following.gather(item(0), item(2, published=TUESDAY + timedelta(days=7)))
    assert (report.carried, tally(report)) == (1, (2, 1, 0, 0, 1, 0))
    told = "<!-- held over: until 2026-12-11, from 2026-11-27 -->"
    assert told in following.here.candidates_text()
    assert following.here.kept(item(0).id).item == item(0)
    assert following.gather(item(0)).carried == 0


def test_what_was_held_over_expires_and_is_not_offered_once_it_ran_or_was_dropped(desk):
    desk.gather(item(0), item(1))
    hold(desk.workspace, desk.slug, item(0).id, until=date(2026, 12, 10))
    assert desk.new("2026-12-11").gather().carried == 0
    following = desk.new("2026-12-04")
    assert following.gather().carried == 1
    following.here.write_candidates("# Candidates\n")
    assert following.gather().carried == 0
    assert desk.new("2026-12-09").gather().carried == 0


def test_a_day_to_hold_to_lies_after_the_issue(desk):
    desk.gather(item(0))
    with pytest.raises(IssueError, match="2026-11-27 is not after the day of the issue"):
        hold(desk.workspace, desk.slug, item(0).id, until=date(2026, 11, 27))
    with pytest.raises(IssueError, match="there is no brief of an item “abc”"):
        hold(desk.workspace, desk.slug, "abc")


def test_an_embargo_is_carried_and_never_placed_and_stops_an_early_issue(desk):
    desk.gather(*(item(number) for number in range(4)))
    (candidate,) = desk.here.candidates()
    line = "<!-- embargo: 2026-12-01 09:00 -->"
    text = desk.here.candidates_text().replace(candidate.headline, f"{candidate.headline}\n{line}")
    desk.here.write_candidates(text)
    assert "embargo" not in desk.codes()
    block = blocks(text)[0].text
    desk.here.write(desk.issue.replace("## The Latest\n", f"## The Latest\n\n{block}\n"))
    assert "under embargo until 2026-12-01 09:00" in desk.codes()["embargo"]
    following = desk.new("2026-12-04")
    desk.here.write(desk.issue.replace(f"{block}\n", ""))
    report = following.gather()
    assert report.carried == 1
    assert line in following.here.candidates_text()
    assert line not in following.issue


def test_what_ran_is_marked_in_the_draft_and_by_the_check(desk):
    desk.gather(item(0), item(1))
    following = desk.new("2026-12-04")
    report = following.gather(item(0), item(1, text=EVENTS[1][1] + " It brought $41 million."))
    assert tally(report) == (2, 1, 1, 0, 0, 0)
    ran = "<!-- ran before: in 2026-11-27, as “Castellan sees scrap gold dry up” (the same address)"
    assert ran in following.here.candidates_text()
    assert "<!-- follows: in 2026-11-27" in following.issue
    assert "new here: $41 million -->" in following.issue
    assert "follow-up" in following.codes()
    block = next(one.text for one in blocks(following.here.candidates_text()))
    following.here.write(following.issue.replace("## The Latest\n", f"## The Latest\n\n{block}\n"))
    assert following.codes()["ran-before"].startswith("ran in 2026-11-27 as “Castellan")


def test_what_stood_beside_a_story_that_ran_has_run_too(desk):
    words = {"title": "Refiner is short of metal", "text": "Households have sold what they had."}
    beside = item(0, source="Post", **words)
    desk.gather(item(0), beside)
    stories.join(desk.workspace, SLUG, [item(0).id, beside.id])
    desk.gather()
    following = desk.new("2026-12-04")
    assert tally(following.gather(beside), "Post") == (1, 0, 1, 0, 0, 0)
    ran = "<!-- ran before: in 2026-11-27, as “Castellan sees scrap gold dry up” (the same address)"
    assert ran in following.here.candidates_text()
    later = desk.new("2026-12-11")
    later.gather(replace(beside, text="Households have sold what they had, 41 tonnes in a year."))
    assert "<!-- follows: in 2026-11-27, as “Castellan" in later.issue
    (block,) = (one.text for one in blocks(following.here.candidates_text()))
    following.here.write(following.issue.replace("## The Latest\n", f"## The Latest\n\n{block}\n"))
    assert following.codes()["ran-before"].startswith("ran in 2026-11-27 as “Castellan")


def test_the_desk_is_offered_first_what_it_likes_to_take(desk):
    roomy = desk.but(sections=(SectionRule(key="latest", title="The Latest"),))
    roomy.gather(item(0, source="Post"), item(1))
    thrown = next(one.text for one in blocks(roomy.issue) if one.item == item(1).id)
    roomy.here.write(roomy.issue.replace(thrown, ""))
    following = roomy.new("2026-12-04")
    week = TUESDAY + timedelta(days=7)
    following.gather(item(2, published=week), item(3, source="Post", published=week))
    assert [block.item for block in blocks(following.issue)] == [
        item(3, source="Post").id,
        item(2).id,
    ]


def thin(desk, then, least=3):
    rule = ThinWeek(least=least, then=then, widen_to=timedelta(days=21))
    return desk.but(gathering=Gathering(thin_week=rule))


def test_a_thin_week_is_skipped(desk, files):
    before = files(desk.here.path)
    report = thin(desk, "skip").gather(item(0))
    assert files(desk.here.path) == before
    assert report.skipped
    assert report.thin.startswith("1 new stories where 3 are the least: nothing is drafted")
    assert not thin(desk, "skip", least=1).gather(item(0)).skipped
    assert not thin(desk, "skip", least=1).gather(item(0)).skipped


def test_a_thin_week_is_widened(desk):
    report = thin(desk, "widen").gather(item(0), item(1, published=TUESDAY - timedelta(days=9)))
    assert sum(report.placed.values()) == 2
    assert report.thin.endswith("looked back 21 days and found 2")


def test_a_thin_week_is_shortened(desk):
    sections = (
        SectionRule(key="lead", title="Top story", max=1),
        SectionRule(key="latest", title="The Latest", min=2),
    )
    report = thin(desk.but(sections=sections), "shorten").gather(item(0))
    assert report.thin.endswith("sections below their minimum are left out")
    short = desk.but(sections=sections).gather(item(1), item(2), item(3))
    assert short.short == {}


def test_a_section_takes_what_its_expression_asks_for(desk):
    money = SectionRule(key="money", title="Money", match="title like '%gold%'")
    asks = desk.but(sections=(*desk.workspace.settings.sections, money))
    assert asks.gather(item(0), item(1)).placed == {"lead": 1, "latest": 0, "money": 1}


@pytest.mark.parametrize(
    ("match", "says"),
    [
        (
            "ttle = 'x'",
            "config.yaml: section “money”: items have no “ttle”; did you mean “title”",
        ),
        ("title =", "config.yaml: section “money”: "),
    ],
)
def test_a_wrong_expression_names_its_section(desk, match, says):
    wrong = desk.but(sections=(SectionRule(key="money", title="Money", match=match),))
    with pytest.raises(ConfigError, match=says):
        wrong.gather(item(0))


EDITS = st.tuples(
    st.booleans(),
    st.integers(0, 10**6),
    st.integers(0, 60),
    st.text(st.sampled_from("ab #-<>!\n*[]():"), max_size=12)
    | st.sampled_from(["### Mine\n\nMy own brief.\n", "<!-- mine -->", "\n## Jobs\n\n", "\r\n"]),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EDITS, min_size=1, max_size=3), st.integers(1, 3))
def test_whatever_a_person_changes_survives_every_gather(desk, edits, gathers):
    with tempfile.TemporaryDirectory() as root:
        here = Desk(replace(desk.workspace, root=Path(root))).new(SLUG)
        here.gather(*(item(number, dek=f"First words {number}.") for number in range(4)))
        machine = {digest(one.text) for text in _files(here) for one in blocks(text)}
        for edit in edits:
            _edit(here, *edit)
        try:
            here.here.read(here.workspace.section_keys)
            here.here.candidates()
        except IssueError:
            assume(False)
        before = _files(here)
        for turn in range(gathers):
            here.gather(*(item(number, dek=f"Words of turn {turn}.") for number in range(4)))
        for text, after in zip(before, _files(here), strict=True):
            assert _by_hand(text, machine) <= _by_hand(after, set())
            assert _in_order(_lines(text, machine), after.splitlines(keepends=True))


def _files(desk):
    return desk.issue, desk.here.candidates_text()


def _edit(desk, in_issue, where, length, words):
    text = desk.issue if in_issue else desk.here.candidates_text()
    head = text.index("\n\n") + 2
    start = head + where % max(1, len(text) - head)
    changed = text[:start] + words + text[start + length :]
    (desk.here.write if in_issue else desk.here.write_candidates)(changed)


def _by_hand(text, machine):
    """The blocks that are not as a gather wrote them."""
    return {one.text for one in blocks(text) if digest(one.text) not in machine}


def _lines(text, machine):
    for one in reversed(blocks(text)):
        if digest(one.text) in machine:
            text = text[: one.start] + text[one.stop :]
    return [line for line in text.splitlines(keepends=True) if line.strip()]


def _in_order(wanted, lines):
    left = iter(lines)
    return all(any(line.rstrip("\n") == one.rstrip("\n") for one in left) for line in wanted)
