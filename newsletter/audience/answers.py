"""What a reader types or picks in a form, as a value of an attribute."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from newsletter.audience.cells import LARGEST_NUMBER
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from newsletter.config import AttributeRule
    from newsletter.domain.segment import Value

LONGEST = 200
"""Characters of an answer."""


def read_answer(rule: AttributeRule, text: str) -> Value | None:
    """The value of an answer, None for none; AudienceError where it is not of the rule's type."""
    text = one_line(text)
    if rule.type == "flag":
        return text == "true"
    if not text:
        return None
    if rule.type == "number":
        return _number(text)
    if rule.type == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise AudienceError("should be a date such as 2026-11-27") from None
    if rule.values and text not in rule.values:
        raise AudienceError(f"should be one of {', '.join(rule.values)}")
    return text


def one_line(text: str) -> str:
    """Text of a form without what cannot be seen, on one line and not too long."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:LONGEST]


def _number(text: str) -> int | float:
    try:
        number = float(text)
    except ValueError:
        raise AudienceError("should be a number") from None
    if not abs(number) < LARGEST_NUMBER:  # nor is NaN
        raise AudienceError("should be a number")
    return int(number) if number.is_integer() else number
