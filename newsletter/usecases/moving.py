"""Moving a workspace from its SQLite file to PostgreSQL: all of it, or nothing.

Killed anywhere, the file sends as before. In the short moment between the two commits PostgreSQL
has everything, and sends nothing, for this machine's mark is made last.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from newsletter import failpoints
from newsletter.errors import DeliveryError, StoreError
from newsletter.store import guard, moving
from newsletter.store.engine import connect, reading, writing
from newsletter.store.leadership import Leader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from newsletter.app import Workspace
    from newsletter.store.moving import Moved


def rows_to_move(workspace: Workspace) -> int:
    """How many rows there are; StoreError where the workspace is not on SQLite."""
    _refuse_server(workspace.engine)
    with reading(workspace.engine) as connection:
        return moving.count_rows(connection)


def move_store(
    workspace: Workspace, url: str, *, progress: Callable[[int], None] = lambda _: None
) -> tuple[Moved, ...]:
    """Move everything to the empty PostgreSQL database at `url`; returns each table with its
    digest, alike on both sides. `progress` hears of each row twice: written, and read back.

    The file cannot be written meanwhile, and sends no more afterwards. DeliveryError while anything
    is being sent or `serve` runs, StoreError where the target is not empty or does not take a row.
    """
    source, target = workspace.engine, connect(url)
    _refuse_server(source)
    try:
        if target.dialect.name != "postgresql":
            raise StoreError("move to PostgreSQL; write postgresql+psycopg://user@host/name")
        with _led(source), writing(source) as old:
            moving.refuse_busy(old)
            with writing(target) as new:
                moved = _fill(old, new, progress)
            failpoints.reach("move:committed")
            moving.lock_file(old, target.url)
        guard.join(target, workspace.state)
    finally:
        target.dispose()
    return moved


def _fill(old: Connection, new: Connection, progress: Callable[[int], None]) -> tuple[Moved, ...]:
    moving.make_tables(new)
    moved = tuple(moving.move_table(table, old, new, progress) for table in moving.TABLES)
    moving.keep_numbers(old, new)
    moving.begin_unmarked(new)
    failpoints.reach("move:whole")
    return moved


@contextmanager
def _led(engine: Engine) -> Iterator[None]:
    """Nobody else ticks for as long as the block lasts."""
    leader = Leader(engine)
    leader.look()
    try:
        if not leader.leads:
            raise DeliveryError("`newsletter serve` works with this database; stop it, then move")
        yield
    finally:
        leader.release()


def _refuse_server(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        raise StoreError("this workspace is on PostgreSQL already; there is nothing to move")
