"""Segments as conditions on `subscriber.attributes`, the same on both databases.

Names and values are bound, never text of the statement. A number is compared with attributes that
are numbers or read as plain decimal ones (a CSV file knows only text), true and false likewise,
and text with text. Any other attribute, or none, makes a comparison unknown, as NULL does in SQL:
neither `role = 'x'` nor `not role = 'x'` finds a person without a role.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, and_, case, cast, func, not_, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, String

from newsletter.domain.segment import Comparison, Either, Every, Membership, Missing, Negation
from newsletter.store.schema import subscriber

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement
    from sqlalchemy.sql.compiler import SQLCompiler

    from newsletter.domain.segment import Rule, Value

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DECIMAL = r"^-?[0-9]{1,15}([.][0-9]{1,15})?\Z"
_TEXTS = ("text", "string")  # as SQLite and PostgreSQL call the types of JSON values
_NUMBERS = ("integer", "real", "number")
_FLAGS = ("true", "false", "boolean")


class _Either(FunctionElement[Any]):
    """Two spellings of one expression; the statement holds the one its database understands."""

    inherit_cache = True

    def __init__(self, sqlite: Any, postgresql: Any, kind: Any) -> None:
        super().__init__(sqlite, postgresql)
        self.type = kind


@compiles(_Either, "sqlite")
def _for_sqlite(element: _Either, compiler: SQLCompiler, **options: Any) -> str:
    sqlite, _ = element.clauses
    return f"({compiler.process(sqlite, **options)})"


@compiles(_Either, "postgresql")
def _for_postgresql(element: _Either, compiler: SQLCompiler, **options: Any) -> str:
    _, postgresql = element.clauses
    return f"({compiler.process(postgresql, **options)})"


def condition(rule: Rule) -> ColumnElement[bool]:
    """`rule` as a condition in a query that has `schema.subscriber` among its tables."""
    match rule:
        case Comparison(field, "like", value):
            return _like(_text(field), str(value))
        case Comparison(field, sign, value):
            return _compared(_as_type_of(value, field), sign, value)
        case Membership(field, values):
            return _as_type_of(values[0], field).in_([_bound(value) for value in values])
        case Missing(field):
            return func.coalesce(_kind(field), "null") == "null"
        case Every(rules):
            return and_(*map(condition, rules))
        case Either(rules):
            return or_(*map(condition, rules))
        case Negation(inner):
            return not_(condition(inner))


def _compared(attribute: ColumnElement[Any], sign: str, value: Value) -> ColumnElement[bool]:
    if isinstance(value, str) and sign not in ("=", "!="):
        # By code point everywhere; PostgreSQL's own order depends on how it was set up.
        attribute = _Either(attribute, attribute.collate("C"), String())
    result: ColumnElement[bool] = _OPERATORS[sign](attribute, _bound(value))
    return result


def _like(attribute: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """`%` is any run of characters, `_` any one; case counts, which SQLite leaves to GLOB."""
    masked = "".join(f"[{char}]" if char in "*?[" else char for char in pattern)
    glob = masked.translate({ord("%"): "*", ord("_"): "?"})
    return _Either(
        attribute.op("GLOB")(glob), attribute.like(pattern.replace("\\", "\\\\")), Boolean()
    )


def _as_type_of(value: Value, field: str) -> ColumnElement[Any]:
    if isinstance(value, bool):
        return _flag(field)
    return _text(field) if isinstance(value, str) else _number(field)


def _bound(value: Value) -> str | float:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else float(value)


def _raw(field: str) -> ColumnElement[str]:
    return _Either(
        func.json_extract(subscriber.c.attributes, f'$."{field}"'),
        func.jsonb_extract_path_text(subscriber.c.attributes, field),
        String(),
    )


def _kind(field: str) -> ColumnElement[str]:
    return _Either(
        func.json_type(subscriber.c.attributes, f'$."{field}"'),
        func.jsonb_typeof(func.jsonb_extract_path(subscriber.c.attributes, field)),
        String(),
    )


def _text(field: str) -> ColumnElement[str]:
    return case((_kind(field).in_(_TEXTS), _raw(field)))


def _number(field: str) -> ColumnElement[float]:
    raw = _raw(field)
    readable = and_(_kind(field).in_(_TEXTS), raw.regexp_match(_DECIMAL))
    return case((or_(_kind(field).in_(_NUMBERS), readable), cast(raw, Double)))


def _flag(field: str) -> ColumnElement[str]:
    """'true' or 'false'; SQLite calls both types of JSON by these names."""
    boolean = _Either(_kind(field), _raw(field), String())
    return case(
        (_kind(field).in_(_FLAGS), boolean),
        (and_(_kind(field).in_(_TEXTS), _raw(field).in_(("true", "false"))), _raw(field)),
    )
