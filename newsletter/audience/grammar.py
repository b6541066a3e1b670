"""The grammar of segments, read by recursive descent: one function a rule of the grammar.

Whatever it does not name is refused at its character. No text of an expression ever becomes text
of a statement: what comes out is a tree of the few nodes `domain.segment` knows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.audience.lexemes import Cursor, Kind
from newsletter.audience.operands import Operands
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
    from collections.abc import Callable

    from newsletter.audience.lexemes import Lexeme
    from newsletter.audience.vocabulary import Vocabulary
    from newsletter.domain.segment import Rule

DEEPEST = 20
MOST_MAILS = 10_000
_SIGNS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_JOINTS = ("and", "or", "not", "in", "is", "null", "like", "between", "true", "false")


def read(expression: str, vocabulary: Vocabulary) -> Rule:
    """The rule of a one-line expression; SegmentError where it is not understood."""
    cursor = Cursor(expression)
    return _Reader(cursor, Operands(cursor, vocabulary)).whole()


class _Reader:
    """Reads rules from a cursor; what they compare is read by `operands` from the same."""

    def __init__(self, cursor: Cursor, operands: Operands) -> None:
        self._cursor = cursor
        self._operands = operands
        self._depth = 0

    def whole(self) -> Rule:
        """The rule of the whole expression, to its last character."""
        rule = self._either()
        if self._cursor.next.kind is not Kind.END:
            self._cursor.refuse("and, or, or the end should follow")
        return rule

    def _either(self) -> Rule:
        rules = [self._every()]
        while self._cursor.took("or"):
            rules.append(self._every())
        return rules[0] if len(rules) == 1 else Either(tuple(rules))

    def _every(self) -> Rule:
        rules = [self._one()]
        while self._cursor.took("and"):
            rules.append(self._one())
        return rules[0] if len(rules) == 1 else Every(tuple(rules))

    def _one(self) -> Rule:
        self._depth += 1
        if self._depth > DEEPEST:
            self._cursor.refuse("too many parentheses or nots")
        rule = self._negated_or_plain()
        self._depth -= 1
        return rule

    def _negated_or_plain(self) -> Rule:
        if self._cursor.took("not"):
            return Negation(self._one())
        if self._cursor.took("("):
            rule = self._either()
            self._cursor.take(")", "a parenthesis is not closed")
            return rule
        return self._fact()

    def _fact(self) -> Rule:
        first = self._cursor.next
        match first.keyword:
            case "tag":
                self._cursor.step()
                return Tagged(self._operands.text("write tag 'vip'"))
            case "on":
                self._cursor.step()
                hint = "write on list 'weekly'"
                self._cursor.take("list", hint)
                return Listed(self._operands.list_key(hint))
            case Deed.RECEIVED | Deed.OPENED | Deed.CLICKED as word:
                self._cursor.step()
                return self._mails(Deed(word))
        if first.kind is not Kind.WORD or first.keyword in _JOINTS:
            self._cursor.refuse("a fact stands first, as in role = 'retailer'")
        return self._attribute(self._operands.field(self._cursor.step()))

    def _mails(self, deed: Deed) -> Rule:
        section = ""
        if deed is Deed.CLICKED and self._cursor.took("section"):
            section = self._operands.text("write clicked section 'jobs'")
        within = self._operands.period() if self._cursor.took("within") else None

        def least(number: int) -> Mails:
            return Mails(deed, number, within, section)

        sign = _SIGNS.get(self._cursor.next.keyword)
        if sign is None:
            return least(1)
        place = self._cursor.step()
        return self._counted(sign, self._operands.whole_number(MOST_MAILS), least, place)

    def _counted(
        self, sign: str, number: int, least: Callable[[int], Mails], place: Lexeme
    ) -> Rule:
        """`received < 3` is not `received >= 3`: “at least” says it all."""
        if sign in (">", "<="):
            sign, number = {">": ">=", "<=": "<"}[sign], number + 1
        if sign in (">=", "<"):
            if not number:
                self._cursor.refuse("that is so of everybody or of nobody", place)
            return least(number) if sign == ">=" else Negation(least(number))
        no_more = Negation(least(number + 1))
        exactly: Rule = Every((least(number), no_more)) if number else no_more
        return exactly if sign == "=" else Negation(exactly)

    def _attribute(self, field: str) -> Rule:
        if self._cursor.took("is"):
            negated = self._cursor.took("not")
            self._cursor.take("null", "write is null or is not null")
            return Negation(Missing(field)) if negated else Missing(field)
        if sign := _SIGNS.get(self._cursor.next.keyword):
            self._cursor.step()
            ordered = sign not in ("=", "!=")
            return Comparison(field, sign, self._operands.operand(field, ordered=ordered))
        negated = self._cursor.took("not")
        rule = self._relation(field)
        return Negation(rule) if negated else rule

    def _relation(self, field: str) -> Rule:
        if self._cursor.took("in"):
            return Membership(field, self._operands.values(field))
        if self._cursor.took("between"):
            return self._between(field)
        if self._cursor.took("like"):
            return Comparison(field, "like", self._operands.pattern(field))
        place = self._cursor.next
        self._cursor.take(
            "within", f"after {field} stands one of = != < <= > >= in between like within is"
        )
        self._operands.refuse_timeless(field, place)
        last = Comparison(field, ">=", Ago(self._operands.period()))
        return Every((last, Comparison(field, "<=", Ago(timedelta()))))

    def _between(self, field: str) -> Rule:
        low = self._operands.operand(field, ordered=True)
        self._cursor.take("and", "write between 2 and 9")
        place = self._cursor.next
        high = self._operands.operand(field, ordered=True)
        self._operands.refuse_mixed(low, high, place)
        return Every((Comparison(field, ">=", low), Comparison(field, "<=", high)))
