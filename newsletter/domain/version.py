"""Versions: which readers get identical bytes, from the audiences an issue names.

A section or brief may be for a segment (`retailers`) or for all others (`not retailers`). What a
reader sees depends only on which of the named segments they are in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from newsletter.domain.trial import of_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.issue import Issue, Section

EVERYBODY = "all"
"""The version of an issue that names no audience."""

MOST_SEGMENTS = 4
"""Segments one issue may name: each doubles the versions a person would have to look at."""

_LONGEST_KEY = 38
"""The 40 characters of its column, less what a subject on trial adds: see domain.trial."""


@dataclass(frozen=True, slots=True)
class Version:
    """What the readers of some memberships see. `memberships` holds sets of segment names: a reader
    belongs here when the named segments they are in are one of these sets.
    """

    key: str
    issue: Issue
    memberships: tuple[frozenset[str], ...]


def named_segments(issue: Issue) -> tuple[str, ...]:
    """The segments an issue's sections and briefs name, each once, in reading order."""
    return tuple(dict.fromkeys(_segment(audience) for audience in _audiences(issue) if audience))


def versions(issue: Issue) -> tuple[Version, ...]:
    """Every distinct thing readers can see, those in most segments first.

    The caller refuses an issue that names more than `MOST_SEGMENTS`.
    """
    names = named_segments(issue)
    seen: dict[Issue, list[frozenset[str]]] = {}
    for size in range(len(names), -1, -1):
        for chosen in combinations(names, size):
            members = frozenset(chosen)
            seen.setdefault(seen_by(issue, members), []).append(members)
    return tuple(
        Version(_key(names, memberships, len(seen)), view, tuple(memberships))
        for view, memberships in seen.items()
    )


def tried(version: Version) -> Iterator[Version]:
    """A version, and what its readers get under each subject on trial."""
    yield version
    for place, subject in enumerate(version.issue.subjects, 1):
        issue = replace(version.issue, subject=subject)
        yield replace(version, key=of_subject(version.key, place), issue=issue)


def seen_by(issue: Issue, members: frozenset[str]) -> Issue:
    """The issue as readers in exactly these of its named segments see it, without sections in
    which nothing is left for them.
    """
    sections = (
        replace(
            section,
            briefs=tuple(brief for brief in section.briefs if _sees(brief.audience, members)),
        )
        for section in issue.sections
        if _sees(section.audience, members)
    )
    return replace(issue, sections=tuple(filter(_shows, sections)))


def _shows(section: Section) -> bool:
    """A divider is a mere heading; any other section needs a brief or words of its own."""
    return bool(section.briefs or section.intro.strip() or section.component == "divider")


def _audiences(issue: Issue) -> Iterator[str]:
    for section in issue.sections:
        yield section.audience
        for brief in section.briefs:
            yield brief.audience


def _segment(audience: str) -> str:
    return audience.removeprefix("not ").strip()


def _sees(audience: str, members: frozenset[str]) -> bool:
    if not audience:
        return True
    return (_segment(audience) in members) is not audience.startswith("not ")


def _key(names: tuple[str, ...], memberships: list[frozenset[str]], distinct: int) -> str:
    """`all`, `retailers`, `retailers+press`, `others`; a digest where the names are too long."""
    if distinct == 1:
        return EVERYBODY
    smallest = min(memberships, key=lambda members: (len(members), sorted(members)))
    key = "+".join(name for name in names if name in smallest) or "others"
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{key[:31]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
