"""Takes a file of people into the store: all of it or, where a row is bad, nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from newsletter.audience.failures import failures
from newsletter.audience.rows import Failed
from newsletter.domain.audience import Admission, Entry, ImportReport
from newsletter.store.admission import admitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from newsletter.audience.failures import Failures
    from newsletter.audience.fields import Terms
    from newsletter.audience.rows import PeopleFile
    from newsletter.domain.audience import BadRow

CHUNK = 5_000
MOST_SHOWN = 100


def import_file(
    connection: Connection,
    file: PeopleFile,
    terms: Terms,
    *,
    consent_source: str,
    failed: Path | None,
    dry_run: bool = False,
    skip_bad: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Import an open file in the caller's transaction.

    Everybody is subscribed to the lists of the terms and to those of their own row; who
    unsubscribed or is suppressed stays so. What a row says is laid over what is known
    (`store.admission`). `progress` hears how many bytes more are done. Rows that cannot be taken
    are written to `failed`, if it is named. Nothing is kept in a dry run, nor, unless bad rows are
    to be skipped, if any row is bad. Raises AudienceError, keeping nothing, for a file that cannot
    be trusted.
    """
    taken = _Taken()
    with connection.begin_nested() as attempt, failures(failed, file.plan) as apart:
        with admitting(connection, consent_source=consent_source, at=terms.at) as admit:
            for chunk in _chunks(file, terms, progress):
                taken.admission += admit([row for row in chunk if isinstance(row, Entry)])
                taken.count(chunk, apart)
        kept = not dry_run and (skip_bad or not taken.bad_rows)
        if not kept:
            attempt.rollback()
        place = apart.finish()
    return taken.report(kept=kept, failed=place)


@dataclass(slots=True)
class _Taken:
    """What was taken from the file so far."""

    rows: int = 0
    bad_rows: int = 0
    bad: list[BadRow] = field(default_factory=list)
    admission: Admission = field(default_factory=Admission)

    def count(self, chunk: Sequence[Entry | Failed], apart: Failures) -> None:
        """Count the rows, and put those apart that failed."""
        failed = [row for row in chunk if isinstance(row, Failed)]
        for row in failed:
            apart.add(row)
        self.bad += [row.bad for row in failed[: MOST_SHOWN - len(self.bad)]]
        self.bad_rows += len(failed)
        self.rows += len(chunk)

    def report(self, *, kept: bool, failed: Path | None) -> ImportReport:
        """The end of it."""
        name = None if failed is None else str(failed)
        return ImportReport(self.rows, self.admission, self.bad_rows, kept, tuple(self.bad), name)


def _chunks(
    file: PeopleFile, terms: Terms, progress: Callable[[int], None]
) -> Iterator[list[Entry | Failed]]:
    """Some thousand rows at a time; each is told of when the next is asked for."""
    rows, done = file.rows(terms), 0
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
        progress(file.done - done)
        done = file.done
