"""Writes people as CSV or JSON Lines, in the form `imports` reads back without a loss."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TextIO

import orjson

from newsletter.audience.cells import defused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from newsletter.domain.audience import Entry
    from newsletter.domain.segment import Value


def write_csv(
    people: Iterable[Entry], attributes: Sequence[str], file: TextIO, *, raw: bool = False
) -> int:
    """One row a person: email, lists with semicolons between, and the named attributes.

    `file` is opened with newline="". Text that a spreadsheet would run as a formula gets an
    apostrophe before it, unless `raw`. Returns how many rows were written.
    """
    guarded = str if raw else defused
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["email", "lists", *attributes])
    count = 0
    for count, person in enumerate(people, start=1):  # noqa: B007 - the last one is the answer
        values = (person.attributes.get(name, "") for name in attributes)
        cells = (guarded(value) if isinstance(value, str) else _plain(value) for value in values)
        writer.writerow([guarded(person.address.mailed), ";".join(person.lists), *cells])
    return count


def write_json_lines(people: Iterable[Entry], file: TextIO) -> int:
    """One object a person: email, lists, and its attributes. Returns how many were written."""
    count = 0
    for count, person in enumerate(people, start=1):  # noqa: B007 - the last one is the answer
        record = {"email": person.address.mailed, "lists": person.lists, **person.attributes}
        file.write(orjson.dumps(record).decode() + "\n")
    return count


def _plain(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
