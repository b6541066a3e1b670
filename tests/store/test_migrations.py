from __future__ import annotations

import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from newsletter.store import migrations
from newsletter.store.engine import connect, open_store, reading, writing
from newsletter.store.schema import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from newsletter.ports import Clock, Randomness

FOLDER = Path(migrations.__file__).parent

KILLED_HALF_WAY = """
import os, signal, sys
from sqlalchemy import event
from newsletter.store import engine as store

class Seed:
    def token(self): return "ab" * 16

class Clock:
    def now(self): raise AssertionError("the kill comes later than this")

made = []
def kill(connection, cursor, statement, *rest):
    made.append(statement.lstrip().startswith("CREATE TABLE"))
    if sum(made) == 5:
        os.kill(os.getpid(), signal.SIGKILL)

original = store.connect
def connect(url):
    engine = original(url)
    event.listen(engine, "after_cursor_execute", kill)
    return engine
store.connect = connect
Clock.now = lambda self: __import__("datetime").datetime.now(__import__("datetime").UTC)
store.open_store(sys.argv[1], clock=Clock(), randomness=Seed())
"""


def _constraints(connection: Connection) -> set[tuple[str, str | None, str]]:
    """Table, name and, of a check, its condition."""
    found = inspect(connection)
    return {
        (table, entry["name"], str(entry.get("sqltext", "")))
        for table in found.get_table_names()
        for entry in (
            *found.get_check_constraints(table),
            *found.get_unique_constraints(table),
            *found.get_foreign_keys(table),
            *found.get_indexes(table),
            found.get_pk_constraint(table),
        )
        if table != "alembic_version"
    }


def test_migrated_tables_are_those_of_the_schema(engine: Engine) -> None:
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_constraints_bear_the_names_the_schema_gives(
    empty_url: str, clock: Clock, randomness: Randomness
) -> None:
    engine = connect(empty_url)
    with writing(engine) as connection:
        metadata.create_all(connection)
        expected = _constraints(connection)
        connection.rollback()
    engine.dispose()
    engine = open_store(empty_url, clock=clock, randomness=randomness)
    with reading(engine) as connection:
        assert _constraints(connection) == expected
    engine.dispose()
    assert "ck_workspace_single" in {name for _, name, _ in expected}


def test_head_is_the_newest_revision() -> None:
    assert ScriptDirectory(str(FOLDER)).get_heads() == [migrations.HEAD]


def test_a_migration_killed_half_way_leaves_nothing(
    empty_url: str, clock: Clock, randomness: Randomness
) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_HALF_WAY, empty_url], check=False)
    assert killed.returncode == -9
    engine = connect(empty_url)
    with reading(engine) as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
    engine = open_store(empty_url, clock=clock, randomness=randomness)
    with reading(engine) as connection:
        assert set(metadata.tables) < set(inspect(connection).get_table_names())
    engine.dispose()


def test_a_contributor_generates_migrations_that_run_as_they_are(
    empty_url: str, tmp_path: Path
) -> None:
    history = tmp_path / "history"
    shutil.copytree(FOLDER, history, ignore=shutil.ignore_patterns("0*.py"))
    config = Config(cmd_opts=Namespace(x=[f"url={empty_url}"]))
    config.set_main_option("script_location", str(history))
    command.revision(config, "all at once", autogenerate=True)
    command.upgrade(config, "head")
    engine = connect(empty_url)
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
