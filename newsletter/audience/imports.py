"""Takes a file of people into the store: all of it or, where a row is bad, nothing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from newsletter.audience.failures import failures
from newsletter.audience.fields import check_list
from newsletter.audience.rows import Failed
from newsletter.domain.audience import Admission, Entry, ImportReport
from newsletter.store.admission import admitting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from newsletter.audience.fields import Terms
    from newsletter.audience.rows import PeopleFile
    from newsletter.domain.audience import BadRow

CHUNK = 10_000
MOST_SHOWN = 100


def import_file(
    connection: Connection,
    file: PeopleFile,
    terms: Terms,
    *,
    consent_source: str,
    failed: Path,
    dry_run: bool = False,
    skip_bad: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Import an open file in the caller's transaction.

    Everybody is subscribed to the lists of the terms and to those of their own row; who
    unsubscribed or is suppressed stays so. What a row says is laid over what is known
    (`store.admission`). `progress` hears how many bytes more are done. Rows that cannot be taken
    are written to `failed`. Nothing is kept in a dry run, nor, unless bad rows are to be skipped,
    if any row is bad. Raises AudienceError, keeping nothing, for a file that cannot be trusted and
    for unknown lists.
    """
    for key in terms.list_keys:
        check_list(key, terms.known_lists)
    rows, admission = 0, Admission()
    bad: list[BadRow] = []
    count_bad = 0
    with connection.begin_nested() as attempt, failures(failed, file.plan) as apart:
        with admitting(connection, consent_source=consent_source, at=terms.at) as admit:
            source = file.rows(terms)
            done = file.done
            while chunk := list(islice(source, CHUNK)):
                entries = [row for row in chunk if isinstance(row, Entry)]
                admission += admit(entries)
                for row in chunk:
                    if isinstance(row, Failed):
                        apart.add(row)
                        bad += [row.bad][: MOST_SHOWN - len(bad)]
                rows += len(chunk)
                count_bad += len(chunk) - len(entries)
                progress(file.done - done)
                done = file.done
        kept = not dry_run and (skip_bad or not count_bad)
        if not kept:
            attempt.rollback()
        written = apart.finish()
    return ImportReport(
        rows, admission, count_bad, kept, tuple(bad), str(written) if written else None
    )
