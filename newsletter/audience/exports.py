"""Writes people as CSV or JSON Lines, in the form `imports` reads back without a loss."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING, TextIO

import orjson

from newsletter.audience.cells import defused
from newsletter.audience.fields import list_text
from newsletter.audience.mapping import field_alike
from newsletter.audience.moments import moment_text
from newsletter.audience.statuses import suppression_text
from newsletter.domain.audience import Field, Frequency

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from newsletter.domain.audience import Entry
    from newsletter.domain.segment import Value

_BETWEEN = ";"
_TEXTS: dict[Field, Callable[[Entry], str | list[str]]] = {
    Field.EMAIL: lambda person: person.address.mailed,
    Field.NAME: lambda person: person.name,
    Field.LANGUAGE: lambda person: person.language or "",
    Field.TIME_ZONE: lambda person: person.time_zone or "",
    Field.TAGS: lambda person: list(person.tags),
    Field.LISTS: lambda person: [list_text(one) for one in person.lists if one.until is None],
    Field.UNSUBSCRIBED: lambda person: [list_text(one) for one in person.lists if one.until],
    Field.SUPPRESSED: lambda person: (
        suppression_text(person.suppression) if person.suppression else ""
    ),
    Field.FREQUENCY: lambda person: (
        "" if person.frequency is Frequency.EVERY else person.frequency.value
    ),
    Field.PAUSED_UNTIL: lambda person: (
        moment_text(person.paused_until) if person.paused_until else ""
    ),
    Field.TRACKING: lambda person: "" if person.tracking is None else _plain(person.tracking),
}
"""The columns there are beside attributes, in order."""

_ALWAYS = (Field.EMAIL, Field.LISTS)


def write_csv(
    people: Iterable[Entry],
    fields: Collection[Field],
    attributes: Sequence[str],
    file: TextIO,
    *,
    raw: bool = False,
) -> int:
    """One row a person: email, lists, and the named fields and attributes.

    `file` is opened with newline="". Text that a spreadsheet would run as a formula gets an
    apostrophe before it, unless `raw`. Returns how many rows were written.
    """
    guarded = str if raw else defused
    writer = csv.writer(file, lineterminator="\n")
    needed = {*fields, *_ALWAYS, *map(field_alike, attributes)}
    columns = [field for field in _TEXTS if field in needed]
    writer.writerow([*columns, *attributes])
    count = 0
    for count, person in enumerate(people, start=1):  # noqa: B007 - the last one is the answer
        told = (_TEXTS[field](person) for field in columns)
        texts = [guarded(one if isinstance(one, str) else _BETWEEN.join(one)) for one in told]
        values = (person.attributes.get(name, "") for name in attributes)
        cells = (guarded(value) if isinstance(value, str) else _plain(value) for value in values)
        writer.writerow([*texts, *cells])
    return count


def write_json_lines(people: Iterable[Entry], file: TextIO) -> int:
    """One object a person: email, lists, and what else is known. Returns how many were written."""
    count = 0
    for count, person in enumerate(people, start=1):  # noqa: B007 - the last one is the answer
        told = {field.value: text(person) for field, text in _TEXTS.items()}
        known = {name: one for name, one in told.items() if one or name in _ALWAYS}
        file.write(orjson.dumps(known | dict(person.attributes)).decode() + "\n")
    return count


def _plain(value: Value) -> str:
    """A flag in small letters, a number with all its decimals, for an import takes no 1e-05."""
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return str(value).lower()
