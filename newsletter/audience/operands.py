"""What is compared in a segment's expression: fields, values, days and spans of time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from newsletter.audience.lexemes import Kind
from newsletter.domain.segment import OWN_MOMENTS, Ago

if TYPE_CHECKING:
    from newsletter.audience.lexemes import Cursor, Lexeme
    from newsletter.audience.vocabulary import Vocabulary
    from newsletter.domain.segment import Value

_VALUE = "a value should follow: a number, true, false, or text in single quotes"
_UNITS = {"hour": 1, "day": 24, "week": 7 * 24, "month": 30 * 24, "year": 365 * 24}
_LONGEST = timedelta(days=36_500)
_EXACT = 2**53


class Operands:
    """Reads them from a cursor, and refuses those the vocabulary finds strange."""

    def __init__(self, cursor: Cursor, vocabulary: Vocabulary) -> None:
        self._cursor = cursor
        self._vocabulary = vocabulary

    def field(self, name: Lexeme) -> str:
        """The name of an attribute, or of an own field."""
        self._refuse_strange(self._vocabulary.strange_field(name.written), name)
        return name.written

    def list_key(self, mistake: str) -> str:
        """The key of a list, in quotes."""
        place = self._cursor.next
        key = self.text(mistake)
        self._refuse_strange(self._vocabulary.strange_list(key), place)
        return key

    def text(self, mistake: str) -> str:
        """Text in single quotes, of at least one character."""
        place = self._cursor.next
        if place.kind is not Kind.TEXT or place.written == "''":
            self._cursor.refuse(mistake)
        return _unquoted(self._cursor.step())

    def pattern(self, field: str) -> str:
        """What `like` compares with."""
        if self._vocabulary.kind(field) not in ("text", None):
            self._cursor.refuse(f"like is for text, and “{field}” is none")
        if self._cursor.next.kind is not Kind.TEXT:
            self._cursor.refuse("like needs text in single quotes, as in 'New%'")
        return _unquoted(self._cursor.step())

    def operand(self, field: str, *, ordered: bool) -> Value | date | Ago:
        """One value, day, or moment relative to now, that may be compared with this field."""
        place = self._cursor.next
        value: Value | Ago = self._ago() if self._cursor.took("now") else self._value()
        self._refuse_strange(self._vocabulary.strange_value(field, value), place)
        if ordered and isinstance(value, bool):
            self._cursor.refuse("true and false are only compared with = and !=", place)
        if isinstance(value, str) and field in OWN_MOMENTS:
            return date.fromisoformat(value)
        return value

    def values(self, field: str) -> tuple[Value, ...]:
        """All of one kind, between parentheses."""
        if field in OWN_MOMENTS:
            self._cursor.refuse(f"“{field}” is compared by between or within")
        self._cursor.take("(", "write in ('US', 'CA')")
        found = [self._member(field)]
        while self._cursor.took(","):
            place = self._cursor.next
            found.append(self._member(field))
            self.refuse_mixed(found[0], found[-1], place)
        self._cursor.take(")", "a parenthesis is not closed")
        return tuple(found)

    def refuse_mixed(self, one: object, other: object, place: Lexeme) -> None:
        """SegmentError where the second is of another kind than the first."""
        if len({float if type(value) is int else type(value) for value in (one, other)}) > 1:
            self._cursor.refuse("all values should be of one kind", place)

    def refuse_timeless(self, field: str, place: Lexeme) -> None:
        """SegmentError where a field is known not to be a day."""
        self._refuse_strange(self._vocabulary.strange_value(field, Ago(timedelta())), place)

    def period(self) -> timedelta:
        """`90 days`, as written after `within` and `now -`."""
        place = self._cursor.next
        number = self.whole_number(int(_LONGEST.days) * 24)
        unit = self._cursor.step().keyword
        hours = _UNITS.get(unit.removesuffix("s"), 0) * number
        if not 0 < hours <= _LONGEST // timedelta(hours=1):
            self._cursor.refuse("write a time such as 90 days (hours, weeks, months, years)", place)
        return timedelta(hours=hours)

    def whole_number(self, most: int) -> int:
        """A number without a point, not larger than `most`."""
        place = self._cursor.next
        if place.kind is not Kind.NUMBER or not place.written.isdigit():
            self._cursor.refuse("a whole number should follow")
        if len(place.written) > 9 or int(place.written) > most:
            self._cursor.refuse("the number is too large")
        return int(self._cursor.step().written)

    def _ago(self) -> Ago:
        if self._cursor.took("-"):
            return Ago(self.period())
        return Ago(-self.period()) if self._cursor.took("+") else Ago(timedelta())

    def _member(self, field: str) -> Value:
        place = self._cursor.next
        value = self._value()
        self._refuse_strange(self._vocabulary.strange_value(field, value), place)
        return value

    def _value(self) -> Value:
        place = self._cursor.next
        if place.kind is Kind.TEXT:
            return _unquoted(self._cursor.step())
        if place.keyword in ("true", "false"):
            return self._cursor.step().keyword == "true"
        sign = -1 if self._cursor.took("-") else 1
        if self._cursor.next.kind is not Kind.NUMBER:
            self._cursor.refuse(_VALUE, place)
        return sign * self._number(self._cursor.step())

    def _number(self, lexeme: Lexeme) -> int | float:
        number = float(lexeme.written)
        if number >= _EXACT:
            self._cursor.refuse("the number is too large", lexeme)
        return int(number) if number.is_integer() else number

    def _refuse_strange(self, mistake: str | None, place: Lexeme) -> None:
        if mistake is not None:
            self._cursor.refuse(f"{mistake}", place)


def _unquoted(lexeme: Lexeme) -> str:
    return lexeme.written[1:-1].replace("''", "'")
