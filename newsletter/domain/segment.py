"""Segments: a named rule over subscribers, as a small tree of facts and how they are joined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import date, timedelta

Value: TypeAlias = str | int | float | bool

OWN_TEXTS = ("name", "language", "time_zone", "domain")
"""Fields that are no attribute: what the subscriber's own row says, `domain` by the address."""

OWN_MOMENTS = ("created", "subscribed")
"""Since when somebody is known, and on the first of the lists they are on now."""


@dataclass(frozen=True, slots=True)
class Ago:
    """So long before the moment the rule is asked at; after it where the period is negative."""

    period: timedelta


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`; the operator is one of = != < <= > >= like.

    A `date` is a whole day, and stands only beside one of OWN_MOMENTS.
    """

    field: str
    operator: str
    value: Value | date | Ago


@dataclass(frozen=True, slots=True)
class Membership:
    """`field in (values)`."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """`field is null`: the subscriber has no such attribute."""

    field: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """The subscriber has a tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The subscriber is on a list now."""

    list_key: str


class Deed(StrEnum):
    """What became of a mail, or what its reader did with it."""

    RECEIVED = "received"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True)
class Mails:
    """At least so many mails of which this is true, within the time before the moment of asking.

    Opened and clicked are what humans did: nothing of machines, nor of what may have been one.
    `section` is where the clicked link stands, by the section's key; '' is anywhere.
    """

    deed: Deed
    least: int = 1
    within: timedelta | None = None
    section: str = ""


@dataclass(frozen=True, slots=True)
class Every:
    """All rules hold (`and`)."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one rule holds (`or`)."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The rule does not hold (`not`)."""

    rule: Rule


Rule: TypeAlias = (
    Comparison | Membership | Missing | Tagged | Listed | Mails | Every | Either | Negation
)


def fields(rule: Rule) -> frozenset[str]:
    """The names of all attributes a rule asks for."""
    match rule:
        case Every() | Either():
            return frozenset().union(*(fields(one) for one in rule.rules))
        case Negation():
            return fields(rule.rule)
        case Comparison() | Membership() | Missing() if rule.field not in OWN_TEXTS + OWN_MOMENTS:
            return frozenset((rule.field,))
    return frozenset()
