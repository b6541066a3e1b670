"""Sold slots of a workspace: placed by gather, held by check, run by a send, and made good."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter.errors import IssueError
from newsletter.usecases import editing, planning, rendering, sending, sponsors
from newsletter.usecases.due import send_due
from newsletter.usecases.gathering import gather

FIRST, SECOND, THIRD = "2026-11-20", "2026-11-27", "2026-12-04"
SOLD = """\
halden-cover:
  sponsor: Halden & Voss
  dates: [{dates}]
  section: latest
  place: 1
  headline: Insurance that knows what a bench is worth
  text: Cover for stock, stones on memo and tools.
  link: https://halden.example.com/cover
  label: Sponsored by Halden & Voss
"""


@pytest.fixture
def sold(workspace):
    """Sell the slot for these days."""

    def make(dates):
        text = SOLD.format(dates=dates)
        (workspace.root / "sponsors.yaml").write_text(text, encoding="utf-8")

    return make


@pytest.fixture
def new(workspace):
    """An issue of that day, ready to be approved."""

    def make(slug):
        editing.new_issue(workspace, slug)
        path = workspace.issues / slug / "issue.md"
        text = path.read_text(encoding="utf-8").replace('subject: ""', f"subject: News of {slug}")
        path.write_text(
            f"{text}\n### Pearls of {slug}\n\nA farm counts them.\n\n"
            f"[Trade Wire](https://trade.example.com/{slug})\n",
            encoding="utf-8",
        )

    return make


def send(workspace, slug):
    rendering.approve(workspace, slug, by="Ada")
    plan = planning.plan_send(workspace, slug, list_key="weekly", segment=None)
    sending.freeze(workspace, plan, at=workspace.clock.now(), by="Ada")
    send_due(workspace)


def standings(workspace, slug=None):
    return [
        (str(slot.day), slot.issue, slot.standing.value, slot.instead)
        for slot in sponsors.overview(workspace, slug)
    ]


def codes(workspace, slug):
    found = rendering.render_issue(workspace, slug).findings
    return {finding.code for finding in found if finding.code.startswith("sponsor-")}


def test_what_is_sold_is_placed_once_and_then_left_alone(workspace, sold):
    sold(FIRST)
    (due,) = sponsors.place(workspace, FIRST)
    text = (workspace.issues / FIRST / "issue.md").read_text(encoding="utf-8")
    assert due.booking.block in text
    assert codes(workspace, FIRST) == set()
    assert sponsors.place(workspace, FIRST) == ()
    assert (workspace.issues / FIRST / "issue.md").read_text(encoding="utf-8") == text
    (piece,) = sponsors.placed(workspace, FIRST)
    assert (piece.slot, piece.sponsor, piece.section, piece.place, piece.brief.headline) == (
        "halden-cover",
        "Halden & Voss",
        "latest",
        1,
        "Insurance that knows what a bench is worth",
    )


def test_gather_places_what_is_sold(workspace, sold):
    sold(FIRST)
    config = workspace.root / "config.yaml"
    assert config.exists()
    (workspace.root / "inbox").mkdir(exist_ok=True)
    gather(workspace, FIRST)
    assert standings(workspace) == [(FIRST, FIRST, "placed", "")]


def test_an_issue_without_what_is_sold_cannot_be_approved(workspace, sold):
    sold(FIRST)
    assert codes(workspace, FIRST) == {"sponsor-missing"}
    with pytest.raises(IssueError, match="“halden-cover” of Halden & Voss is missing"):
        rendering.approve(workspace, FIRST, by="Ada")


def test_nor_can_one_in_which_it_was_altered(workspace, sold):
    sold(FIRST)
    sponsors.place(workspace, FIRST)
    path = workspace.issues / FIRST / "issue.md"
    path.write_text(
        path.read_text(encoding="utf-8").replace("stones on memo", "stones"), encoding="utf-8"
    )
    with pytest.raises(IssueError, match="another text"):
        rendering.approve(workspace, FIRST, by="Ada")


def test_what_an_issue_failed_to_run_is_owed_and_runs_in_the_next(
    workspace, sold, new, subscribe, clock
):
    subscribe(2)
    send(workspace, FIRST)
    sold(f"{FIRST}, {THIRD}")
    assert standings(workspace) == [
        (FIRST, FIRST, "owed", ""),
        (THIRD, "", "sold", ""),
    ]
    new(SECOND)
    assert codes(workspace, SECOND) == {"sponsor-owed"}
    (due,) = sponsors.place(workspace, SECOND)
    assert due.owed_since == date(2026, 11, 20)
    assert codes(workspace, SECOND) == set()
    assert standings(workspace, SECOND) == [(FIRST, FIRST, "owed", SECOND)]
    send(workspace, SECOND)
    assert standings(workspace) == [
        (FIRST, FIRST, "made good", SECOND),
        (THIRD, "", "sold", ""),
    ]
    new(THIRD)
    assert len(sponsors.place(workspace, THIRD)) == 1
    send(workspace, THIRD)
    assert standings(workspace) == [
        (FIRST, FIRST, "made good", SECOND),
        (THIRD, THIRD, "run", ""),
    ]


def test_a_debt_is_paid_in_one_issue_only(workspace, sold, new, subscribe):
    subscribe(1)
    send(workspace, FIRST)
    sold(FIRST)
    new(SECOND)
    new(THIRD)
    sponsors.place(workspace, SECOND)
    assert sponsors.place(workspace, THIRD) == ()
    assert codes(workspace, THIRD) == set()


def test_what_ran_is_told_by_what_was_approved_and_not_by_later_edits(workspace, sold, subscribe):
    subscribe(1)
    sold(FIRST)
    sponsors.place(workspace, FIRST)
    send(workspace, FIRST)
    path = workspace.issues / FIRST / "issue.md"
    path.write_text(
        path.read_text(encoding="utf-8").replace("<!-- sponsor: halden-cover -->\n", ""),
        encoding="utf-8",
    )
    assert standings(workspace) == [(FIRST, FIRST, "run", "")]
    assert len(sponsors.placed(workspace, FIRST)) == 1


def test_a_day_that_passed_without_an_issue_is_dead_and_owed(workspace, sold, new):
    sold("2026-11-13")
    new(SECOND)
    assert standings(workspace) == [("2026-11-13", "", "owed", "")]
    assert codes(workspace, SECOND) == {"sponsor-dead-date", "sponsor-owed"}


def test_a_piece_that_is_not_sold_for_the_issue_is_told(workspace, sold):
    sold(FIRST)
    sponsors.place(workspace, FIRST)
    sold("2027-01-15")
    assert codes(workspace, FIRST) == {"sponsor-unsold"}


def test_a_paid_piece_may_run_again_and_is_no_old_news(workspace, sold, new, subscribe):
    subscribe(1)
    sold(f"{FIRST}, {SECOND}")
    sponsors.place(workspace, FIRST)
    send(workspace, FIRST)
    new(SECOND)
    sponsors.place(workspace, SECOND)
    from newsletter.usecases.checking import check_issue

    found = check_issue(workspace, SECOND, offline=True).findings
    places = {finding.place for finding in found}
    (piece,) = sponsors.placed(workspace, SECOND)
    assert f"issue.md:{piece.brief.line}" not in places


def test_a_section_that_is_none_is_told_with_its_line(workspace, sold):
    sold(FIRST)
    path = workspace.root / "sponsors.yaml"
    path.write_text(path.read_text().replace("section: latest", "section: jobs"))
    with pytest.raises(IssueError, match=r"sponsors\.yaml:4: there is no section “jobs”"):
        sponsors.overview(workspace)


def test_without_the_file_nothing_is_sold(workspace):
    assert sponsors.overview(workspace) == ()
    assert sponsors.placed(workspace, FIRST) == ()


def two(workspace, *, first, second):
    """Two slots at the first place of the same section."""
    other = SOLD.replace("halden-cover", "corrin-loans").replace("Halden & Voss", "Corrin & Lane")
    text = SOLD.format(dates=first) + other.format(dates=second)
    (workspace.root / "sponsors.yaml").write_text(text, encoding="utf-8")


def test_one_place_sold_to_two_is_told_with_both(workspace):
    two(workspace, first="2026-11-01/2026-11-30", second=FIRST)
    sponsors.place(workspace, FIRST)
    found = rendering.render_issue(workspace, FIRST).findings
    (twice,) = [finding for finding in found if finding.code == "sponsor-sold-twice"]
    assert twice.place == "sponsors.yaml:10"
    assert twice.message == (
        "place 1 of “latest” is sold to “halden-cover” of Halden & Voss and to “corrin-loans” of "
        "Corrin & Lane"
    )


def test_a_make_good_leaves_its_place_to_whoever_bought_it(workspace, new, subscribe):
    subscribe(1)
    send(workspace, FIRST)
    two(workspace, first=FIRST, second=SECOND)
    new(SECOND)
    assert len(sponsors.place(workspace, SECOND)) == 2
    assert codes(workspace, SECOND) == set()
    assert [(piece.slot, piece.place) for piece in sponsors.placed(workspace, SECOND)] == [
        ("corrin-loans", 1),
        ("halden-cover", 3),
    ]


def test_a_piece_that_nobody_has_written_yet_holds_its_issue_up_and_no_other(workspace, sold, new):
    sold(f"{FIRST}, {SECOND}")
    path = workspace.root / "sponsors.yaml"
    path.write_text(path.read_text().split("  headline")[0])
    new(THIRD)
    assert codes(workspace, FIRST) == {"sponsor-unwritten"}
    assert codes(workspace, THIRD) == set()
    assert sponsors.place(workspace, FIRST) == ()


def test_a_span_without_an_issue_is_shown_and_owed_once_it_has_passed(workspace, sold, new, clock):
    sold("2026-12-04/2026-12-18")
    assert standings(workspace) == [("2026-12-04", "", "sold", "")]
    clock.advance(30 * 86400)
    assert standings(workspace) == [("2026-12-18", "", "owed", "")]
    sold("2026-11-14/2026-11-21")
    assert standings(workspace) == [(FIRST, FIRST, "missing", "")]


def test_an_issue_that_has_left_takes_nothing_more(workspace, sold, subscribe):
    subscribe(1)
    send(workspace, FIRST)
    sold(FIRST)
    with pytest.raises(IssueError, match="has begun to leave"):
        sponsors.place(workspace, FIRST)
    (workspace.root / "inbox").mkdir(exist_ok=True)
    gather(workspace, FIRST)
    assert b"halden" not in (workspace.issues / FIRST / "issue.md").read_bytes()


def test_a_mistake_in_sponsors_yaml_is_told_before_anything_is_gathered(workspace, sold):
    sold("soon")
    before = (workspace.issues / FIRST / "issue.md").read_bytes()
    with pytest.raises(IssueError, match=r"sponsors\.yaml:3"):
        gather(workspace, FIRST)
    assert (workspace.issues / FIRST / "issue.md").read_bytes() == before
    assert not (workspace.issues / FIRST / "gathered").exists()
