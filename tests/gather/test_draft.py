from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.config import SectionRule
from newsletter.domain.item import Item, ItemKind
from newsletter.gather.draft import brief_of, draft
from newsletter.gather.literal import literal

LEAD = SectionRule(key="lead", title="Top story", max=1)
LATEST = SectionRule(key="latest", title="The Latest", max=2)


def article(name, *, day=None, url=None, dek="", text="One. Two."):
    return Item(
        id=name,
        kind=ItemKind.ARTICLE,
        source="Trade",
        title=f"Title {name}",
        text=text,
        dek=dek,
        url=url,
        published=datetime(2026, 11, day, tzinfo=UTC) if day else None,
    )


def teaser(name, *, url=None):
    return Item(
        id=name, kind=ItemKind.TEASER, source="Trade", title="", text=f"Text {name}.", url=url
    )


def names(briefs):
    return [brief.item for brief in briefs]


def drafted(items, rules=(LEAD, LATEST), *, filled=None, known=()):
    made = draft(items, rules, filled=filled or {}, known=known)
    return {key: names(briefs) for key, briefs in made.placed.items()}, names(made.candidates)


def test_a_teasers_headline_is_its_text_to_the_character():
    brief = brief_of(teaser("*a*_b_"))
    assert (brief.headline, brief.text, brief.item) == ("Text *a*_b_.", "", "*a*_b_")


def test_an_articles_brief_is_cut_from_its_dek_or_its_first_sentences():
    with_dek = brief_of(article("a", dek="The [dek].", url="https://e.example.com/a"))
    assert (with_dek.headline, with_dek.text) == ("Title a", "The \\[dek].")
    assert (with_dek.link, with_dek.source) == ("https://e.example.com/a", "Trade")
    long = " ".join(f"Sentence number {count}." for count in range(99))
    cut = brief_of(article("b", text=long + "\n\nSecond paragraph.")).text
    assert long.startswith(cut)
    assert cut.endswith(".")
    assert 200 < len(cut) <= 320


def test_articles_lead_and_the_rest_follows_until_the_sections_are_full():
    items = [teaser("t1"), article("a1"), teaser("t2"), article("a2"), teaser("t3")]
    assert drafted(items) == ({"lead": ["a1"], "latest": ["a2", "t1"]}, ["t2", "t3"])


def test_the_newest_come_first_then_the_undated_in_their_order():
    items = [article("x"), article("old", day=16), article("y"), article("new", day=20)]
    assert drafted(items) == ({"lead": ["new"], "latest": ["old", "x"]}, ["y"])


def test_teasers_never_lead():
    assert drafted([teaser("t")]) == ({"lead": [], "latest": ["t"]}, [])


def test_filled_sections_get_no_more():
    items = [article("a"), teaser("t")]
    assert drafted(items, filled={"lead": 1, "latest": 1}) == ({"lead": [], "latest": ["a"]}, ["t"])
    assert drafted(items, filled={"lead": 9, "latest": 9}) == (
        {"lead": [], "latest": []},
        ["a", "t"],
    )


def test_one_section_without_a_limit_takes_everything():
    rules = (SectionRule(key="all", title="All"),)
    assert drafted([teaser("t"), article("a")], rules) == ({"all": ["a", "t"]}, [])


def test_without_sections_everything_is_a_candidate():
    assert drafted([teaser("t"), article("a")], ()) == ({}, ["a", "t"])


def test_what_is_known_by_id_or_address_is_left_out():
    items = [article("a"), article("b", url="https://E.example.com/b?utm_source=x#y"), teaser("t")]
    known = {"a", "https://e.example.com/b"}
    assert drafted(items, known=known) == ({"lead": [], "latest": ["t"]}, [])


def test_the_same_address_twice_appears_once():
    items = [
        teaser("t", url="https://e.example.com/a?fbclid=1"),
        article("a", url="https://e.example.com/a"),
        teaser("t"),
    ]
    assert drafted(items) == ({"lead": ["a"], "latest": ["t"]}, [])


ITEMS = st.lists(
    st.builds(
        lambda make, name, number: make(
            name, url=f"https://e.example.com/{number}" if number else None
        ),
        st.sampled_from([article, teaser]),
        st.text("abc", min_size=1, max_size=3),
        st.integers(0, 4),
    ),
    max_size=12,
)


@given(ITEMS, st.integers(0, 3), st.integers(0, 3))
def test_every_new_item_appears_exactly_once_and_no_section_overflows(items, lead, latest):
    placed, candidates = drafted(items, filled={"lead": lead, "latest": latest})
    everything = [*placed["lead"], *placed["latest"], *candidates]
    assert len(everything) == len(set(everything))
    assert set(everything) <= {item.id for item in items}
    assert {item.id for item in items if not item.url} <= set(everything)
    assert len(placed["lead"]) <= max(0, 1 - lead)
    assert len(placed["latest"]) <= max(0, 2 - latest)


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
