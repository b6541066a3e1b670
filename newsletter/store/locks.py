"""One sender a campaign: a lock that a dying process frees by itself.

SQLite: `flock` on a file beside the database (one host). PostgreSQL: an advisory lock on a
connection of its own (any number of hosts).
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from newsletter.errors import DeliveryError, StoreError
from newsletter.store.faults import explained

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_LOCK_CLASS = 0x6E6C  # "nl": keeps our advisory locks apart from others in the same database


@contextmanager
def sender_lock(engine: Engine, campaign_id: int) -> Iterator[None]:
    """Hold a campaign's lock; DeliveryError at once when another process has it.

    It spares two senders each other's batches. That nobody is mailed twice does not hang on it: a
    sender whose connection to PostgreSQL breaks has lost it, and each claim is still taken once.
    """
    held = _file_lock if engine.dialect.name == "sqlite" else _advisory_lock
    with held(engine, campaign_id):
        yield


@contextmanager
def _file_lock(engine: Engine, campaign_id: int) -> Iterator[None]:
    # A database may have several names; its lock may not.
    path = f"{os.path.realpath(str(engine.url.database))}.campaign-{campaign_id}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unlockable(path, error) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken() from None
        except OSError as error:
            raise _unlockable(path, error) from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _advisory_lock(engine: Engine, campaign_id: int) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(engine.connect())
            # So that no transaction stays open for as long as the send takes.
            connection.execution_options(isolation_level="AUTOCOMMIT")
            lock = func.pg_try_advisory_lock(_LOCK_CLASS, campaign_id)
            free = connection.execute(select(lock)).scalar_one()
        except DBAPIError as error:
            raise explained(error, engine.url) or error from error
        if not free:
            raise _taken()
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a connection that broke has freed the lock
                connection.execute(select(func.pg_advisory_unlock(_LOCK_CLASS, campaign_id)))


def _taken() -> DeliveryError:
    return DeliveryError(
        "another process is sending this campaign; `newsletter status` shows how far it is"
    )


def _unlockable(path: str, error: OSError) -> StoreError:
    return StoreError(
        f"the send cannot lock {path}: {error.strerror}; check the folder, its rights and its disk"
    )
