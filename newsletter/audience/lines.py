"""The lines of a large text file, counted and decoded one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx, ods; xls
LONGEST_LINE = 1_000_000
TALLEST_ROW = 100


class Lines:
    """Knows the number of the present line, on which one the present row began (`start`, set by the
    reader of rows), the text of the row so far, and how many bytes were read.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self.number = 0
        self.start = 1
        self.bytes = 0
        self.row = ""

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LONGEST_LINE + 1):
            self.number += 1
            self.bytes += len(line)
            if len(line) > LONGEST_LINE:
                raise self.error(f"a line of more than {LONGEST_LINE:,} bytes", self.number)
            if self.number - self.start >= TALLEST_ROW:
                raise self.error("a quotation mark opens in this row and is not closed", self.start)
            text = self._text(line)
            self.row = text if self.number <= self.start else self.row + text
            yield text

    def error(self, message: str, line: int) -> AudienceError:
        """An error that names file and line."""
        return AudienceError(message, file=self._name, line=line)

    def _text(self, line: bytes) -> str:
        if self.number == 1 and line.startswith(_WORKBOOKS):
            raise self.error("a spreadsheet program's own file; save it there as CSV", self.number)
        if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
            raise self.error("not UTF-8 text (perhaps UTF-16); save the file as UTF-8", self.number)
        try:
            return line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise self.error("not UTF-8 text; save the file as UTF-8", self.number) from None
