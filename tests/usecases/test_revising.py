"""Edits of an issue's files: written only over what was read, and taken back to the byte."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from newsletter.app import SystemClock
from newsletter.errors import GatherError, IssueError
from newsletter.issues import replacing
from newsletter.issues.blocks import digest
from newsletter.issues.edits import (
    Bring,
    Conflict,
    Drop,
    Head,
    HoldOver,
    Move,
    Reword,
    Seen,
    Spot,
)
from newsletter.issues.parts import parts_of
from newsletter.issues.replacing import exchange, locked, replaced
from newsletter.issues.wording import Wording, wording_of
from newsletter.usecases import pasting
from newsletter.usecases.beside import beside
from newsletter.usecases.gathering import gather
from newsletter.usecases.outlining import candidates_of, outline_of
from newsletter.usecases.revising import Revised, revise
from newsletter.usecases.undoing import KEPT, last_step, undo

SLUG = "2026-11-20"
GOLD = "Gold holds above its autumn floor as shops place their last orders"
PEARLS = "A pearl farm in the north counts its first profitable year"

CANDIDATE = """# Candidates

### A bench for hire
<!-- ran before: in 2026-11-13, as “A bench” (the same address) -->

Six benches, by the hour.

[Wire](https://wire.example.com/bench)
<!-- also: Maison, “Benches” -->
<!-- item: aaaaaaaaaaaa -->
"""

RELEASE = """Castellan opens a school for setters

GENEVA, November 18 – Castellan, the watch and jewelry house, will open a school for 24 setters in
March, in the building where it cut its first stones in 1931.

The course takes 18 months and costs the student nothing, the house said on Wednesday. “We lose a
setter a month to old age,” said Odile Marchetti, who will run the school.

Castellan employs 140 people in Geneva. Its revenue rose 12 percent last year, to 96 million francs.
"""


@pytest.fixture
def file(workspace):
    return workspace.issues / SLUG / "issue.md"


@pytest.fixture
def candidates(workspace):
    path = workspace.issues / SLUG / "candidates.md"
    path.write_text(CANDIDATE, encoding="utf-8")
    return path


def seen(path, headline):
    parts = parts_of(path.read_text(encoding="utf-8"), file="")
    block = next(part.text for part in parts if part.title == headline)
    return Seen(digest(block), block)


def test_an_edit_is_written_and_undone_to_the_byte(workspace, file):
    before = file.read_bytes()
    done = revise(workspace, SLUG, Drop(seen(file, GOLD)), what="dropping gold")
    assert done == Revised(changed=True)
    assert GOLD.encode() not in file.read_bytes()
    assert last_step(workspace, SLUG) == "dropping gold"
    assert undo(workspace, SLUG) == "dropping gold"
    assert file.read_bytes() == before
    assert last_step(workspace, SLUG) is None


def test_a_candidate_comes_in_and_a_brief_is_held_over_and_both_are_undone(
    workspace, file, candidates
):
    old = file.read_bytes(), candidates.read_bytes()
    offered = seen(candidates, "A bench for hire")
    revise(workspace, SLUG, Bring(offered, Spot(section="latest")), what="bringing in")
    assert "A bench for hire" in file.read_text(encoding="utf-8")
    assert candidates.read_text(encoding="utf-8") == "# Candidates\n"
    revise(workspace, SLUG, HoldOver(seen(file, PEARLS), date(2026, 12, 4)), what="holding over")
    assert "held over: until 2026-12-04" in candidates.read_text(encoding="utf-8")
    undo(workspace, SLUG)
    undo(workspace, SLUG)
    assert (file.read_bytes(), candidates.read_bytes()) == old


def test_holding_over_begins_a_list_of_candidates(workspace, file):
    revise(workspace, SLUG, HoldOver(seen(file, PEARLS), date(2026, 12, 4)), what="")
    text = file.with_name("candidates.md").read_text(encoding="utf-8")
    assert text.startswith("# Candidates\n\nMove a block into issue.md to use it.\n\n### A pearl")


def test_an_undo_keeps_what_somebody_wrote_elsewhere(workspace, file):
    before = file.read_text(encoding="utf-8")
    revise(workspace, SLUG, Drop(seen(file, PEARLS)), what="")
    now = file.read_text(encoding="utf-8").replace("Good morning", "Good evening")
    file.write_text(now, encoding="utf-8")
    undo(workspace, SLUG)
    assert file.read_text(encoding="utf-8") == before.replace("Good morning", "Good evening")


def test_an_undo_refuses_where_the_text_has_moved_on(workspace, file):
    revise(workspace, SLUG, Reword(seen(file, PEARLS), Wording("Pearls")), what="rewording")
    now = file.read_text(encoding="utf-8").replace("### Pearls", "### Pearls, again")
    file.write_text(now, encoding="utf-8")
    with pytest.raises(IssueError, match=f"issues/{SLUG}/issue.md: “rewording” cannot be undone"):
        undo(workspace, SLUG)
    assert file.read_text(encoding="utf-8") == now


def test_so_many_edits_are_kept_and_no_more(workspace, file):
    for number in range(KEPT + 3):
        value = f"Subject {number}"
        old = outline_of(workspace, SLUG).issue.subject
        revise(workspace, SLUG, Head("subject", old, value), what=value)
    for number in reversed(range(3, KEPT + 3)):
        assert undo(workspace, SLUG) == f"Subject {number}"
    with pytest.raises(IssueError, match="nothing to undo"):
        undo(workspace, SLUG)
    assert outline_of(workspace, SLUG).issue.subject == "Subject 2"


def test_what_changes_nothing_is_not_written(workspace, file):
    brief = seen(file, GOLD)
    before = file.stat()
    done = revise(workspace, SLUG, Reword(brief, wording_of(brief.block)), what="")
    assert done == Revised(changed=False)
    assert (file.stat().st_ino, last_step(workspace, SLUG)) == (before.st_ino, None)


def test_a_conflict_writes_nothing(workspace, file):
    brief = seen(file, GOLD)
    now = file.read_text(encoding="utf-8").replace("The mood is calm", "The mood is nervous")
    file.write_text(now, encoding="utf-8")
    conflict = revise(workspace, SLUG, Reword(brief, Wording("Mine")), what="")
    assert isinstance(conflict, Conflict)
    assert "The mood is nervous" in conflict.theirs
    assert file.read_text(encoding="utf-8") == now


def test_what_is_saved_between_the_look_and_the_step_goes_back(workspace, file, monkeypatch):
    """An editor outside replaces the file after it was read and before it changes places."""
    theirs = file.read_text(encoding="utf-8").replace("Good morning", "Good evening")
    real, saved = replacing.exchange, []

    def exchange_late(one, other):
        if not saved:
            saved.append(theirs)
            new = file.with_name("editor.tmp")
            new.write_text(theirs, encoding="utf-8")
            new.replace(file)
        return real(one, other)

    monkeypatch.setattr(replacing, "exchange", exchange_late)
    revise(workspace, SLUG, Reword(seen(file, PEARLS), Wording("Pearls")), what="")
    text = file.read_text(encoding="utf-8")
    assert "Good evening" in text
    assert "### Pearls\n" in text
    assert sorted(path.name for path in file.parent.iterdir()) == ["issue.md"]


def test_who_saves_twice_in_one_moment_keeps_both(tmp_path, monkeypatch):
    file = tmp_path / "issue.md"
    file.write_text("old", encoding="utf-8")
    real, saves = replacing.exchange, ["theirs", "theirs again"]

    def exchange_late(one, other):
        file.write_text(saves.pop(0), encoding="utf-8")
        return real(one, other)

    monkeypatch.setattr(replacing, "exchange", exchange_late)
    with pytest.raises(IssueError, match=r"issue-saved-meanwhile\.md is the later"):
        replaced(file, "old", "mine")
    assert file.read_text(encoding="utf-8") == "theirs"
    assert (tmp_path / "issue-saved-meanwhile.md").read_text(encoding="utf-8") == "theirs again"


def test_a_file_that_is_being_saved_is_read_again(workspace, file, clock):
    """Some editors empty a file before they write it."""
    whole = file.read_text(encoding="utf-8")
    brief = seen(file, PEARLS)
    file.write_text("", encoding="utf-8")
    slept = clock.sleep

    def sleep(seconds):
        file.write_text(whole, encoding="utf-8")
        slept(seconds)

    clock.sleep = sleep
    assert revise(workspace, SLUG, Reword(brief, Wording("Pearls")), what="") == Revised(True)
    assert "### Pearls\n" in file.read_text(encoding="utf-8")


def test_a_file_that_is_wrong_says_where(workspace, file):
    brief = seen(file, PEARLS)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("number: 47", "nummer: 47"), encoding="utf-8")
    with pytest.raises(IssueError, match=rf"issues/{SLUG}/issue.md:5: unknown key “nummer”"):
        revise(workspace, SLUG, Reword(brief, Wording("Pearls")), what="")


def test_a_file_is_never_written_over_another_one(tmp_path):
    file = tmp_path / "issue.md"
    assert replaced(file, None, "first")
    assert not replaced(file, None, "second")
    assert not replaced(file, "third", "fourth")
    assert replaced(file, "first", "fifth\r\n")
    assert file.read_bytes() == b"fifth\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["issue.md"]


def test_two_files_change_places(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1", encoding="utf-8")
    other.write_text("2", encoding="utf-8")
    assert exchange(one, other)
    assert (one.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")) == ("2", "1")
    with pytest.raises(FileNotFoundError):
        exchange(one, tmp_path / "none")


def test_the_lock_holds_across_processes(tmp_path):
    code = (
        "import sys; from pathlib import Path; from newsletter.issues.replacing import locked\n"
        "with locked(Path(sys.argv[1])): print('mine', flush=True)"
    )
    with locked(tmp_path):
        process = subprocess.Popen(
            [sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True
        )
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
    assert process.communicate(timeout=60)[0] == "mine\n"


def test_edits_of_many_hands_are_all_there(workspace, file):
    """Eight threads reword a brief each, at once: nobody waits for ever, nothing is lost."""
    here = replace(workspace, clock=SystemClock())
    briefs = outline_of(here, SLUG).rows[:8]

    def work(row):
        for turn in range(5):
            now = outline_of(here, SLUG).rows[row.number - 1]
            new = Wording(f"Row {row.number} turn {turn}", row.brief.text, "", "")
            assert isinstance(
                revise(here, SLUG, Reword(Seen(now.digest, now.block), new), what=""), Revised
            )

    threads = [threading.Thread(target=work, args=(row,)) for row in briefs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [row.brief.headline for row in outline_of(here, SLUG).rows][:8]
    assert told == [f"Row {row.number} turn 4" for row in briefs]


def test_the_outline_tells_what_stands_where(workspace, file):
    made = outline_of(workspace, SLUG)
    assert [(group.key, len(group.rows)) for group in made.groups][:3] == [
        ("lead", 1),
        ("latest", 6),
        ("the-figure", 1),
    ]
    assert made.rows[0].digest == seen(file, GOLD).digest
    assert made.missing == ()


def test_a_move_into_a_section_the_issue_lacks_makes_it(workspace, file):
    text = file.read_text(encoding="utf-8").replace("## The Latest", "## Older")
    file.write_text(text, encoding="utf-8")
    assert [group.key for group in outline_of(workspace, SLUG).missing] == ["latest"]
    revise(workspace, SLUG, Move(seen(file, GOLD), Spot(section="latest")), what="")
    made = outline_of(workspace, SLUG)
    assert [row.brief.headline for group in made.groups if group.key == "latest"
            for row in group.rows] == [GOLD]  # fmt: skip


def test_candidates_tell_why_they_stand_there(workspace, candidates):
    (offered,) = candidates_of(workspace, SLUG)
    assert offered.why == (
        "ran before: in 2026-11-13, as “A bench” (the same address)",
        "also: Maison, “Benches”",
    )


def test_a_press_release_becomes_a_brief_with_its_source_beside_it(workspace, file):
    made = pasting.paste_release(workspace, SLUG, RELEASE)
    assert len(made.results[0].items) == 1
    offered = candidates_of(workspace, SLUG)
    brief = next(
        brief
        for brief in (
            *outline_of(workspace, SLUG).issue.briefs,
            *(one.row.brief for one in offered),
        )
        if brief.headline.startswith("Castellan opens")
    )
    wrong = replace(
        brief,
        text="Castellan opens a school for two dozen setters under Odile Marchand. It rose 12% "
        "and “loses a setter a year”.",
    )
    held = beside(workspace, SLUG, wrong)
    told = {one.text: one for one in held.text if one.claim}
    source = {one.place: one.text for one in held.source if one.place}
    assert source[told["12%"].place] == "12 percent"
    assert not told["loses a setter a year"].claim.supported
    assert source[told["two dozen"].place] == "24"
    assert told["Marchand"].place == told["two dozen"].place  # in the passage that comes nearest
    assert not told["Marchand"].claim.supported
    assert held.lacking == 2
    assert "".join(one.text for one in held.text) == wrong.text


def test_a_brief_without_an_item_has_nothing_beside_it(workspace):
    assert beside(workspace, SLUG, outline_of(workspace, SLUG).rows[0].brief) is None


def test_a_file_is_pasted_into_a_workspace_opened_in_its_own_folder(workspace, monkeypatch):
    """Without -C its root is “.”, and so is the folder of what is being read."""
    monkeypatch.chdir(workspace.root)
    note = b"# A house opens a bench\n\nIn Lyon, for eleven setters and four apprentices a year."
    pasted = pasting.paste_file(replace(workspace, root=Path()), SLUG, "note.md", note)
    assert [item.title for item in pasted.results[0].items] == ["A house opens a bench"]


def test_a_mail_becomes_items_and_a_bad_file_is_named(workspace):
    mail = (
        "From: press@castellan.example.com\r\nSubject: Castellan opens a school for setters\r\n"
        "Date: Wed, 18 Nov 2026 09:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + RELEASE.split("\n", 2)[2].replace("\n", "\r\n")
    )
    made = pasting.paste_file(workspace, SLUG, "release.eml", mail.encode())
    assert [item.title for item in made.results[0].items] == [
        "Castellan opens a school for setters"
    ]
    with pytest.raises(GatherError, match=r"^nothing\.txt: is empty"):
        pasting.paste_file(workspace, SLUG, "/tmp/nothing.txt", b" ")
    assert not list(workspace.state.glob("pasted-*"))


@pytest.mark.parametrize(
    ("give", "sentence"),
    [
        (lambda one: pasting.paste_text(one, SLUG, " \n"), "there is nothing here"),
        (lambda one: pasting.paste_release(one, SLUG, "Only a headline"), "paste both"),
        (lambda one: pasting.paste_address(one, SLUG, "trade"), "“trade” is no web address"),
    ],
)
def test_what_cannot_be_pasted_says_so(workspace, give, sentence):
    with pytest.raises(GatherError, match=sentence):
        give(workspace)


def test_gather_does_not_write_over_what_was_saved_meanwhile(workspace, file, monkeypatch):
    from newsletter.usecases import drafting

    real = drafting.add_blocks

    def added(document, *rest):
        file.write_text(document.text + "\nSaved meanwhile.\n", encoding="utf-8")
        return real(document, *rest)

    monkeypatch.setattr(drafting, "add_blocks", added)
    with pytest.raises(IssueError, match="was saved while this was gathered"):
        gather(workspace, SLUG, place="-", stdin_text=lambda: RELEASE)
    assert file.read_text(encoding="utf-8").endswith("\nSaved meanwhile.\n")
