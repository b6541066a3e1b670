"""What privacy.* of config.yaml says is kept no longer: removed a little at a time, once a day."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from newsletter.store import allowances, bookmarks, retention, signups
from newsletter.store.engine import reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.app import Workspace
    from newsletter.store.retention import Kept

log = logging.getLogger(__name__)

SLICE = 1_000
"""Rows a transaction: on SQLite nobody else writes meanwhile, for some 10 ms."""

LONGEST_PAUSE = 0.02
"""Seconds; for so long the database is left to others between two transactions."""

EVERY = timedelta(days=1)
BOOKMARK = "tidied"


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was removed, or in a dry run would be: rows of events, sign-ups, dead letters and
    allowances, and network addresses taken out of proofs of consent.
    """

    events: int
    networks: int
    dead_letters: int
    signups: int
    allowances: int


def tidy(workspace: Workspace, *, dry_run: bool = False) -> Tidied:
    """Apply privacy.*; interrupted anywhere, the next run goes on. With `dry_run`, only count."""
    now, limits = workspace.clock.now(), workspace.settings.privacy
    apply = partial(_count if dry_run else _remove, workspace)
    forget = partial(_forget_once if dry_run else _forget, workspace)
    return Tidied(
        events=apply(retention.EVENTS, now - limits.events),
        networks=apply(retention.NETWORKS, now - limits.networks),
        dead_letters=apply(retention.DEAD_LETTERS, now - limits.dead_letters),
        signups=forget(partial(signups.forget, now=now, kept=limits.unconfirmed)),
        allowances=forget(partial(allowances.forget, now=now)),
    )


def tidy_daily(workspace: Workspace) -> Tidied | None:
    """Tidy where no process has within a day; None where one did. The database decides."""
    now = workspace.clock.now()
    with reading(workspace.engine) as connection:
        if not _is_due(connection, now):
            return None
    with writing(workspace.engine) as connection:
        if not _is_due(connection, now):  # another process was as quick
            return None
        bookmarks.put(connection, BOOKMARK, "", at=now)
    tidied = tidy(workspace)
    log.info("tidied: %s", tidied)
    return tidied


def _is_due(connection: Connection, now: datetime) -> bool:
    last = bookmarks.find(connection, BOOKMARK)
    return last is None or last.at <= now - EVERY


def _count(workspace: Workspace, kept: Kept, before: datetime) -> int:
    with reading(workspace.engine) as connection:
        return retention.count(connection, kept, before)


def _remove(workspace: Workspace, kept: Kept, before: datetime) -> int:
    removed = 0
    while True:
        with reading(workspace.engine) as connection:
            keys = retention.find(connection, kept, before, SLICE)
        with writing(workspace.engine) as connection:
            removed += retention.remove(connection, kept, keys)
        if len(keys) < SLICE:
            return removed
        workspace.clock.sleep(LONGEST_PAUSE)


def _forget(workspace: Workspace, forget: Callable[..., int]) -> int:
    removed = 0
    while True:
        with writing(workspace.engine) as connection:
            gone = forget(connection, most=SLICE)
        removed += gone
        if gone < SLICE:
            return removed
        workspace.clock.sleep(LONGEST_PAUSE)


def _forget_once(workspace: Workspace, forget: Callable[..., int]) -> int:
    """What forgetting would remove, by doing it and taking it back; there is never much of it."""
    with writing(workspace.engine) as connection, connection.begin_nested() as point:
        gone = forget(connection, most=1_000_000)
        point.rollback()
    return gone
