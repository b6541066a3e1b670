"""Takes a file of people into the store: all of it or, where a row is bad, nothing."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from newsletter.audience.rows import Row, read_rows
from newsletter.domain.audience import Admission, BadRow, Entry, ImportReport
from newsletter.errors import AudienceError
from newsletter.store.admission import admitting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

CHUNK = 2_000
MOST_SHOWN = 100


def import_file(
    connection: Connection,
    path: Path,
    *,
    known_lists: Collection[str],
    list_keys: tuple[str, ...] = (),
    consent_source: str,
    at: datetime,
    dry_run: bool = False,
    skip_bad: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Import a CSV or JSON Lines file (`rows.read_rows`) in the caller's transaction.

    Everybody is subscribed to `list_keys` and to the lists of their own row; who unsubscribed or is
    suppressed stays so. Attributes are added to those known. `progress` hears how many rows
    more are done. Nothing is kept in a dry run, nor, unless bad rows are to be skipped, if any row
    is bad. Raises AudienceError, keeping nothing, for a file that cannot be trusted and for unknown
    `list_keys`.
    """
    known = frozenset(known_lists)
    for key in list_keys:
        _check_list(key, known)
    rows, bad_rows, admission = 0, 0, Admission()
    shown: list[BadRow] = []
    with connection.begin_nested() as attempt:
        with admitting(connection, consent_source=consent_source, at=at) as admit:
            for chunk in _chunks(read_rows(path)):
                entries, bad = _sorted(chunk, known, list_keys)
                admission += admit(entries)
                shown += bad[: MOST_SHOWN - len(shown)]
                bad_rows += len(bad)
                rows += len(chunk)
                progress(len(chunk))
        kept = not dry_run and (skip_bad or not bad_rows)
        if not kept:
            attempt.rollback()
    return ImportReport(rows, admission, bad_rows, kept, tuple(shown))


def _chunks(rows: Iterator[Row | BadRow]) -> Iterator[list[Row | BadRow]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _sorted(
    chunk: list[Row | BadRow], known: frozenset[str], list_keys: tuple[str, ...]
) -> tuple[list[Entry], list[BadRow]]:
    """The entries of the good rows, on all their lists, and the bad rows."""
    entries: list[Entry] = []
    bad: list[BadRow] = []
    for row in chunk:
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        try:
            for key in row.entry.lists:
                _check_list(key, known)
        except AudienceError as error:
            bad.append(BadRow(row.row, row.line, error.message))
        else:
            person = row.entry
            entries.append(Entry(person.address, person.attributes, person.lists + list_keys))
    return entries, bad


def _check_list(key: str, known: frozenset[str]) -> None:
    if key not in known:
        raise AudienceError(
            f"there is no list “{key[:40]}” in config.yaml; lists there: {', '.join(sorted(known))}"
        )
