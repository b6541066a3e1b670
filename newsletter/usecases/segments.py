"""What an operator asks of segments: which there are, how many and who fits, and what one says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.audience.explaining import explain
from newsletter.audience.segments import parse_segment
from newsletter.audience.vocabulary import Vocabulary
from newsletter.domain.address import masked
from newsletter.domain.segment import fields
from newsletter.errors import ConfigError, SegmentError
from newsletter.store import audience, samples
from newsletter.store.engine import reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.app import Workspace
    from newsletter.domain.segment import Rule, Value


@dataclass(frozen=True, slots=True)
class SegmentSize:
    """A segment of config.yaml, and how many of all people in it may be mailed."""

    name: str
    expression: str
    people: int


@dataclass(frozen=True, slots=True)
class Specimen:
    """Somebody in a segment, with the attributes its rule asks for."""

    address: str
    lists: tuple[str, ...]
    attributes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an expression says, in words of several lines."""

    expression: str
    words: str


def segment_rule(workspace: Workspace, segment: str | None) -> Rule | None:
    """The rule of a segment of config.yaml; ConfigError when there is none of that name."""
    return named_rule(workspace, segment) if segment else None


def named_rule(workspace: Workspace, segment: str) -> Rule:
    """The rule of a segment of config.yaml; ConfigError when there is none of that name."""
    segments = workspace.settings.segments
    if segment not in segments:
        known = ", ".join(segments) or "none"
        raise ConfigError(f"there is no segment “{segment}”; config.yaml has: {known}")
    try:
        return rule_of(workspace, segments[segment])
    except SegmentError as error:
        error.file = "config.yaml"
        raise


def rule_of(workspace: Workspace, expression: str) -> Rule:
    """The rule an expression stands for here; SegmentError, also for names that are misspelt."""
    settings = workspace.settings
    types = {name: rule.type for name, rule in settings.attributes.items()}
    return parse_segment(expression, Vocabulary(types, tuple(settings.lists)))


def asked_at(workspace: Workspace) -> datetime:
    """The moment a rule is asked at: now, in the publication's zone, where its days begin."""
    return workspace.clock.now().astimezone(workspace.settings.publication.zone)


def list_segments(workspace: Workspace) -> tuple[SegmentSize, ...]:
    """Every segment of config.yaml."""
    return tuple(
        SegmentSize(name, expression, count_segment(workspace, named_rule(workspace, name)))
        for name, expression in workspace.settings.segments.items()
    )


def count_segment(workspace: Workspace, rule: Rule, list_key: str | None = None) -> int:
    """How many people a rule finds who may be mailed, of all or of those on a list."""
    with reading(workspace.engine) as connection:
        return audience.count_people(
            connection, now=asked_at(workspace), list_key=list_key, rule=rule
        )


def sample_segment(
    workspace: Workspace, rule: Rule, number: int, *, addresses: bool = False
) -> tuple[Specimen, ...]:
    """Some of those a rule finds who may be mailed, drawn by lot, the same each time."""
    asked = sorted(fields(rule))
    with reading(workspace.engine) as connection:
        found = samples.draw(connection, rule, number, now=asked_at(workspace))
    return tuple(
        Specimen(
            one.address if addresses else masked(one.address),
            one.lists,
            {name: one.attributes[name] for name in asked if name in one.attributes},
        )
        for one in found
    )


def explain_segment(workspace: Workspace, segment: str) -> Explanation:
    """A segment of config.yaml, or an expression, in words; one word alone is no expression."""
    if segment in workspace.settings.segments or segment.isidentifier():
        rule = named_rule(workspace, segment)
        return Explanation(workspace.settings.segments[segment], explain(rule))
    return Explanation(segment, explain(rule_of(workspace, segment)))
