"""The issue folder: written whole or not at all, and every refusal says what to do."""

import os
from datetime import UTC, date, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.issue import Brief
from newsletter.domain.item import Dated, Item, ItemKind, Link
from newsletter.domain.story import Decisions
from newsletter.errors import IssueError
from newsletter.issues import folder
from newsletter.issues.codec import brief_block
from newsletter.issues.decisions import decisions_file, read_decisions
from newsletter.issues.files import write_atomically
from newsletter.issues.gathered import Kept, gathered_file, read_gathered

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def issue(tmp_path):
    return folder.create(
        tmp_path, "2026-11-27", day=date(2026, 11, 27), list_key="weekly", titles=["Top", "Latest"]
    )


def test_a_new_issue_has_its_sections_and_reads_back(issue, tmp_path):
    read = folder.find(tmp_path, "2026-11-27").read({"top": "lead"}).issue
    assert [section.key for section in read.sections] == ["lead", "latest"]
    assert (read.date, read.list_key, read.subject) == (date(2026, 11, 27), "weekly", "")


def test_an_issue_is_never_made_over_another(issue, tmp_path):
    issue.write("precious")
    with pytest.raises(IssueError, match="already"):
        folder.create(tmp_path, "2026-11-27", day=date(2026, 1, 1), list_key="x", titles=[])
    assert issue.issue_file.read_text() == "precious"


@pytest.mark.parametrize("slug", ["../secrets", "A", "", "a/b", "a" * 65, ".hidden", "ü"])
def test_only_plain_names_are_folders(tmp_path, slug):
    with pytest.raises(IssueError, match="small letters"):
        folder.find(tmp_path, slug)


def test_a_missing_issue_names_those_there_are(issue, tmp_path):
    with pytest.raises(IssueError, match=r"there are: 2026-11-27; `newsletter new 2026-12-04`"):
        folder.find(tmp_path, "2026-12-04")


def test_candidates_are_read_and_known(issue):
    assert issue.candidates_text().startswith("# Candidates\n")
    assert issue.candidates() == ()
    one, two = Brief("One", item="aaaaaaaaaaaa"), Brief("Two", item="bbbbbbbbbbbb")
    issue.write_candidates(f"# Candidates\n\n{brief_block(one)}\n{brief_block(two)}")
    assert [brief.headline for brief in issue.candidates()] == ["One", "Two"]
    assert issue.known_items() == {"aaaaaaaaaaaa", "bbbbbbbbbbbb"}


def test_gathered_items_keep_their_text_and_are_written_once(issue):
    item = Item(
        id="0123456789ab",
        kind=ItemKind.ARTICLE,
        source="Wire: the one",
        title="“Gold” — up",
        text="Ünïcode & <tags>\n\n--- not front matter",
        links=(Link("RELATED", None), Link("more", "https://example.com")),
        published=NOW,
    )
    issue.keep([Kept(item, NOW)])
    path = issue.path / "gathered" / "0123456789ab.md"
    _, front, text = path.read_text().split("---\n", 2)
    assert text == item.text + "\n"
    known = yaml.safe_load(front)
    assert (known["source"], known["title"]) == ("Wire: the one", "“Gold” — up")
    assert known["links"] == [
        {"text": "RELATED", "url": None},
        {"text": "more", "url": "https://example.com"},
    ]
    before = path.stat().st_mtime_ns
    issue.keep([Kept(item, NOW)])
    assert path.stat().st_mtime_ns == before
    issue.keep([Kept(item, NOW, written="0" * 16)])
    assert issue.kept(item.id) == Kept(item, NOW, written="0" * 16)
    assert issue.kept("f" * 12) is None


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
LINES = WORDS | st.sampled_from(
    ["---", "a: b", "- x", "#", "yes", "1e5", "'", "foo ---", "\n---\n"]
)


@given(
    st.builds(
        Item,
        id=st.just("0123456789ab"),
        kind=st.sampled_from(ItemKind),
        source=WORDS.filter(bool),
        title=LINES,
        text=LINES,
        dek=LINES,
        url=st.none() | st.just("https://e.example.com/?a=1&b=%20"),
        published=st.none() | st.datetimes(timezones=st.just(UTC)),
        dated=st.none() | st.sampled_from(Dated),
        categories=st.tuples(WORDS, WORDS),
        links=st.tuples(st.builds(Link, WORDS, st.none() | WORDS.filter(bool))),
    ),
    st.lists(st.just("fedcba987654"), max_size=2).map(tuple),
)
def test_an_item_reads_back_as_it_was_kept(item, also):
    kept = Kept(item, NOW, also, "0" * 16)
    assert read_gathered(gathered_file(kept), file="gathered/0.md") == kept


@pytest.mark.parametrize("text", ["", "---\nid: 1\n---\n", "no front", "---\n[\n---\nx\n"])
def test_a_damaged_item_names_its_file(issue, text):
    (issue.path / "gathered").mkdir()
    (issue.path / "gathered" / "0123456789ab.md").write_text(text)
    with pytest.raises(
        IssueError, match=r"^issues/2026-11-27/gathered/0123456789ab\.md: is damaged"
    ):
        issue.kept("0123456789ab")


def test_what_a_person_threw_out_stays_known(issue):
    item = Item(id="0123456789ab", kind=ItemKind.TEASER, source="Wire", title="", text="Gone.")
    issue.keep([Kept(item, NOW)])
    assert "0123456789ab" not in issue.issue_file.read_text()
    assert issue.known_items() == issue.kept_ids() == {"0123456789ab"}


IDS = st.sampled_from(["0123456789ab", "123456789012", "00000000e123", "fedcba987654"])
PAIRS = st.frozensets(st.sets(IDS, min_size=2, max_size=2).map(frozenset), max_size=4)


@given(PAIRS, PAIRS)
def test_decisions_read_back_as_they_were_made(together, apart):
    decided = Decisions(together, apart)
    assert read_decisions(decisions_file(decided), file="stories.yaml") == decided


@pytest.mark.parametrize(
    "text",
    ["[", "- a", "more: 1", "apart: 3", "together: [[0123456789ab]]", "apart: [[a, b]]"],
)
def test_malformed_decisions_say_what_to_do(issue, text):
    (issue.path / "stories.yaml").write_text(text)
    with pytest.raises(IssueError, match=r"^issues/2026-11-27/stories\.yaml: .*decide again"):
        issue.decisions()


def test_decisions_are_kept_beside_the_issue(issue):
    assert issue.decisions() == Decisions()
    decided = Decisions(apart=frozenset([frozenset(["0123456789ab", "fedcba987654"])]))
    issue.decide(decided)
    assert issue.decisions() == decided


def test_a_file_that_is_not_utf8_names_the_line(issue):
    issue.issue_file.write_bytes(b"---\nsubject: caf\xe9\n")
    with pytest.raises(IssueError, match="UTF-8") as caught:
        issue.read({})
    assert caught.value.line == 2


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "issue.md"
    write_atomically(path, "old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IssueError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["issue.md"]


def test_issues_are_listed_newest_first(tmp_path):
    for slug in ("2026-11-20", "2026-12-04", "2026-11-27"):
        folder.create(tmp_path, slug, day=date(2026, 1, 1), list_key="x", titles=[])
    (tmp_path / "notes").mkdir()
    assert [one.slug for one in folder.every(tmp_path)] == [
        "2026-12-04",
        "2026-11-27",
        "2026-11-20",
    ]
