"""What may stand in a cell of an import or export: names, values, lists, and no formula."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.domain.audience import ATTRIBUTE_NAME
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from newsletter.domain.segment import Value

LONGEST = 1_000
LARGEST_NUMBER = 10**15  # beyond it, databases and JSON readers begin to round
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")
_FORMULA = re.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def defused(cell: str) -> str:
    """`cell` so that no spreadsheet runs it as a formula (CWE-1236): with an apostrophe before."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """What `defused` made its cell from."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def attribute_name(name: str) -> str:
    """`name` if an attribute may be called so, else AudienceError."""
    if ATTRIBUTE_NAME.match(name):
        return name
    shown = "".join(char for char in name[:40] if char.isprintable())
    raise AudienceError(
        f"“{shown}” cannot be an attribute; names begin with a letter and go on with letters, "
        "digits and _, 40 at most"
    )


def attribute_value(name: str, value: object) -> Value:
    """A value as JSON gives it, text trimmed; AudienceError for what is no single plain value."""
    if isinstance(value, str):
        return _one_line(name, value.strip())
    if isinstance(value, int | float) and abs(value) < LARGEST_NUMBER:
        return value
    raise AudienceError(
        f"“{name}” should be text, true, false, or a number below {LARGEST_NUMBER:,}"
    )


def attribute_text(name: str, cell: str) -> str:
    """A value as a CSV file gives it, trimmed, and restored if it was defused."""
    text = cell.strip()
    if text[:1].isalnum() and text.isprintable() and len(text) <= LONGEST:  # nearly every cell
        return text
    return _one_line(name, restored(text))


def list_keys(text: str) -> tuple[str, ...]:
    """Keys of lists with semicolons between them."""
    return tuple(key for part in text.split(";") if (key := part.strip()))


def _one_line(name: str, text: str) -> str:
    if len(text) > LONGEST:
        raise AudienceError(f"“{name}” has more than {LONGEST:,} characters")
    if _CONTROL.search(text):
        raise AudienceError(f"“{name}” has a line break or another control character")
    return text
