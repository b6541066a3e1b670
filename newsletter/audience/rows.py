"""Reads CSV and JSON Lines files of people, row by row: what a row says, or what is wrong with it.

A file whose structure cannot be trusted (its encoding, its header, a quotation mark that swallows
the rest) raises AudienceError with the line; one bad row is a value like any other.
"""

from __future__ import annotations

import csv
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from newsletter.audience.columns import Columns
from newsletter.audience.lines import Lines
from newsletter.audience.mapping import Plan, plan_columns
from newsletter.audience.records import Records
from newsletter.domain.audience import BadRow
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsletter.audience.fields import Terms
    from newsletter.domain.audience import Entry

JSON_ENDINGS = (".jsonl", ".ndjson")
_UNCLOSED = "a quotation mark opens in this row and is not closed"
_LONE_CR = "a line ends in a lone CR; save the file with LF or CRLF"
_SEPARATOR_LINE = re.compile(r'"?sep=[,;\t]"?\s*\Z', re.IGNORECASE)
"""What some programs write before the header, for Excel."""


class Failed(NamedTuple):
    """A row that cannot be taken, with its cells, or its one line of JSON, as they are."""

    bad: BadRow
    cells: tuple[str, ...]


class PeopleFile:
    """An open file: its plan, its size and how much of it was read in bytes, and its rows, once."""

    def __init__(self, path: Path, lines: Lines, plan: Plan, delimiter: str | None) -> None:
        self.path = path
        self.plan = plan
        self.size = path.stat().st_size
        self._lines = lines
        self._delimiter = delimiter

    @property
    def done(self) -> int:
        """How many bytes were read."""
        return self._lines.bytes

    def rows(self, terms: Terms) -> Iterator[Entry | Failed]:
        """What the rows say, and those that cannot be taken."""
        if self._delimiter is None:
            return _json_rows(self._lines, Records(self.plan, terms))
        reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        return _csv_rows(self._lines, reader, Columns(self.plan, terms))


@contextmanager
def people_file(
    path: Path, *, preset: str | None = None, renamed: tuple[tuple[str, str], ...] = ()
) -> Iterator[PeopleFile]:
    """Open a UTF-8 file of people: JSON Lines by its ending (.jsonl, .ndjson), else CSV.

    A CSV file's first line names its columns, with commas, semicolons or tabs between; what becomes
    of them is guessed (`mapping.plan_columns`). AudienceError for a file that cannot be read or a
    header that cannot be used.
    """
    try:
        with path.open("rb") as file:
            lines = Lines(file, str(path))
            if path.suffix.lower() in JSON_ENDINGS:
                yield PeopleFile(path, lines, Plan((), renamed), None)
                return
            first = next(iter(lines), "")
            if _SEPARATOR_LINE.match(first):
                first = next(iter(lines), "")
            delimiter, headers = _header(first, lines)
            try:
                plan = plan_columns(headers, path.name, preset=preset, renamed=renamed)
            except AudienceError as error:
                raise lines.error(error.message, lines.number) from None
            yield PeopleFile(path, lines, plan, delimiter)
    except OSError as error:
        raise AudienceError(f"cannot be read: {error.strerror}", file=str(path)) from None


def _header(line: str, lines: Lines) -> tuple[str, list[str]]:
    if "\r" in line.rstrip("\r\n"):
        raise lines.error(_LONE_CR, lines.number)
    delimiter = max(",;\t", key=line.count)
    try:
        headers = next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        headers = []
    if not headers:
        raise lines.error("the first line is no header such as email,city", max(lines.number, 1))
    return delimiter, headers


def _csv_rows(
    lines: Lines, reader: Iterator[list[str]], columns: Columns
) -> Iterator[Entry | Failed]:
    number = 0
    while True:
        lines.start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            reason = _broken(error, lines)
            yield Failed(BadRow(number, lines.start, reason), _as_far_as_it_goes(lines))
            continue
        if not any(map(str.strip, cells)):  # spreadsheets write rows that were emptied
            continue
        number += 1
        yield _csv_row(number, lines, columns, cells)


def _csv_row(number: int, lines: Lines, columns: Columns, cells: list[str]) -> Entry | Failed:
    """Line breaks in a cell are spaces; but where it also holds an @, a quotation mark may have
    swallowed the rows below.
    """
    if lines.number > lines.start:
        if any("\n" in cell and "@" in cell for cell in cells):
            reason = f"this row goes on to line {lines.number}; use one line"
            return Failed(BadRow(number, lines.start, reason), tuple(cells))
        cells = [" ".join(cell.split()) if "\n" in cell else cell for cell in cells]
    try:
        return columns.entry(cells)
    except AudienceError as error:
        return Failed(BadRow(number, lines.start, error.message), tuple(cells))


def _broken(error: csv.Error, lines: Lines) -> str:
    """What is wrong with one row; AudienceError where the rest of the file is in doubt."""
    if "unexpected end" in str(error):
        raise lines.error(_UNCLOSED, lines.start)
    if "new-line" in str(error):
        raise lines.error(_LONE_CR, lines.start)
    if "field limit" in str(error):
        return "a cell is far too long"
    return "text follows a closing quotation mark; a quotation mark inside a cell is written twice"


def _as_far_as_it_goes(lines: Lines) -> tuple[str, ...]:
    """The text of a broken row in one cell: where its cells begin and end is what is not known."""
    return (" ".join(lines.row.split()),)


def _json_rows(lines: Lines, records: Records) -> Iterator[Entry | Failed]:
    number = 0
    for line in lines:
        lines.start = lines.number + 1
        if not line.strip():
            continue
        number += 1
        try:
            yield records.entry(line)
        except AudienceError as error:
            yield Failed(BadRow(number, lines.number, error.message), (line.strip(),))
