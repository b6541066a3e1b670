from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from newsletter.errors import StoreError
from newsletter.store import engine as module
from newsletter.store import schema
from newsletter.store.engine import open_store, pepper, reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from newsletter.ports import Clock, Randomness

    Opener = Callable[[str], Engine]


@pytest.fixture
def opened(clock: Clock, randomness: Randomness) -> Opener:
    return lambda url: open_store(url, clock=clock, randomness=randomness)


def _suppress(connection: Connection, digest: str, clock: Clock) -> None:
    connection.execute(
        insert(schema.suppression).values(digest=digest, reason="bounced", at=clock.now())
    )


def _digests(connection: Connection) -> list[str]:
    return list(connection.execute(select(schema.suppression.c.digest)).scalars())


def test_a_new_database_gets_tables_a_pepper_and_its_birthday(
    empty_url: str, opened: Opener, clock: Clock
) -> None:
    engine = opened(empty_url)
    with reading(engine) as connection:
        row = connection.execute(select(schema.workspace)).one()
        assert len(row.pepper) == 32
        assert row.created_at == clock.now()
    engine.dispose()


def test_opening_again_keeps_the_pepper(empty_url: str, opened: Opener) -> None:
    peppers = set()
    for _ in range(2):
        engine = opened(empty_url)
        with reading(engine) as connection:
            peppers.add(pepper(connection))
        engine.dispose()
    assert len(peppers) == 1


def test_opening_a_database_at_head_does_not_load_alembic(store_url: str) -> None:
    program = (
        "import sys; from newsletter.store.engine import open_store;"
        "open_store(sys.argv[1], clock=None, randomness=None).dispose();"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, store_url], check=False).returncode == 0


def test_a_newer_database_is_refused_and_left_alone(empty_url: str, opened: Opener) -> None:
    engine = opened(empty_url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer version of this program \(revision 9999\)"):
        opened(empty_url)
    with reading(engine) as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        )
    engine.dispose()


def test_a_database_with_tables_of_another_program_is_refused(
    empty_url: str, opened: Opener
) -> None:
    engine = module.connect(empty_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE subscriber (id integer)"))
    engine.dispose()
    with pytest.raises(StoreError, match="has tables of another program"):
        opened(empty_url)


def test_what_was_written_is_read(engine: Engine, clock: Clock) -> None:
    with writing(engine) as connection:
        _suppress(connection, "a" * 32, clock)
    with reading(engine) as connection:
        row = connection.execute(select(schema.suppression)).one()
    assert row.at == clock.now()
    assert row.at.tzinfo is not None


def test_an_exception_undoes_what_was_written(engine: Engine, clock: Clock) -> None:
    def interrupted() -> None:
        with writing(engine) as connection:
            _suppress(connection, "a" * 32, clock)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with reading(engine) as connection:
        assert _digests(connection) == []


def test_a_broken_constraint_stays_an_integrity_error(engine: Engine, clock: Clock) -> None:
    with writing(engine) as connection:
        _suppress(connection, "a" * 32, clock)
    with pytest.raises(IntegrityError), writing(engine) as connection:
        _suppress(connection, "a" * 32, clock)


def test_reading_refuses_to_write(engine: Engine, clock: Clock) -> None:
    with pytest.raises((StoreError, DBAPIError)), reading(engine) as connection:
        _suppress(connection, "a" * 32, clock)
    with writing(engine) as connection:
        _suppress(connection, "b" * 32, clock)
        assert _digests(connection) == ["b" * 32]


def test_reading_sees_one_snapshot(engine: Engine, clock: Clock) -> None:
    with reading(engine) as connection:
        assert _digests(connection) == []
        with writing(engine) as other:
            _suppress(other, "a" * 32, clock)
        assert _digests(connection) == []
    with reading(engine) as connection:
        assert _digests(connection) == ["a" * 32]


def test_foreign_keys_are_enforced(engine: Engine, clock: Clock) -> None:
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(
            insert(schema.subscription).values(
                subscriber_id=1,
                list_key="weekly",
                status="subscribed",
                consent_source="form",
                subscribed_at=clock.now(),
            )
        )


OPENED_AT_ONCE = """
import datetime, os, sys
from newsletter.store.engine import open_store

class Machine:
    def now(self): return datetime.datetime.now(datetime.UTC)
    def token(self): return os.urandom(16).hex()

print("ready", flush=True)
sys.stdin.read()
open_store(sys.argv[1], clock=Machine(), randomness=Machine()).dispose()
"""


def test_processes_that_open_a_new_database_at_once_agree(empty_url: str) -> None:
    command = [sys.executable, "-c", OPENED_AT_ONCE, empty_url]
    pipe = subprocess.PIPE
    crowd = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(3)]
    for process in crowd:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in crowd:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait(60) for process in crowd] == [0, 0, 0]
    for process in crowd:
        assert process.stdout is not None
        process.stdout.close()
    engine = module.connect(empty_url)
    with reading(engine) as connection:
        assert len(connection.execute(select(schema.workspace)).all()) == 1
    engine.dispose()


def test_sqlite_runs_with_the_durable_settings(tmp_path: Path, opened: Opener) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'n.db'}")
    with writing(engine) as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 120_000,
    }


def test_only_the_owner_may_look_into_the_file(tmp_path: Path, opened: Opener) -> None:
    path = tmp_path / ".newsletter" / "newsletter.db"
    engine = opened(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with writing(engine):
        beside = [stat.S_IMODE(other.stat().st_mode) for other in path.parent.iterdir()]
    assert set(beside) == {0o600}
    engine.dispose()


def test_two_writers_wait_for_one_another(
    tmp_path: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    path = tmp_path / "n.db"
    engine = opened(f"sqlite:///{path}")
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is in use by another program"), writing(engine):
        pass
    blocker.execute("COMMIT")
    with writing(engine) as connection:
        assert _digests(connection) == []
    blocker.close()
    engine.dispose()


def test_a_disk_that_fills_up_within_a_savepoint_is_told_as_full(
    tmp_path: Path, opened: Opener
) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'n.db'}")

    def fill() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE much (zeros)")
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            with connection.begin_nested():
                connection.exec_driver_sql("INSERT INTO much VALUES (zeroblob(100000))")

    with pytest.raises(StoreError, match="the disk is full"):
        fill()
    engine.dispose()


def test_a_full_disk_is_told_and_nothing_is_half_written(
    tmp_path: Path, opened: Opener, clock: Clock
) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'n.db'}")
    with writing(engine) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def fill() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
            for number in range(1_000):
                _suppress(connection, f"{number:032}", clock)

    with pytest.raises(StoreError, match="the disk is full"):
        fill()
    with reading(engine) as connection:
        assert _digests(connection) == []
    engine.dispose()


def test_urls_that_cannot_be_opened_are_told_in_one_sentence(
    tmp_path: Path, opened: Opener
) -> None:
    (tmp_path / "notes.txt").write_text("nothing of a database in here, and long enough\n" * 50)
    mistakes = {
        f"sqlite:///{tmp_path / 'no' / 'such' / 'n.db'}": "there is no folder",
        f"sqlite:///{tmp_path}": "cannot be opened",
        f"sqlite:///{tmp_path / 'notes.txt'}": "is not a database of this program",
        "sqlite://": "needs a file",
        "n.db": "is not understood; write sqlite:///",
        "mysql://root:topsecret@localhost/n": "kind “mysql” is not supported",
        "postgresql+psycopg://who:topsecret@127.0.0.1:9/n": "cannot be reached",
        f"postgresql://who:topsecret@/n?host={tmp_path}": "cannot be reached",
    }
    for url, message in mistakes.items():
        with pytest.raises(StoreError, match=message) as told:
            opened(url)
        assert "topsecret" not in str(told.value)
        assert "\n" not in str(told.value)


def test_a_postgresql_database_that_is_missing_is_told(
    postgresql_server: str, opened: Opener
) -> None:
    url = make_url(postgresql_server).set(database="nowhere")
    with pytest.raises(StoreError, match="“nowhere” at this machine cannot be reached"):
        opened(url.render_as_string(hide_password=False))


def test_a_host_that_is_cut_off_and_its_server_give_each_other_up_soon(
    postgresql_store: str, opened: Opener
) -> None:
    own = make_url(postgresql_store).update_query_dict({"keepalives_count": "7"})
    engine = opened(own.render_as_string(hide_password=False))
    told = text("SELECT name FROM pg_settings WHERE source = 'client' AND name LIKE 'tcp_%'")
    with engine.connect() as connection:
        asked = set(connection.execute(told).scalars())
        known = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    engine.dispose()
    assert (known["tcp_user_timeout"], known["keepalives_idle"]) == ("25000", "10")
    assert known["keepalives_count"] == "7"  # a person's own stays
    assert asked == {
        "tcp_keepalives_idle",
        "tcp_keepalives_interval",
        "tcp_keepalives_count",
        "tcp_user_timeout",
    }
