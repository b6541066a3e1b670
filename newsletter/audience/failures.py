"""The rows of an import that failed, in a file of their own, to be corrected and imported again."""

from __future__ import annotations

import csv
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import orjson

from newsletter.audience.cells import defused, restored
from newsletter.audience.mapping import FAILURE_COLUMNS, plain
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from newsletter.audience.mapping import Plan
    from newsletter.audience.rows import Failed


def beside(path: Path) -> Path:
    """Where the failed rows of a file go unless somebody says otherwise: `people.failed.csv`."""
    return path.with_name(f"{path.stem}.failed{path.suffix}")


class Failures:
    """Writes failed rows as they were, with their line and what is wrong before them.

    Without a path they are forgotten. AudienceError where they cannot be written.
    """

    def __init__(self, path: Path | None, plan: Plan) -> None:
        self._path = path
        self._headers = [column.header for column in plan.columns]
        self._partial: Path | None = None
        self._file: TextIO | None = None

    def add(self, failed: Failed) -> None:
        """One more; the first makes the file."""
        if self._path is None:
            return
        with _explained(self._path):
            file = self._file or self._begun(self._path)
            if self._headers:
                cells = [defused(restored(cell)) for cell in self._kept(failed.cells)]
                _write_row(file, [str(failed.bad.line), failed.bad.reason, *cells])
            else:
                file.write(_line(failed))

    def finish(self) -> Path | None:
        """Put the file in its place; None where nothing failed."""
        if self._path is None or self._file is None or self._partial is None:
            return None
        with _explained(self._path):
            self._file.close()
            self._partial.replace(self._path)
        return self._path

    def forget(self) -> None:
        """Leave nothing half done."""
        if self._file is not None and self._partial is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._partial.unlink()

    def _begun(self, path: Path) -> TextIO:
        self._partial = path.with_name(f".{path.name}.partial")
        self._partial.touch(mode=0o600)  # these are people
        self._file = self._partial.open("w", encoding="utf-8", newline="")
        if self._headers:
            _write_row(self._file, [*FAILURE_COLUMNS, *self._kept(self._headers)])
        return self._file

    def _kept(self, cells: Sequence[str]) -> list[str]:
        """Without what an earlier import wrote before them."""
        return [
            cell
            for place, cell in enumerate(cells)
            if place >= len(self._headers) or plain(self._headers[place]) not in FAILURE_COLUMNS
        ]


@contextmanager
def failures(path: Path | None, plan: Plan) -> Iterator[Failures]:
    """Failed rows to be written to `path`; nothing is left of them if the block fails."""
    rows = Failures(path, plan)
    try:
        yield rows
    finally:
        rows.forget()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AudienceError(
            f"the rows that failed cannot be written: {error.strerror}; name another place with "
            "--failed",
            file=str(path),
        ) from error


def _write_row(file: TextIO, cells: list[str]) -> None:
    csv.writer(file, lineterminator="\n").writerow(cells)


def _line(failed: Failed) -> str:
    told = dict(zip(FAILURE_COLUMNS, (failed.bad.line, failed.bad.reason), strict=True))
    try:
        record = orjson.loads(failed.cells[0])
    except orjson.JSONDecodeError:
        record = None
    known = record if isinstance(record, dict) else {"text": failed.cells[0]}
    kept = {key: known[key] for key in known if key not in told}
    return orjson.dumps(told | kept).decode() + "\n"
