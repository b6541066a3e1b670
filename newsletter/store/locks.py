"""One sender a campaign: a lock that a dying process frees by itself.

SQLite: `flock` on a file beside the database (one host). PostgreSQL: an advisory lock on a
connection of its own (any number of hosts).
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from newsletter.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_LOCK_CLASS = 0x6E6C  # "nl": keeps our advisory locks apart from others in the same database


@contextmanager
def sender_lock(engine: Engine, campaign_id: int) -> Iterator[None]:
    """Hold a campaign's lock; DeliveryError at once when another process has it."""
    held = _file_lock if engine.dialect.name == "sqlite" else _advisory_lock
    with held(engine, campaign_id):
        yield


@contextmanager
def _file_lock(engine: Engine, campaign_id: int) -> Iterator[None]:
    path = f"{engine.url.database}.campaign-{campaign_id}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken() from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _advisory_lock(engine: Engine, campaign_id: int) -> Iterator[None]:
    # Autocommit, so that no transaction stays open for as long as the send takes.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        lock = func.pg_try_advisory_lock(_LOCK_CLASS, campaign_id)
        if not connection.execute(select(lock)).scalar_one():
            raise _taken()
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(_LOCK_CLASS, campaign_id)))


def _taken() -> DeliveryError:
    return DeliveryError(
        "another process is sending this campaign; `newsletter status` shows how far it is"
    )
