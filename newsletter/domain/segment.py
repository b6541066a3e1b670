"""Segments: a named rule over subscribers, as a small tree of comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`; the operator is one of = != < <= > >= like."""

    field: str
    operator: str
    value: Value


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


Rule: TypeAlias = Comparison | Membership | Missing | Every | Either | Negation


def fields(rule: Rule) -> frozenset[str]:
    """The names of all attributes a rule asks for."""
    match rule:
        case Every() | Either():
            return frozenset().union(*(fields(one) for one in rule.rules))
        case Negation():
            return fields(rule.rule)
        case _:
            return frozenset((rule.field,))
