"""Segments as conditions on `subscriber`: in SQL of either database, what `domain.matching` says.

Values are bound, never text of the statement. Any attribute that is no text, number or flag where
the rule has one makes a comparison unknown, as NULL does in SQL: neither `role = 'x'` nor
`not role = 'x'` finds a person without a role.
"""

from __future__ import annotations

import operator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, not_, or_, select
from sqlalchemy.types import Boolean, String

from newsletter.domain.segment import (
    Ago,
    Comparison,
    Either,
    Every,
    Listed,
    Mails,
    Membership,
    Missing,
    Negation,
    Tagged,
)
from newsletter.store.attributes import EitherSpelling, flag_of, is_missing, number_of, text_of
from newsletter.store.mails import mailed
from newsletter.store.schema import subscriber, subscription, tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Select

    from newsletter.domain.segment import Rule, Value

_OPERATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def condition(rule: Rule, now: datetime) -> ColumnElement[bool]:
    """`rule` as a condition in a query that has `schema.subscriber` among its tables.

    Periods are counted back from `now`, and days begin in its zone.
    """
    match rule:
        case Every(rules):
            return and_(*(condition(one, now) for one in rules))
        case Either(rules):
            return or_(*(condition(one, now) for one in rules))
        case Negation(inner):
            return not_(condition(inner, now))
        case Tagged(name):
            return exists().where(tag.c.name == name, _is_theirs(tag)).correlate(subscriber)
        case Listed(key):
            return exists(_subscriptions().where(subscription.c.list_key == key))
        case Mails():
            return mailed(rule, now)
    return _fact(rule, now)


def _fact(rule: Comparison | Membership | Missing, now: datetime) -> ColumnElement[bool]:
    own = _own_field(rule.field)
    match rule:
        case Missing(field):
            return is_missing(field) if own is None else own.is_(None)
        case Membership(field, values):
            attribute = _as_type_of(values[0], field) if own is None else own
            return attribute.in_([_bound(value) for value in values])
        case Comparison(field, sign, Ago(period)):
            if own is not None:
                return _OPERATORS[sign](own, now - period)
            return _OPERATORS[sign](text_of(field), (now - period).date().isoformat())
        case Comparison(_, sign, date() as day) if own is not None:
            return _on_day(own, sign, day, now)
        case Comparison(field, "like", pattern):
            return _like(text_of(field) if own is None else own, str(pattern))
        case Comparison(field, sign, value):
            attribute = _as_type_of(value, field) if own is None else own
            return _OPERATORS[sign](attribute, _bound(value))


def _own_field(field: str) -> ColumnElement[Any] | None:
    """What the person's own row says, where the field is no attribute."""
    match field:
        case "name":
            return _by_code_point(func.nullif(subscriber.c.name, ""))
        case "language" | "time_zone":
            return _by_code_point(subscriber.c[field])
        case "domain":
            canonical = subscriber.c.canonical
            start = func.instr(canonical, "@") + 1
            part = func.split_part(canonical, "@", 2).collate("C")
            return EitherSpelling(func.substr(canonical, start), part, String())
        case "created":
            moment: ColumnElement[Any] = subscriber.c.created_at
            return moment
        case "subscribed":
            first = _subscriptions().with_only_columns(func.min(subscription.c.subscribed_at))
            return first.scalar_subquery()
    return None


def _subscriptions() -> Select[Any]:
    """The lists the person is on."""
    query = select(subscription.c.id).where(_is_theirs(subscription))
    return query.where(subscription.c.status == "subscribed").correlate(subscriber)


def _is_theirs(table: Any) -> ColumnElement[bool]:
    theirs: ColumnElement[bool] = table.c.subscriber_id == subscriber.c.id
    return theirs


def _by_code_point(column: ColumnElement[str]) -> ColumnElement[str]:
    return EitherSpelling(column, column.collate("C"), String())


def _on_day(moment: ColumnElement[Any], sign: str, day: date, now: datetime) -> ColumnElement[bool]:
    """A moment against a whole day in the zone of `now`."""
    start, end = (
        datetime.combine(day + timedelta(days=days), time(), tzinfo=now.tzinfo) for days in (0, 1)
    )
    conditions: dict[str, ColumnElement[bool]] = {
        "=": and_(moment >= start, moment < end),
        "!=": or_(moment < start, moment >= end),
        "<": moment < start,
        "<=": moment < end,
        ">": moment >= end,
        ">=": moment >= start,
    }
    return conditions[sign]


def _like(attribute: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """`%` is any run of characters, `_` any one; case counts, which SQLite leaves to GLOB."""
    masked = "".join(f"[{char}]" if char in "*?[" else char for char in pattern)
    glob = masked.translate({ord("%"): "*", ord("_"): "?"})
    return EitherSpelling(
        attribute.op("GLOB")(glob), attribute.like(pattern.replace("\\", "\\\\")), Boolean()
    )


def _as_type_of(value: Value | date | Ago, field: str) -> ColumnElement[Any]:
    if isinstance(value, bool):
        return flag_of(field)
    return number_of(field) if isinstance(value, int | float) else text_of(field)


def _bound(value: Any) -> str | float:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else float(value)
