"""Edits of an issue: what they make of the text, and that every other byte stays."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from newsletter.errors import IssueError
from newsletter.issues.applying import applied
from newsletter.issues.blocks import digest
from newsletter.issues.codec import parse, parse_candidates
from newsletter.issues.edits import (
    Bring,
    Conflict,
    Drop,
    Head,
    HoldOver,
    Move,
    PutBack,
    Reword,
    Rewrite,
    Seen,
    Spot,
    Texts,
)
from newsletter.issues.parts import BRIEF, SECTION, moved, parts_of, put_in, taken_out, text_of
from newsletter.issues.undoing import without_change
from newsletter.issues.wording import Wording, reworded, wording_of

TITLES = {"lead": "Top story", "latest": "The Latest", "watches": "Watches", "dates": "Dates"}

ISSUE = """---
# the desk's own remark
subject: "Gold: steady"   # say it shorter
date: 2026-11-27
---

Good morning.

## Top story
<!-- component: lead -->

### Gold holds its floor

Short orders, **quick** payment.  \n<!-- ask Ada -->
Nobody builds stock.

[The Loupe](https://loupe.example.com/gold)
<!-- also: Wire, “Gold” -->
<!-- item: 0123456789ab -->


## The Latest

### A bench reopens in Lyon

```
### not a brief
<!-- kept: it is code -->
```

### Two shows, one week
<!-- audience: trade -->

<!--
### Nobody sees this
-->

## Dates"""

CANDIDATES = """# Candidates

Move a block into issue.md to use it.

### A pearl farm counts a profit
<!-- held over: until 2026-12-11 -->

[Wire](https://wire.example.com/pearls)
<!-- item: aaaaaaaaaaaa -->

### Rhodium climbs again

<!-- item: bbbbbbbbbbbb -->
"""


def texts(issue=ISSUE, candidates=CANDIDATES):
    return Texts("2026-11-27", issue, candidates, TITLES)


def issue_of(made):
    return parse(made.issue, slug=made.slug, file="issue.md", keys=made.keys).issue


def shape(made):
    """Section key → headlines."""
    return {one.key: [brief.headline for brief in one.briefs] for one in issue_of(made).sections}


def seen(made, headline):
    parts = [*parts_of(made.issue, file=""), *parts_of(made.candidates, file="")]
    block = next(part.text for part in parts if part.title == headline)
    return Seen(digest(block), block)


def at(made, headline):
    return seen(made, headline).digest


GOLD, LYON, SHOWS = "Gold holds its floor", "A bench reopens in Lyon", "Two shows, one week"


@pytest.mark.parametrize(
    ("headline", "to", "expected"),
    [
        (GOLD, {"before": SHOWS}, {"lead": [], "latest": [LYON, GOLD, SHOWS], "dates": []}),
        (GOLD, {"after": SHOWS}, {"lead": [], "latest": [LYON, SHOWS, GOLD], "dates": []}),
        (SHOWS, {"section": "lead"}, {"lead": [GOLD, SHOWS], "latest": [LYON], "dates": []}),
        (SHOWS, {"section": "dates"}, {"lead": [GOLD], "latest": [LYON], "dates": [SHOWS]}),
        (
            LYON,
            {"section": "watches"},
            {"lead": [GOLD], "latest": [SHOWS], "watches": [LYON], "dates": []},
        ),
        (LYON, {"before": LYON}, {"lead": [GOLD], "latest": [LYON, SHOWS], "dates": []}),
    ],
)
def test_a_brief_moves_within_and_between_sections(headline, to, expected):
    old = texts()
    spot = Spot(**{key: name if key == "section" else at(old, name) for key, name in to.items()})
    made = applied(Move(seen(old, headline), spot), old)
    assert shape(made) == expected
    assert sorted(part.text for part in parts_of(old.issue, file="")) == sorted(
        part.text for part in parts_of(made.issue, file="") if part.title != "Watches"
    )
    assert made.candidates == old.candidates


def test_a_move_changes_the_lines_it_moves_and_no_other():
    made = applied(Move(seen(texts(), LYON), Spot(after=at(texts(), SHOWS))), texts())
    lyon, shows = (seen(texts(), name).block for name in (LYON, SHOWS))
    assert made.issue == ISSUE.replace(f"{lyon}\n\n{shows}", f"{shows}\n\n{lyon}")


def test_a_candidate_comes_in_and_is_held_over_no_more():
    old = texts()
    made = applied(Bring(seen(old, "A pearl farm counts a profit"), Spot(after=at(old, LYON))), old)
    assert shape(made)["latest"] == [LYON, "A pearl farm counts a profit", SHOWS]
    assert "held over" not in made.issue
    assert [one.headline for one in parse_candidates(made.candidates, file="")] == [
        "Rhodium climbs again"
    ]
    assert made.candidates.startswith(
        "# Candidates\n\nMove a block into issue.md to use it.\n\n###"
    )


def test_a_brief_is_held_over_with_its_day():
    old = texts()
    made = applied(HoldOver(seen(old, GOLD), date(2026, 12, 4)), old)
    assert shape(made)["lead"] == []
    held = parse_candidates(made.candidates, file="")[-1]
    assert (held.headline, held.held_over, held.item) == (GOLD, date(2026, 12, 4), "0123456789ab")
    assert made.candidates.startswith(CANDIDATES)


def test_a_brief_is_not_held_over_for_an_issue_before_this_one():
    with pytest.raises(IssueError, match="2026-11-27 is not after the day of the issue"):
        applied(HoldOver(seen(texts(), GOLD), date(2026, 11, 27)), texts())


def test_a_dropped_brief_is_put_back_byte_for_byte():
    old = texts()
    made = applied(Drop(seen(old, SHOWS)), old)
    assert shape(made)["latest"] == [LYON]
    assert without_change(made.issue, old.issue, made.issue) == ISSUE


def test_words_change_and_comments_stay():
    old = texts()
    new = Wording(
        "Gold keeps its floor",
        "Short orders, **quick** payment.  \n<!-- ask Ada -->\nNobody builds a stock.",
        "https://loupe.example.com/floor_(2)",
        "The [Loupe]",
    )
    made = applied(Reword(seen(old, GOLD), new), old)
    assert made.issue == ISSUE.replace("Gold holds", "Gold keeps").replace(
        "builds stock", "builds a stock"
    ).replace(
        "[The Loupe](https://loupe.example.com/gold)",
        r"[The \[Loupe\]](<https://loupe.example.com/floor_(2)>)",
    )
    brief = issue_of(made).briefs[0]
    assert (brief.headline, brief.link, brief.source) == (new.headline, new.link, new.source)
    assert wording_of(seen(made, "Gold keeps its floor").block) == new


def test_a_text_and_a_link_come_to_a_bare_brief_and_go_again():
    bare = "### Only a headline\n<!-- audience: trade -->\n\n<!-- item: 0123456789ab -->"
    full = reworded(bare, Wording("Only a headline", "A text.", "https://a.example.com", "A"))
    assert full == (
        "### Only a headline\n<!-- audience: trade -->\n\nA text.\n\n[A](https://a.example.com)\n"
        "<!-- item: 0123456789ab -->"
    )
    assert wording_of(reworded(full, Wording("Only a headline"))) == Wording("Only a headline")


def test_lines_end_as_they_did():
    block = "### Mixed\r\n\r\none\r\ntwo\nthree"
    made = reworded(block, Wording("Mixed", "one\n2\nthree\nfour"))
    assert made == "### Mixed\r\n\r\none\r\n2\r\nthree\r\nfour"


def test_a_comment_below_code_is_none_of_the_text_however_lines_end():
    """A fence that ended with CR LF was never closed, so readers saw what followed it."""
    text = "---\ndate: 2026-11-27\n---\n## S\n### B\n```\ncode\n```\n<!-- item: 0123456789ab -->\n"
    (brief,) = parse(text.replace("\n", "\r\n"), slug="x", file="").issue.briefs
    assert brief.text == "```\r\ncode\r\n```"


def test_a_comment_that_opens_in_the_text_is_part_of_it():
    block = "### Brief\n\ntext <!-- two\nlines --> more <!-- a\nb -->\n\n[A](https://a.example.com)"
    assert wording_of(block).text == "text <!-- two\nlines --> more <!-- a\nb -->"
    assert wording_of(block).link == "https://a.example.com"


@pytest.mark.parametrize(
    ("wording", "message"),
    [
        (Wording(" "), "needs a headline"),
        (Wording("A", "one\n### two"), "“two” would begin a section or brief of its own"),
        (Wording("A", "one\n<!-- two"), "line 2 of the text opens a comment or code block"),
        (Wording("A", "", "", "Wire"), "the source “Wire” has no link"),
        (Wording("A", "", "https://a.example.com/<b>"), "cannot be an address"),
    ],
)
def test_words_that_would_be_read_as_something_else_are_refused(wording, message):
    with pytest.raises(IssueError, match=message):
        applied(Reword(seen(texts(), LYON), wording), texts())


def test_a_directive_that_is_none_names_file_and_line():
    with pytest.raises(IssueError, match=r"issues/2026-11-27/issue.md:27: .*did you mean"):
        applied(
            Reword(seen(texts(), LYON), Wording("Lyon", "<!-- audiense: trade -->\nx")), texts()
        )


@pytest.mark.parametrize(
    ("line", "value", "expected"),
    [
        (
            'subject: "Gold: steady"   # say it',
            'A “new” "one"',
            'subject: "A “new” \\"one\\""   # say it',
        ),
        ("subject: 'It''s gold' # x", "It's silver", "subject: 'It''s silver' # x"),
        ("subject: Gold # x", "Silver", "subject: Silver # x"),
        ("subject: Gold # x", "Silver: up", 'subject: "Silver: up" # x'),
        ("subject:", "Silver", "subject: Silver"),
        ("subject: Gold", "", 'subject: ""'),
        ("subject: |-\n  Gold", "Silver", 'subject: "Silver"'),
        ("subject: 47", "48", "subject: 48"),
        ("subject: Gold", "yes", 'subject: "yes"'),
        ("subject: Gold\r", "Silver 1 🪙", "subject: Silver 1 🪙\r"),
    ],
)
def test_the_subject_is_set_with_its_quotes_and_comments(line, value, expected):
    text = f"---\n# first\nnumber: 3\n{line}\ndate: 2026-11-27\n---\n\nHello.\n"
    old = issue_of(texts(text)).subject
    made = applied(Head("subject", old, value), texts(text))
    assert made.issue == text.replace(line, expected)
    assert issue_of(made).subject == value


def test_a_missing_preheader_stands_below_the_subject():
    made = applied(Head("preheader", "", "Also: pearls"), texts())
    assert made.issue == ISSUE.replace(
        "# say it shorter\n", '# say it shorter\npreheader: "Also: pearls"\n'
    )


def test_an_edit_of_a_brief_that_has_changed_is_a_conflict():
    old = texts()
    edit = Reword(seen(old, GOLD), Wording("Mine"))
    now = texts(ISSUE.replace("Nobody builds", "No one builds"))
    conflict = applied(edit, now)
    assert isinstance(conflict, Conflict)
    assert conflict.sentence == "The brief has been changed meanwhile."
    assert conflict.base == seen(old, GOLD).block
    assert conflict.mine.startswith("### Mine\n")
    assert conflict.theirs == seen(now, GOLD).block
    settled = applied(Rewrite(Seen(digest(conflict.theirs), conflict.theirs), conflict.mine), now)
    assert "### Mine\n" in settled.issue
    assert "Gold holds" not in settled.issue


def test_a_brief_that_is_gone_can_be_put_back():
    old = texts()
    gone = applied(Drop(seen(old, LYON)), old)
    conflict = applied(Reword(seen(old, LYON), Wording("Mine")), gone)
    assert conflict.theirs is None
    back = applied(PutBack(conflict.mine, Spot(section="latest")), gone)
    assert shape(back)["latest"] == [SHOWS, "Mine"]


def test_a_move_beside_a_brief_that_has_changed_is_a_conflict():
    old = texts()
    edit = Move(seen(old, GOLD), Spot(before=at(old, SHOWS)))
    conflict = applied(edit, texts(ISSUE.replace("audience: trade", "audience: not trade")))
    assert conflict.sentence.startswith("The brief before which it should stand has been")


def test_an_edit_does_not_care_for_what_changed_elsewhere():
    old = texts()
    edit = Reword(seen(old, GOLD), Wording("Mine"))
    elsewhere = ISSUE.replace("Good morning.", "Hello.").replace("Two shows", "Three shows")
    assert "### Mine" in applied(edit, texts(elsewhere)).issue


def test_of_two_alike_the_nearer_one_is_meant():
    twice = texts(ISSUE + "\n\n### Twin\n\n### Between\n\n### Twin\n")
    made = applied(Drop(replace(seen(twice, "Twin"), place=5)), twice)
    assert shape(made)["dates"] == ["Twin", "Between"]


def test_the_subject_changed_meanwhile_is_a_conflict():
    conflict = applied(Head("subject", "Gold: shaky", "Mine"), texts())
    assert (conflict.base, conflict.mine, conflict.theirs) == (
        "Gold: shaky",
        "Mine",
        "Gold: steady",
    )


def test_a_block_that_is_two_is_refused():
    with pytest.raises(IssueError, match="should be one brief"):
        applied(Rewrite(seen(texts(), LYON), "### One\n\n### Two"), texts())


def test_an_unclosed_comment_is_named_and_nothing_moves():
    with pytest.raises(IssueError, match=r"issue.md:40: what opens here"):
        applied(Drop(seen(texts(), GOLD)), texts(ISSUE + "\n<!-- open"))


# What follows holds for any file.

WORDS = st.text("abc é—#*[]()`~<>!-\t", max_size=12)
LINES = st.lists(
    st.one_of(
        WORDS,
        st.sampled_from([
            "", "", "## S", "## Top story", "### B", "### B", "### C  ", "```", "~~~",
            "<!-- note -->", "<!--", "-->", "[Wire](https://a.example.com)", "  ",
            "<!-- item: 0123456789ab -->",
        ]),
    ),
    max_size=25,
)  # fmt: skip
BREAKS = st.sampled_from(["\n", "\r\n", "\n\n", "\r", "\x0b", "\u2028"])


@st.composite
def files(draw, breaks=BREAKS):
    """An issue's text that can be read, with at least one brief."""
    body = "".join(line + draw(breaks) for line in draw(LINES))
    text = f"---\nsubject: x\ndate: 2026-11-27\n---\n{body}## S{draw(breaks)}### B{draw(breaks)}"
    text += "".join(line + draw(breaks) for line in draw(LINES))
    try:
        parse(text, slug="x", file="issue.md")
        parts = parts_of(text, file="issue.md")
    except IssueError:
        assume(condition=False)
    assume(any(part.level == BRIEF for part in parts))
    return text.rstrip("\n") if draw(st.booleans()) else text


def briefs_of(parts):
    return [place for place, part in enumerate(parts) if part.level == BRIEF]


@given(files())
def test_parts_are_the_text(text):
    assert text_of(parts_of(text, file="")) == text


@given(files(), st.data())
def test_a_move_there_and_back_changes_nothing(text, data):
    parts = parts_of(text, file="")
    index = data.draw(st.sampled_from(briefs_of(parts)))
    first = next(place for place, part in enumerate(parts) if part.level == SECTION)
    before = data.draw(st.integers(first + 1, len(parts)))
    there = parts_of(text_of(moved(parts, index, before)), file="")
    new = before - 1 if before > index else before
    assert there[new].text == parts[index].text
    assert text_of(moved(there, new, index if before > index else index + 1)) == text


@given(files(), st.data())
def test_what_is_taken_out_goes_back(text, data):
    parts = parts_of(text, file="")
    index = data.draw(st.sampled_from(briefs_of(parts)))
    rest, part = taken_out(parts, index)
    assert text_of(put_in(rest, index, part)) == text


@given(files(breaks=st.sampled_from(["\n", "\r\n", "\n\n"])), st.data())
def test_a_move_of_the_text_is_a_move_of_the_briefs(text, data):
    parts = parts_of(text, file="")
    index = data.draw(st.sampled_from(briefs_of(parts)))
    first = next(place for place, part in enumerate(parts) if part.level == SECTION)
    before = data.draw(st.integers(first + 1, len(parts)))
    told = [told_of(one) for one in flat(text)]
    one = told.pop(index - 1)
    told.insert(before - 2 if before > index else before - 1, one)
    assert [told_of(one) for one in flat(text_of(moved(parts, index, before)))] == told


def flat(text):
    """Sections and briefs in their order, without where they stand."""
    issue = parse(text, slug="x", file="issue.md").issue
    for section in issue.sections:
        yield replace(section, briefs=(), line=0)
        yield from (replace(brief, line=0) for brief in section.briefs)


def told_of(one):
    return repr(one)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(files(), st.data())
def test_edits_of_different_briefs_do_not_mind_their_order(text, data):
    parts = parts_of(text, file="")
    places = briefs_of(parts)
    assume(len({parts[place].digest for place in places}) == len(places) > 1)
    one, other = data.draw(st.permutations(places))[:2]
    first = Reword(Seen(parts[one].digest), Wording("New words", "Said anew."))
    second = Drop(Seen(parts[other].digest))
    assert done(first, done(second, text)) == done(second, done(first, text))


def done(edit, text):
    made = applied(edit, texts(text))
    assert isinstance(made, Texts)
    return made.issue


SAID = st.builds(
    Wording,
    st.text("abc é*`", min_size=1, max_size=9).filter(str.strip),
    st.lists(st.text("abc é.,*", max_size=9), max_size=5).map("\n".join),
    st.sampled_from(["", "https://a.example.com/x", "https://a.example.com/(x)"]),
    st.just(""),
)


@given(files(breaks=st.sampled_from(["\n", "\r\n", "\n\n"])), SAID, st.data())
def test_what_is_said_anew_is_read_back(text, said, data):
    parts = parts_of(text, file="")
    place = data.draw(st.sampled_from(briefs_of(parts)))
    made = reworded(parts[place].text, said)
    told = wording_of(made)
    assert told.headline == " ".join(said.headline.split())
    assert told.text.strip() == said.text.strip()
    assert told.link == said.link
    whole = text_of((*parts[:place], replace(parts[place], text=made), *parts[place + 1 :]))
    again = parts_of(whole, file="")
    assert [part.text for part in again] == [
        made if number == place else part.text for number, part in enumerate(parts)
    ]


@given(files())
def test_saying_the_same_again_changes_nothing(text):
    for part in parts_of(text, file=""):
        if part.level == BRIEF:
            assert reworded(part.text, wording_of(part.text)) == part.text


@given(files(), st.data())
def test_an_edit_is_undone_beneath_another_one(text, data):
    parts = parts_of(text, file="")
    index = data.draw(st.sampled_from(briefs_of(parts)))
    after = text_of(taken_out(parts, index)[0])
    meanwhile = ("subject: x", "subject: y\nnumber: 3")
    assert without_change(after, text, after) == text
    assert without_change(after.replace(*meanwhile, 1), text, after) == text.replace(*meanwhile, 1)


@pytest.mark.parametrize("now", ["a\nB\nc\n", "a\nx\nc\n", "", "a\nc\n"])
def test_what_was_changed_again_is_not_undone(now):
    assert without_change(now, "a\nb\nc\n", "a\nb b\nc\n") is None


def test_what_was_put_where_something_went_is_not_guessed():
    assert without_change("a\nx\nc\n", "a\nb\nc\n", "a\nc\n") is None
