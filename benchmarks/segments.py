"""A segment of three conditions over a million people, against the same by hand.

The limit is what somebody would write who knows this file and SQLite: an index over each attribute
as a plain path, one over mails opened by a human, by person, and the count in one statement. Both
run on the same file, in turns, and find the same people. Memory is how much a process grows by
while it reads the number of everybody a wide segment finds.
"""

from __future__ import annotations

import resource
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.bar import Bar, interleaved
from benchmarks.children import together
from newsletter.app import SystemClock, SystemRandomness
from newsletter.audience.segments import parse_segment
from newsletter.store import attributes, audience
from newsletter.store.engine import open_store, reading
from newsletter.store.schema import subscriber
from newsletter.store.segments import condition

PEOPLE = 1_000_000
ROUNDS = 5
ROWS = 2_000
AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
DECLARED = {"role": "text", "country": "text", "visits": "number"}
NARROW = "role = 'retailer' and country in ('US', 'CA') and opened within 90 days"
WIDE = "not tag 'gone' and visits >= 0 and not clicked section 'jobs'"
BY_HAND = """
SELECT count(*) FROM subscriber
WHERE json_extract(attributes, '$.role') = 'retailer'
AND json_extract(attributes, '$.country') IN ('US', 'CA')
AND EXISTS (SELECT 1 FROM delivery
            WHERE subscriber_id = subscriber.id AND human_opened_at >= '2026-08-29 09:00:00.000000')
AND NOT EXISTS (SELECT 1 FROM suppression WHERE suppression.digest = subscriber.digest)
"""


def bars() -> list[Bar]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "newsletter.db")
        engine = open_store(_url(path), clock=SystemClock(), randomness=SystemRandomness())
        _fill(path)
        attributes.ensure(engine, DECLARED)
        ours, limit = interleaved(lambda: _ours(engine), lambda: _by_hand(path), ROUNDS)
        found, expected = _ours(engine), _by_hand(path)
        if found != expected:
            raise AssertionError(f"{found} people found, and {expected} by hand")
        engine.dispose()
        streamed = together(_stream, 1, str(path), name)
        grown = float(Path(name, "grown").read_text(encoding="ascii"))
    return [
        Bar(
            "segment of three conditions, ours ÷ by hand",
            ours / limit,
            2,
            True,
            f"{found:,} of {PEOPLE:,} counted in {ours * 1000:.0f} ms against {limit * 1000:.0f}",
        ),
        Bar(
            "segment streamed, MB grown",
            grown,
            64,
            True,
            f"{PEOPLE:,} people in {streamed.seconds:.1f} s",
        ),
    ]


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def _ours(engine: Any) -> int:
    with reading(engine) as connection:
        return audience.count_people(connection, now=AT, rule=parse_segment(NARROW))


def _by_hand(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(BY_HAND).fetchone()[0])


def _stream(path: str, folder: str) -> None:
    engine = open_store(_url(Path(path)), clock=SystemClock(), randomness=SystemRandomness())
    query = select(subscriber.c.id).where(condition(parse_segment(WIDE), AT))
    before, most, count = _megabytes(), 0.0, 0
    with reading(engine) as connection:
        for rows in connection.execution_options(yield_per=ROWS).execute(query).partitions():
            count += len(rows)
            most = max(most, _megabytes())
    if count != PEOPLE:
        raise AssertionError(f"{count} people streamed")
    Path(folder, "grown").write_text(str(most - before), encoding="ascii")


def _megabytes() -> float:
    """What this process holds in memory now; its peak would count its parent's, too."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize() / 2**20


# A number of their own for each person's every trait, as good as chance and the same each time.
NUMBERS = """
WITH RECURSIVE person(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM person WHERE id < :people),
numbered AS (
  SELECT id, (id * 2654435761 >> 7) % 4 AS role, (id * 2246822519 >> 9) % 5 AS country,
         (id * 3266489917 >> 8) % 50 AS visits, (id * 668265263 >> 6) % 1000 AS luck,
         (id * 374761393 >> 5) % (180 * 86400) AS age
  FROM person)
"""
FILL = (
    """
    INSERT INTO campaign (id, issue, list_key, segment, occurrence, state, envelope, digest,
                          candidates, frozen_at, reason)
    VALUES (1, 'i', 'weekly', '', '', 'done', '{}', '', :people, '2026-06-01 09:00:00.000000', '')
    """,
    """
    INSERT INTO batch (id, campaign_id, sequence, version, state)
    VALUES (1, 1, 0, 'all', 'submitted')
    """,
    f"""
    INSERT INTO subscriber (id, address, canonical, digest, attributes, created_at, updated_at)
    {NUMBERS} SELECT id, 'reader' || id || '@example.com', 'reader' || id || '@example.com',
      printf('%032x', id * 2654435761), json_object(
        'role', CASE role WHEN 0 THEN 'retailer' WHEN 1 THEN 'designer' WHEN 2 THEN 'press'
                ELSE 'maker' END,
        'country', substr('USCADEFRCH', country * 2 + 1, 2), 'visits', visits, 'city', 'Lyon',
        'first_name', 'R' || id), '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000'
    FROM numbered
    """,
    """
    INSERT INTO subscription (subscriber_id, list_key, status, consent_source, subscribed_at)
    SELECT id, 'weekly', 'subscribed', '', created_at FROM subscriber
    """,
    f"""
    INSERT INTO delivery (campaign_id, batch_id, subscriber_id, subscription_id, address, canonical,
                          digest, arrival, human_opened_at)
    {NUMBERS} SELECT 1, 1, id, id, '', id, '', 3, CASE WHEN luck < 300 THEN
      strftime('%Y-%m-%d %H:%M:%S', '2026-11-27 09:00:00', -age || ' seconds') || '.000000' END
    FROM numbered
    """,
    "CREATE INDEX by_hand_role ON subscriber (json_extract(attributes, '$.role'))",
    "CREATE INDEX by_hand_country ON subscriber (json_extract(attributes, '$.country'))",
)


def _fill(path: Path) -> None:
    """A million people on one list, each with one mail, three of ten opened in half a year."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        with connection:
            for statement in FILL:
                connection.execute(statement, {"people": PEOPLE} if ":people" in statement else {})
