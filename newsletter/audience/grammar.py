"""The grammar of segments is SQL's, so sqlglot reads it, but its tree is only looked at.

Whatever is not one attribute compared with values, and such comparisons joined, is refused. No
text of an expression ever becomes text of a statement.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from newsletter.domain.audience import ATTRIBUTE_NAME
from newsletter.domain.segment import Comparison, Either, Every, Membership, Missing, Negation
from newsletter.errors import SegmentError

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

    from newsletter.domain.segment import Rule, Value

DEEPEST = 20
_BEFORE = "SELECT 1 WHERE ("
_EXACT = 2**53
_ALLOWED = (
    "write comparisons such as role = 'retailer', visits >= 3, country in ('US', 'CA'), "
    "city like 'New%', age between 20 and 30 or phone is null, joined by and, or, not"
)
_SIGNS: dict[type[Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}


def read(expression: str) -> Rule:
    """The rule of an expression; SegmentError, or RecursionError where it is nested too deep."""
    return _Reader(expression).rule()


class _Reader:
    """One expression, read node by node; its errors point into it."""

    def __init__(self, expression: str) -> None:
        self._expression = expression

    def rule(self) -> Rule:
        """The rule of the whole expression."""
        trees = self._trees()
        tree = trees[0]
        where = tree.args.get("where") if isinstance(tree, exp.Select) else None
        parts = {name for name, part in tree.args.items() if part} if tree else set()
        # One more parenthesis than we opened closes ours early: then it is not the whole any more.
        if len(trees) > 1 or where is None or parts != {"expressions", "where"}:
            raise self._error(_ALLOWED)
        if not isinstance(where.this, exp.Paren):
            raise self._error(_ALLOWED)
        return self._rule(where.this.this, DEEPEST)

    def _trees(self) -> list[Expr | None]:
        wrapped = f"{_BEFORE}{self._expression})"
        try:
            if any(token.comments for token in sqlglot.tokenize(wrapped)):
                raise self._error("comments are not allowed")
            return sqlglot.parse(wrapped)
        except TokenError:
            raise self._error("a quotation mark is not closed") from None
        except ParseError as error:
            found = error.errors[0]
            end = found["col"] or len(wrapped)
            start = end - len(found["highlight"] or "") - len(_BEFORE)
            position = min(max(start, 0), len(self._expression))
            raise self._error(f"not understood; {_ALLOWED}; the mistake is", position) from None

    def _rule(self, node: Expr, depth: int) -> Rule:
        if not depth:
            raise RecursionError
        match node:
            case exp.Paren(args={"this": inner}):
                return self._rule(inner, depth - 1)
            case exp.Not(args={"this": inner}):
                return Negation(self._rule(inner, depth - 1))
            case exp.And():
                return Every(tuple(self._rule(part, depth - 1) for part in node.flatten()))
            case exp.Or():
                return Either(tuple(self._rule(part, depth - 1) for part in node.flatten()))
        return self._comparison(node)

    def _comparison(self, node: Expr) -> Rule:
        given = {name: part for name, part in node.args.items() if part}
        match node:
            case exp.In() if given.keys() == {"this", "expressions"}:
                return self._membership(node)
            case exp.Between() if given.keys() == {"this", "low", "high"}:
                field = self._field(node.this)
                low, high = self._value(given["low"]), self._value(given["high"])
                self._alike((low, high), node)
                return Every((Comparison(field, ">=", low), Comparison(field, "<=", high)))
            case exp.Is() if isinstance(node.expression, exp.Null):
                return Missing(self._field(node.this))
            case exp.Like() if given.keys() <= {"this", "expression", "negate"}:
                rule = Comparison(self._field(node.this), "like", self._pattern(node.expression))
                return Negation(rule) if given.get("negate") else rule
        sign = _SIGNS.get(type(node))
        if sign is not None and given.keys() == {"this", "expression"}:
            return self._compared(node, sign)
        raise self._error(_ALLOWED, self._position(node))

    def _compared(self, node: Expr, sign: str) -> Comparison:
        field = self._field(node.this)
        value = self._value(node.expression)
        if isinstance(value, bool) and sign not in ("=", "!="):
            raise self._error("true and false are only compared with = and !=")
        return Comparison(field, sign, value)

    def _membership(self, node: Expr) -> Membership:
        values = tuple(self._value(part) for part in node.expressions)
        self._alike(values, node)
        return Membership(self._field(node.this), values)

    def _alike(self, values: tuple[Value, ...], node: Expr) -> None:
        kinds = {float if type(value) is int else type(value) for value in values}
        if len(kinds) != 1 or (isinstance(node, exp.Between) and bool in kinds):
            raise self._error(
                "numbers and text cannot be mixed; the mistake is", self._position(node)
            )

    def _field(self, node: Expr) -> str:
        name = node.name
        if not isinstance(node, exp.Column) or node.table or node.this.args.get("quoted"):
            raise self._error(
                "an attribute stands first, without quotation marks; the mistake is",
                self._position(node),
            )
        if not ATTRIBUTE_NAME.match(name):
            raise self._error(
                f"“{name}” is no attribute’s name (small letters, digits and _)",
                self._position(node),
            )
        return name

    def _pattern(self, node: Expr) -> str:
        value = self._value(node)
        if not isinstance(value, str):
            raise self._error("like needs text in single quotes", self._position(node))
        return value

    def _value(self, node: Expr) -> Value:
        sign = 1
        if isinstance(node, exp.Neg):
            node, sign = node.this, -1
        if isinstance(node, exp.Literal) and not node.is_string:
            return self._number(node) * sign
        if sign == 1 and isinstance(node, exp.Literal):
            return str(node.this)
        if sign == 1 and isinstance(node, exp.Boolean):
            return bool(node.this)
        raise self._error(
            "a value is a number, true, false, or text in single quotes (nothing is “is null”); "
            "the mistake is",
            self._position(node),
        )

    def _number(self, node: Expr) -> int | float:
        try:
            number = float(node.this)
        except ValueError:
            raise self._error("this is no number", self._position(node)) from None
        if not math.isfinite(number):
            raise self._error("the number is too large", self._position(node))
        return int(number) if number.is_integer() and abs(number) < _EXACT else number

    def _position(self, node: Expr) -> int | None:
        starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
        return max(0, min(starts) - len(_BEFORE)) if starts else None

    def _error(self, message: str, position: int | None = None) -> SegmentError:
        return SegmentError(message, expression=self._expression, position=position)
