"""Whether a rule holds for one person or item: true, false or unknown, as SQL counts with NULL.

This is what `store.segments` says in SQL, in plain Python. A number is compared with values that
are numbers or read as plain decimal ones, true and false likewise, text with text; anything else,
or nothing, makes a comparison unknown.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from newsletter.domain.segment import (
    Ago,
    Comparison,
    Deed,
    Either,
    Every,
    Listed,
    Mails,
    Membership,
    Missing,
    Negation,
    Tagged,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from newsletter.domain.segment import Rule

Fact: TypeAlias = Value | datetime

_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?\Z", re.ASCII)
_FLAGS = {"true": True, "false": False}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to a person: when it was received, first opened and first clicked by a human, if
    ever, and each click of theirs with the section the link stands in.
    """

    received: datetime | None = None
    opened: datetime | None = None
    clicked: datetime | None = None
    clicks: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a subscriber beside plain values."""

    tags: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    mails: tuple[Mail, ...] = ()


def matches(
    rule: Rule,
    values: Mapping[str, Fact | None],
    *,
    now: datetime | None = None,
    person: Person | None = None,
) -> bool | None:
    """Whether `rule` holds for these values; None where nobody can tell.

    `now` is the moment that periods are counted back from, and its zone the one days begin in.
    Without it, and about tags, lists and mails without `person`, nothing can be told.
    """
    match rule:
        case Every(rules):
            answers = (matches(one, values, now=now, person=person) for one in rules)
            return _joined(answers, decisive=False)
        case Either(rules):
            answers = (matches(one, values, now=now, person=person) for one in rules)
            return _joined(answers, decisive=True)
        case Negation(inner):
            answer = matches(inner, values, now=now, person=person)
            return None if answer is None else not answer
        case Tagged() | Listed() | Mails():
            return None if person is None else _known(rule, person, now)
    return _compared(rule, values.get(rule.field), now)


def _joined(answers: Iterable[bool | None], *, decisive: bool) -> bool | None:
    """The decisive answer if there is one, else unknown if there is one, else the other."""
    known = set(answers)
    if decisive in known:
        return decisive
    return None if None in known else not decisive


def _known(rule: Tagged | Listed | Mails, person: Person, now: datetime | None) -> bool | None:
    match rule:
        case Tagged(tag):
            return tag in person.tags
        case Listed(key):
            return key in person.lists
        case Mails():
            return None if now is None else _mailed(rule, person.mails, now)


def _compared(
    rule: Comparison | Membership | Missing, fact: Fact | None, now: datetime | None
) -> bool | None:
    left: Any
    right: Any
    match rule:
        case Missing():
            return fact is None
        case Membership(_, members):
            left = _as_type_of(members[0], fact)
            return None if left is None else left in members
        case Comparison(_, sign, value):
            if isinstance(value, Ago | date):
                left, right = _timed(fact, value, now)
            else:
                left, right = _as_type_of(value, fact), value
            if left is None:
                return None
            return _like(left, right) if sign == "like" else _OPERATORS[sign](left, right)


def _timed(fact: Fact | None, value: date | Ago, now: datetime | None) -> tuple[Any, Any]:
    """Both sides as moments, as days, or as the text of days; None where that cannot be."""
    if now is None:
        return None, None
    right = now - value.period if isinstance(value, Ago) else value
    if isinstance(fact, datetime):
        return (
            (fact, right) if isinstance(value, Ago) else (fact.astimezone(now.tzinfo).date(), right)
        )
    day = right.date() if isinstance(right, datetime) else right
    return (fact if isinstance(fact, str) else None), day.isoformat()


def _as_type_of(value: Value, fact: Fact | None) -> Any:
    """The fact as text, flag or number, whichever the value is; None where it is no such thing."""
    if isinstance(value, bool):
        return (
            fact if isinstance(fact, bool) else _FLAGS.get(fact) if isinstance(fact, str) else None
        )
    if isinstance(value, str):
        return fact if isinstance(fact, str) else None
    if isinstance(fact, str):
        return float(fact) if _DECIMAL.match(fact) else None
    return fact if isinstance(fact, int | float) and not isinstance(fact, bool) else None


def _like(text: str, pattern: str) -> bool:
    """`%` is any run of characters, `_` any one; case counts."""
    wild = {"%": ".*", "_": "."}
    parts = (wild.get(char) or re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _mailed(rule: Mails, mails: tuple[Mail, ...], now: datetime) -> bool:
    found = sum(any(map(_since(rule, now), _moments(rule, mail))) for mail in mails)
    return found >= rule.least


def _since(rule: Mails, now: datetime) -> Callable[[datetime], bool]:
    return lambda at: rule.within is None or at >= now - rule.within


def _moments(rule: Mails, mail: Mail) -> tuple[datetime, ...]:
    """When, of one mail, what the rule asks for happened."""
    if rule.section:
        return tuple(at for section, at in mail.clicks if section == rule.section)
    deeds = {Deed.RECEIVED: mail.received, Deed.OPENED: mail.opened, Deed.CLICKED: mail.clicked}
    at = deeds[rule.deed]
    return () if at is None else (at,)
