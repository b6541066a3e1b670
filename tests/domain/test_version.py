"""Versions: who sees what, each distinct view once."""

from dataclasses import replace
from datetime import date
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.issue import Brief, Issue, Section
from newsletter.domain.version import named_segments, seen_by, versions

NAMES = ("retailers", "press", "makers")
audiences = st.sampled_from(["", *NAMES, *(f"not {name}" for name in NAMES)])


@st.composite
def issues(draw):
    lines = iter(range(1, 100))
    sections = tuple(
        Section(
            "s",
            "Section",
            tuple(
                Brief(f"Brief {next(lines)}", audience=draw(audiences))
                for _ in range(draw(st.integers(0, 3)))
            ),
            line=next(lines),
            audience=draw(audiences),
        )
        for _ in range(draw(st.integers(0, 3)))
    )
    return Issue("2026-11-27", date(2026, 11, 27), "Gold", "And more", sections)


def subsets(names):
    return [
        frozenset(chosen)
        for chosen in chain.from_iterable(
            combinations(names, size) for size in range(len(names) + 1)
        )
    ]


def headlines(issue):
    return [brief.headline for brief in issue.briefs]


@given(issues())
def test_every_membership_has_exactly_one_version_and_it_is_what_they_see(issue):
    made = versions(issue)
    held = [members for version in made for members in version.memberships]
    assert sorted(held, key=sorted) == sorted(subsets(named_segments(issue)), key=sorted)
    for version in made:
        for members in version.memberships:
            assert seen_by(issue, members) == version.issue


@given(issues())
def test_versions_differ_in_what_is_seen_and_in_their_keys(issue):
    made = versions(issue)
    assert len({version.issue for version in made}) == len(made)
    assert len({version.key for version in made}) == len(made)
    assert all(0 < len(version.key) <= 40 for version in made)


def an_issue(*briefs, section=""):
    return Issue(
        "x", date(2026, 1, 1), "s", "p", (Section("a", "A", tuple(briefs), audience=section),)
    )


def test_a_heading_with_nothing_left_below_it_makes_no_version():
    briefs = (Brief("One"),)
    shown, empty = Section("a", "A", briefs), Section("b", "B", (), audience="press")
    issue = Issue("2026-11-27", date(2026, 11, 27), "Gold", "And more", (shown, empty))
    assert [version.key for version in versions(issue)] == ["all"]
    divider = replace(issue, sections=(shown, replace(empty, component="divider")))
    assert [version.key for version in versions(divider)] == ["press", "others"]


def test_an_issue_without_audiences_has_one_version():
    (version,) = versions(an_issue(Brief("for all")))
    assert version.key == "all"
    assert version.memberships == (frozenset(),)


@pytest.mark.parametrize(
    ("members", "seen"),
    [
        (set(), ["for all", "for others"]),
        ({"retailers"}, ["for all", "for retailers"]),
    ],
)
def test_a_negation_is_for_all_others(members, seen):
    issue = an_issue(
        Brief("for all"),
        Brief("for retailers", audience="retailers"),
        Brief("for others", audience="not retailers"),
    )
    assert headlines(seen_by(issue, frozenset(members))) == seen
    assert {version.key for version in versions(issue)} == {"retailers", "others"}


def test_a_section_hides_its_briefs():
    issue = an_issue(Brief("inside"), section="press")
    assert headlines(seen_by(issue, frozenset())) == []


def test_many_long_names_still_fit_the_key():
    names = [f"a-segment-with-a-rather-long-name-{number}" for number in "abcd"]
    keys = {v.key for v in versions(an_issue(*(Brief(name, audience=name) for name in names)))}
    assert len(keys) == 16
    assert max(map(len, keys)) <= 40
