"""What a failure of the database itself means for the person at the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, OperationalError

from newsletter.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL

_SQLITE = {
    "BUSY": "is in use by another program; wait for that to finish and try again",
    "LOCKED": "is in use by another program; wait for that to finish and try again",
    "NOTADB": "is not a database of this program; name another file, or move this one away",
    "CORRUPT": "is damaged; bring it back from a backup",
    "FULL": "cannot grow, for the disk is full; make room and run the command again",
    "IOERR": "cannot be read or written, for the disk reports an error; check the disk",
    "READONLY": "cannot be written; check the rights of the file and of its folder",
    "CANTOPEN": "cannot be opened; check the path and its rights",
}
"""Primary result codes, https://www.sqlite.org/rescode.html; extended ones begin with them."""

_UNREACHABLE = "cannot be reached; check that it runs, and its host, name, user and password"
_POSTGRESQL = {
    "40": "is in use by another program; try again",
    "53": "has no room or no connection left; make room and run the command again",
    "55": "is in use by another program; try again",
    "57": "has shut down; start it and run the command again",
}
"""Classes of SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html."""


def explained(error: DBAPIError, url: URL) -> StoreError | None:
    """The error for a person, or None where the statement is at fault and not the database."""
    error = _before(error)
    reason = (
        _sqlite_reason(error) if url.get_backend_name() == "sqlite" else _postgresql_reason(error)
    )
    return None if reason is None else StoreError(f"{store_name(url)} {reason}")


def _before(error: DBAPIError) -> DBAPIError:
    """What really happened: where the disk is full, SQLite has rolled back the savepoints, too, and
    the way back to one of them fails for that (https://www.sqlite.org/lang_transaction.html).
    """
    cause: BaseException | None = error
    while "no such savepoint" in str(error.orig) and cause is not None:
        cause = cause.__context__
        error = cause if isinstance(cause, DBAPIError) else error
    return error


def store_name(url: URL) -> str:
    """How messages call a database: never with user or password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    return f"the PostgreSQL database “{url.database}” at {url.host or 'this machine'}"


def _sqlite_reason(error: DBAPIError) -> str | None:
    code = getattr(error.orig, "sqlite_errorname", "")
    return _SQLITE.get(code.removeprefix("SQLITE_").split("_")[0])


def _postgresql_reason(error: DBAPIError) -> str | None:
    if not isinstance(error, OperationalError):
        return None
    state = getattr(error.orig, "sqlstate", None)
    return _UNREACHABLE if state is None else _POSTGRESQL.get(state[:2], _UNREACHABLE)
