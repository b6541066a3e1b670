"""A rule back in words: one line for one fact, an outline where several are joined.

Negations are moved down to the facts, where they read well: `not (a or b)` is “neither”, told as
all of “not a” and “not b”. Whoever lacks what is asked for fits neither way, so a fact that does
not hold is “known and not” something.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from newsletter.domain.prose import counted
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
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.domain.segment import Rule, Value

_NAMES = {
    "time_zone": "time zone",
    "domain": "the address’s domain",
    "created": "the day of entry",
    "subscribed": "the day of subscribing",
}
_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_NUMBERS = {"<": "below {}", "<=": "{} or less", ">": "above {}", ">=": "{} or more"}
_TEXTS = {"<": "before {}", "<=": "{} or before", ">": "after {}", ">=": "{} or after"}
_PAST = {
    "<": "more than {} ago",
    "<=": "{} ago or more",
    ">": "less than {} ago",
    ">=": "{} ago or less",
    "=": "{} ago",
}
_FUTURE = {
    "<": "less than {} ahead",
    "<=": "{} ahead or less",
    ">": "more than {} ahead",
    ">=": "{} ahead or more",
    "=": "{} ahead",
}
_PRESENT = {"<": "past", "<=": "past or now", ">": "to come", ">=": "now or to come", "=": "now"}
_MAILS = {
    Deed.RECEIVED: ("received", "mail"),
    Deed.OPENED: ("opened", "mail"),
    Deed.CLICKED: ("clicked a link in", "mail"),
}

_IN_PERSON = " (human only: neither machine nor unsure)"


def explain(rule: Rule) -> str:
    """What a rule asks for; lines, indented by two spaces for each joint they stand under."""
    return "\n".join(_told(rule, holds=True))


def _told(rule: Rule, *, holds: bool) -> list[str]:
    match rule:
        case Negation(inner):
            return _told(inner, holds=not holds)
        case Every((Comparison(field, ">=", low), Comparison(other, "<=", high))) if field == other:
            return [_range(field, low, high, holds=holds)]
        case Every(rules):
            return _outline(rules, all_of=holds, holds=holds)
        case Either(rules):
            return _outline(rules, all_of=not holds, holds=holds)
    return [_fact(rule, holds=holds)]


def _outline(rules: Sequence[Rule], *, all_of: bool, holds: bool) -> list[str]:
    lines = ["all of these:" if all_of else "at least one of these:"]
    for rule in rules:
        first, *rest = _told(rule, holds=holds)
        lines += [f"- {first}", *(f"  {line}" for line in rest)]
    return lines


def _fact(rule: Comparison | Membership | Missing | Tagged | Listed | Mails, *, holds: bool) -> str:
    match rule:
        case Comparison():
            return _comparison(rule, holds=holds)
        case Membership(field, values):
            words = [_value(value) for value in values]
            if len(words) == 1:
                return f"{_name(field)} is {'' if holds else 'known and not '}{words[0]}"
            if holds:
                return f"{_name(field)} is {', '.join(words[:-1])} or {words[-1]}"
            return f"{_name(field)} is known and none of {', '.join(words[:-1])} and {words[-1]}"
        case Missing(field):
            return f"{_name(field)} is {'not known' if holds else 'known'}"
        case Tagged(tag):
            return f"{'has' if holds else 'lacks'} the tag “{tag}”"
        case Listed(key):
            return f"is {'' if holds else 'not '}on the list “{key}”"
        case Mails():
            return _mails(rule, holds=holds)


def _comparison(rule: Comparison, *, holds: bool) -> str:
    name, sign, value = _name(rule.field), rule.operator, rule.value
    if not holds and sign in _OPPOSITE:
        return _comparison(Comparison(rule.field, _OPPOSITE[sign], value), holds=True)
    negated = holds is (sign == "!=")
    known = "known and not " if negated else ""
    if sign == "like":
        return f"{name} is {known}like {_value(value)}"
    if isinstance(value, Ago):
        return f"{name} is {known}{_relative('=' if sign == '!=' else sign, value)}"
    if sign in ("=", "!="):
        return f"{name} is {known}{_value(value)}"
    forms = _NUMBERS if isinstance(value, int | float) else _TEXTS
    return f"{name} is {forms[sign].format(_value(value))}"


def _relative(sign: str, ago: Ago) -> str:
    if not ago.period:
        return _PRESENT[sign]
    forms = _PAST if ago.period > timedelta() else _FUTURE
    return forms[sign].format(_span(abs(ago.period)))


def _range(field: str, low: Value | date | Ago, high: Value | date | Ago, *, holds: bool) -> str:
    known = "" if holds else "known and not "
    if isinstance(low, Ago) and isinstance(high, Ago):
        if not high.period:
            return f"{_name(field)} is {known}within the last {_last(low.period)}"
        return f"{_name(field)} is {known}between {_relative('=', low)} and {_relative('=', high)}"
    return f"{_name(field)} is {known}between {_value(low)} and {_value(high)}"


def _mails(rule: Mails, *, holds: bool) -> str:
    deed, noun = _MAILS[rule.deed]
    if rule.section:
        deed = f"clicked a link of the section “{rule.section}” in"
    number = rule.least
    if number == 1:
        amount = f"a {noun}" if holds else f"no {noun}"
    else:
        amount = f"{number:,} {noun}s or more" if holds else f"fewer than {number:,} {noun}s"
    when = "" if rule.within is None else f" in the last {_last(rule.within)}"
    who = "" if rule.deed is Deed.RECEIVED else _IN_PERSON
    return f"{deed} {amount}{when}{who}"


def _name(field: str) -> str:
    return _NAMES.get(field, field)


def _value(value: Value | date | Ago) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"“{value}”"
        case int():
            return f"{value:,}"
        case Ago():
            return _relative("=", value)
    return str(value)


def _span(period: timedelta) -> str:
    hours = period // timedelta(hours=1)
    number, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return counted(number, unit)


def _last(period: timedelta) -> str:
    return _span(period).removeprefix("1 ")
