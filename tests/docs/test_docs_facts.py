"""What the pages say of states, answers, faults, segments and files is what the program does."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from newsletter.audience.fields import Terms
from newsletter.audience.presets import PRESETS
from newsletter.audience.rows import people_file
from newsletter.audience.segments import parse_segment
from newsletter.delivery.policy import LONGEST_WAIT, MOST_UNKNOWN, PATIENCE
from newsletter.domain.audience import Entry, Field
from newsletter.domain.campaign import (
    BATCH_MOVES,
    CAMPAIGN_MOVES,
    SMALL_AUDIENCE,
    SMALL_BATCH,
    DeliveryState,
)
from newsletter.domain.event import ARRIVAL, EventKind
from newsletter.domain.occurrence import OCCURRENCE_MOVES
from newsletter.errors import Refusal, SegmentError
from newsletter.issues.codec import parse
from newsletter.issues.front_matter import KEYS
from newsletter.providers.simulator.faults import FaultKind, parse_fault
from newsletter.render.environment import FILTER_NAMES


@pytest.fixture
def operator(pages):
    """The operator's pages as one."""
    return "\n".join(page for page in pages.values() if "\nFor the operator. " in page)


@pytest.fixture
def editor(pages):
    return pages["docs/editor.md"]


def first(table):
    return [row[0].strip("`") for row in table]


@pytest.mark.parametrize(
    ("title", "moves"),
    [
        ("States of a campaign", CAMPAIGN_MOVES),
        ("States of a batch", BATCH_MOVES),
        ("States of an occurrence", OCCURRENCE_MOVES),
    ],
)
def test_states_and_their_moves(title, moves, operator, section, rows):
    table = rows(section(operator, title))
    told = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2])) for row in table}
    assert told == {state.value: {after.value for after in moves[state]} for state in moves}


def test_states_of_a_delivery(operator, section, rows):
    table = rows(section(operator, "States of a delivery"))
    assert first(table) == [state.value for state in DeliveryState]


def test_every_fault_is_told_and_is_one(operator, section, rows):
    table = rows(section(operator, "Faults on demand"))
    assert first(table) == [kind.value for kind in FaultKind]
    assert all(parse_fault(name).kind == name for name in first(table))


def test_every_kind_of_event_is_told(operator, section, rows):
    table = rows(section(operator, "Events"))
    assert set(first(table)) == {kind.value for kind in EventKind} | {ARRIVAL[0]}


def test_every_refusal_is_told(operator, section, rows):
    assert set(first(rows(section(operator, "Rejected")))) == {one.value for one in Refusal}


def test_the_limits_are_the_real_ones(operator, section):
    text = section(operator, "Sending")
    for number in (SMALL_AUDIENCE, SMALL_BATCH, PATIENCE, MOST_UNKNOWN, int(LONGEST_WAIT // 60)):
        assert re.search(rf"\b{number:,}\b", text), number


def test_segments_that_are_understood(operator, section, rows):
    expressions = first(rows(section(operator, "What is understood")))
    assert len(expressions) > 8
    assert all(parse_segment(expression) for expression in expressions)


def test_segments_that_are_refused(operator, section, rows):
    expressions = first(rows(section(operator, "What is refused")))
    assert len(expressions) > 6
    for expression in expressions:
        with pytest.raises(SegmentError):
            parse_segment(expression)


def test_the_file_of_people_is_one(operator, section, tmp_path):
    told = section(operator, "Coming and going")
    block = re.search(r"^```csv\n(.*?)^```$", told, re.DOTALL | re.MULTILINE)
    path = tmp_path / "people.csv"
    path.write_text(block[1], encoding="utf-8")
    terms = Terms(datetime(2026, 11, 27, tzinfo=UTC), frozenset({"weekly", "gems"}), (), {})
    with people_file(path) as file:
        read = list(file.rows(terms))
    assert len(read) == 3
    assert all(isinstance(row, Entry) for row in read)
    assert [one.key for one in read[0].lists] == ["weekly", "gems"]
    assert read[0].tags == ("vip", "press")


def test_every_field_of_a_file_of_people_stands_in_its_table(operator, section, rows):
    table = rows(section(operator, "Coming and going"))
    told = {name for row in table for name in re.findall(r"`(\w+)`", row[0])}
    assert told >= set(Field)


def test_every_program_whose_exports_are_known_is_named(operator, section, rows):
    told = {row[0] for row in rows(section(operator, "Coming from another program"))}
    assert told == {preset.title.split()[0] for preset in PRESETS}


def test_the_example_issue_is_one(editor, section):
    block = re.search(r"^````markdown\n(.*?)^````$", editor, re.DOTALL | re.MULTILINE)
    issue = parse(block[1], slug="2026-11-27", file="issue.md").issue
    assert [[brief.headline for brief in one.briefs] for one in issue.sections] == [
        ["Maison Aubrac reopens its Lyon bench"],
        ["Grading queues now cost more than the grade", "How a mark is struck"],
    ]
    lead = issue.sections[0].briefs[0]
    assert (lead.source, lead.item) == ("Maison Journal", "b273e2a2e8a3")
    assert "## not a section" in issue.sections[1].briefs[1].text
    assert (issue.list_key, issue.segment) == ("weekly", "trade")


def test_every_key_of_the_front_matter_is_told(editor, section, rows):
    assert tuple(first(rows(section(editor, "Front matter")))) == KEYS


def test_every_filter_and_name_of_a_theme_is_told(pages, section):
    text = section(pages["docs/contributor.md"], "Make a theme")
    for name in (*FILTER_NAMES, "fallback", "wrap"):
        assert f"`{name}`" in text, name


def test_every_package_has_a_row_among_the_layers(pages, section, rows, repository):
    table = rows(section(pages["docs/contributor.md"], "The layers"))
    told = {part for row in table for part in re.findall(r"newsletter/(\w+)", row[0])}
    parts = {path.stem for path in (repository / "newsletter").glob("[a-z]*")}
    assert told == parts - {"py"}
