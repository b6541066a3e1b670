"""Merge fields: spelt as the readers' attributes are, and filled in for every reader."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import Checked, warning
from newsletter.render.tokens import written_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

FIELD_UNKNOWN = warning(
    "field-unknown",
    "A {{ reader.… }} names an attribute that no reader has.",
    "Spell it as the import did, or import the attribute.",
)
FIELD_EMPTY = warning(
    "field-empty",
    "A {{ reader.… }} without a fallback is empty for some readers.",
    "Add what stands in: {{ reader.first_name | fallback('reader') }}.",
)
RULES = (FIELD_UNKNOWN, FIELD_EMPTY)


def check_fields(checked: Checked) -> Iterator[Finding]:
    """Each field a person wrote, where anything is known of the readers."""
    known = checked.known
    for place, text in checked.texts:
        for name, fallback in written_fields(text):
            if known.attributes and name not in known.attributes:
                yield FIELD_UNKNOWN.broken(
                    place, f"no reader has “{name}”{_nearest(checked, name)}"
                )
            elif not fallback and (count := known.lacking.get(name)):
                yield FIELD_EMPTY.broken(
                    place, f"{count:,} of {known.readers:,} readers have no “{name}”"
                )


def _nearest(checked: Checked, name: str) -> str:
    close = difflib.get_close_matches(name, checked.known.attributes, n=1, cutoff=0.5)
    return f"; did you mean “{close[0]}”?" if close else ""
