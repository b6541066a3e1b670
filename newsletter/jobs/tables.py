"""Procrastinate's tables, in a schema of their own beside ours, and how a job gets into them.

They hold hints only, so another version's are dropped and made anew: what was in them is found in
our own tables again. Each function is told its schema, so that any connection may call it.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from newsletter.domain.job import Job

SCHEMA = "newsletter_jobs"
MISSING = "jobs: procrastinate needs a package more; run `pip install 'newsletter[postgresql]'`"

_MAKING = 0x6E6C0002  # store.engine has the number before
_VERSION = text("SELECT obj_description(to_regnamespace('newsletter_jobs'), 'pg_namespace')")
_FUNCTIONS = text(
    "SELECT oid::regprocedure::text FROM pg_proc "
    "WHERE pronamespace = 'newsletter_jobs'::regnamespace AND prokind = 'f'"
)
# Of one lock a single job runs, and of one queueing lock a single one waits, see
# https://procrastinate.readthedocs.io/en/stable/howto/advanced/queueing_locks.html
_ADD = text(
    "SELECT newsletter_jobs.procrastinate_defer_jobs_v1(ARRAY[ROW(CAST(:queue AS varchar), "
    "CAST(:name AS varchar), 0, CAST(:key AS text), CAST(:key AS text), CAST(:args AS jsonb), "
    "CAST(NULL AS timestamptz))::newsletter_jobs.procrastinate_job_to_defer_v1]) "
    "WHERE NOT EXISTS (SELECT 1 FROM newsletter_jobs.procrastinate_jobs "
    "WHERE queueing_lock = :key AND status = 'todo')"
)


def prepare(engine: Engine) -> None:
    """Make the tables this version of Procrastinate works with, unless they are there.

    ConfigError where it is not installed, or older than the one that made them.
    """
    try:
        ours = metadata.version("procrastinate")
    except metadata.PackageNotFoundError:
        raise ConfigError(MISSING) from None
    with engine.begin() as connection:
        if connection.execute(_VERSION).scalar() == ours:
            return
        connection.execute(select(func.pg_advisory_xact_lock(_MAKING)))
        theirs = connection.execute(_VERSION).scalar()
        if theirs is not None and _numbers(theirs) > _numbers(ours):
            raise ConfigError(
                f"another machine works with procrastinate {theirs}, and this one has {ours}; "
                f"install {theirs} here, too"
            )
        if theirs != ours:
            _make(connection, ours)


def add(connection: Connection, job: Job) -> None:
    """Have a job wait within the transaction of `connection`, unless its equal waits already."""
    told = {"subject": job.subject, "share": job.share}
    values = {
        "queue": job.queue.value,
        "name": job.name.value,
        "key": job.key,
        "args": orjson.dumps(told).decode(),
    }
    try:
        with connection.begin_nested():  # or a refusal would undo what the job is for
            connection.execute(_ADD, values)
    except IntegrityError:  # its equal was committed at this very moment
        return


def _make(connection: Connection, version: str) -> None:
    from procrastinate.schema import SchemaManager  # noqa: PLC0415 - once in a database's life

    for statement in (
        f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE",
        f"CREATE SCHEMA {SCHEMA}",
        f"SET LOCAL search_path = {SCHEMA}",
        SchemaManager.get_schema().replace("%", "%%"),
    ):
        connection.exec_driver_sql(statement)
    for signature in connection.execute(_FUNCTIONS).scalars().all():
        connection.exec_driver_sql(f"ALTER FUNCTION {signature} SET search_path = {SCHEMA}")
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{version}'")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
