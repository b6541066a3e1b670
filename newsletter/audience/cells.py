"""What may stand in a cell of an import or export: plain text and attributes, and no formula."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from newsletter.domain.audience import ATTRIBUTE_NAME, Field
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from newsletter.config.audience import AttributeRule
    from newsletter.domain.segment import Value

LONGEST = 1_000
LARGEST_NUMBER = 10**15  # beyond it, databases and JSON readers begin to round
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?[0-9]{1,16}(\.[0-9]+)?\Z")
_FIELDS = frozenset(Field)
_FLAGS = {
    **dict.fromkeys(("true", "yes", "y", "t", "1"), True),
    **dict.fromkeys(("false", "no", "n", "f", "0"), False),
}


def defused(cell: str) -> str:
    """`cell` so that no spreadsheet runs it as a formula (CWE-1236): with an apostrophe before."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """What `defused` made its cell from."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def attribute_name(name: str) -> str:
    """`name` if an attribute may be called so, else AudienceError."""
    if name in _FIELDS:
        raise AudienceError(f"“{name}” cannot be an attribute, for something else is called so")
    if ATTRIBUTE_NAME.match(name):
        return name
    raise AudienceError(
        f"“{shown(name)}” cannot be an attribute; names begin with a letter and go on with "
        "letters, digits and _, 40 at most; --map gives it another one"
    )


def attribute_value(name: str, value: object, rule: AttributeRule | None = None) -> Value:
    """A value as JSON gives it, text trimmed; AudienceError for what is no single plain value, or
    not what the attribute's rule in config.yaml asks for.
    """
    if isinstance(value, str):
        text = one_line(name, value.strip())
        return text if rule is None else typed(name, text, rule)
    if isinstance(value, int | float) and abs(value) < LARGEST_NUMBER:
        return value if rule is None else _of_kind(name, value, rule)
    raise AudienceError(
        f"“{name}” should be text, true, false, or a number below {LARGEST_NUMBER:,}"
    )


def attribute_text(name: str, cell: str) -> str:
    """A value as a CSV file gives it, trimmed, and restored if it was defused."""
    text = cell.strip()
    if text[:1].isalnum() and text.isprintable() and len(text) <= LONGEST:  # nearly every cell
        return text
    return one_line(name, restored(text))


def typed(name: str, text: str, rule: AttributeRule) -> Value:
    """What text means under an attribute's rule: a number, a flag, a day as ISO 8601, or itself.

    AudienceError for text that is none of these, or none of the values there are.
    """
    match rule.type:
        case "number":
            return _number(name, text)
        case "flag":
            return flag(name, text)
        case "date":
            return _day(name, text)
    if rule.values and text not in rule.values:
        raise AudienceError(f"“{name}” should be one of {', '.join(rule.values)}")
    return text


def flag(name: str, text: str) -> bool:
    """Yes or no, in the words programs have for it."""
    told = _FLAGS.get(text.lower())
    if told is None:
        raise AudienceError(f"“{name}” should be true or false")
    return told


def one_line(name: str, text: str, longest: int = LONGEST) -> str:
    """`text` if it is one line and not too long, else AudienceError."""
    if len(text) > longest:
        raise AudienceError(f"“{name}” has more than {longest:,} characters")
    if _CONTROL.search(text):
        raise AudienceError(f"“{name}” has a line break or another control character")
    return text


def shown(text: str) -> str:
    """The beginning of what a stranger wrote, for a message."""
    return "".join(char for char in text[:40] if char.isprintable())


def _of_kind(name: str, value: float, rule: AttributeRule) -> Value:
    kind = "flag" if isinstance(value, bool) else "number"
    if rule.type != kind:
        raise AudienceError(f"“{name}” should be a {rule.type}, not a {kind}")
    return value


def _number(name: str, text: str) -> int | float:
    if not _NUMBER.match(text) or abs(number := float(text)) >= LARGEST_NUMBER:
        raise AudienceError(f"“{name}” should be a number such as 12 or 1.5")
    return number if "." in text else int(text)


def _day(name: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise AudienceError(f"“{name}” should be a day such as 2026-01-31") from None
