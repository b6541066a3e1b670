"""Reads CSV and JSON Lines files of people, row by row: what a row says, or what is wrong with it.

A file whose structure cannot be trusted (its encoding, its header, a quotation mark that swallows
the rest) raises AudienceError with the line; one bad row is a value like any other.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from newsletter.audience.addresses import parse_address
from newsletter.audience.cells import attribute_name, attribute_value, list_keys
from newsletter.audience.columns import Columns, columns_of
from newsletter.domain.audience import BadRow, Entry
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

JSON_ENDINGS = (".jsonl", ".ndjson")
LONGEST_LINE = 1_000_000
TALLEST_ROW = 100
_UNCLOSED = "a quotation mark opens in this row and is not closed"


@dataclass(frozen=True, slots=True)
class Row:
    """One person of a file. `row` counts rows of data from 1, `line` lines of the file."""

    row: int
    line: int
    entry: Entry


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """The rows of a UTF-8 file: JSON Lines by its ending (.jsonl, .ndjson), else CSV.

    A CSV file's header names a column of addresses (`email`, `e-mail`, `address` …), perhaps one
    of `lists` (keys with semicolons between them), and attributes. Cells are separated by commas,
    semicolons or tabs, as in the header. A JSON object has `email`, perhaps `lists`, attributes.
    """
    as_json = path.suffix.lower() in JSON_ENDINGS
    try:
        with path.open("rb") as file:
            lines = _Lines(file, str(path))
            yield from _json_rows(lines) if as_json else _csv_rows(lines)
    except OSError as error:
        raise AudienceError(f"cannot be read: {error.strerror}", file=str(path)) from None


class _Lines:
    """The lines of a file as text, counted; knows on which line the present row began."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self.number = 0
        self.start = 1

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LONGEST_LINE + 1):
            self.number += 1
            if len(line) > LONGEST_LINE:
                raise self.error(f"a line of more than {LONGEST_LINE:,} bytes", self.number)
            if self.number - self.start >= TALLEST_ROW:
                raise self.error(_UNCLOSED, self.start)
            yield self._text(line)

    def error(self, message: str, line: int) -> AudienceError:
        """An error that names file and line."""
        return AudienceError(message, file=self._name, line=line)

    def _text(self, line: bytes) -> str:
        if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
            raise self.error("not UTF-8 text (perhaps UTF-16); save the file as UTF-8", self.number)
        try:
            return line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise self.error("not UTF-8 text; save the file as UTF-8", self.number) from None


def _csv_rows(lines: _Lines) -> Iterator[Row | BadRow]:
    source = iter(lines)
    try:
        columns = columns_of(next(source, ""))
    except AudienceError as error:
        raise error if error.line else lines.error(error.message, 1) from None
    reader = csv.reader(source, delimiter=columns.delimiter, strict=True)
    number = 0
    while True:
        lines.start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield BadRow(number, lines.start, _broken(error, lines))
            continue
        if cells:
            number += 1
            yield _csv_row(number, lines, columns, cells)


def _broken(error: csv.Error, lines: _Lines) -> str:
    """What is wrong with one row; AudienceError where the rest of the file is in doubt."""
    if "unexpected end" in str(error):
        raise lines.error(_UNCLOSED, lines.start)
    if "new-line" in str(error):
        raise lines.error("a line ends in a lone CR; save the file with LF or CRLF", lines.start)
    if "field limit" in str(error):
        return "a cell is far too long"
    return "text follows a closing quotation mark; a quotation mark inside a cell is written twice"


def _csv_row(number: int, lines: _Lines, columns: Columns, cells: list[str]) -> Row | BadRow:
    if lines.number > lines.start:
        return BadRow(number, lines.start, f"this row goes on to line {lines.number}; use one line")
    try:
        return Row(number, lines.start, columns.entry(cells))
    except AudienceError as error:
        return BadRow(number, lines.start, error.message)


def _json_rows(lines: _Lines) -> Iterator[Row | BadRow]:
    number = 0
    for line in lines:
        lines.start = lines.number + 1
        if not line.strip():
            continue
        number += 1
        try:
            yield Row(number, lines.number, _json_entry(line))
        except AudienceError as error:
            yield BadRow(number, lines.number, error.message)


def _json_entry(line: str) -> Entry:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("email"), str):
        raise AudienceError('not a JSON object with an “email”, such as {"email": "…"}')
    address, listed = parse_address(record.pop("email")), record.pop("lists", None)
    return Entry(
        address,
        {
            attribute_name(name): attribute_value(name, value)
            for name, value in record.items()
            if value is not None and value != ""
        },
        _json_lists(listed),
    )


def _json_lists(listed: object) -> tuple[str, ...]:
    if listed is None:
        return ()
    if isinstance(listed, str):
        return list_keys(listed)
    if isinstance(listed, list) and all(isinstance(key, str) for key in listed):
        return tuple(listed)
    raise AudienceError("“lists” should be an array of keys")
