"""An independent judge of a send: it reads the database and the provider's ledger, no more.

No module of the product is imported. Who may follow whom is written down here a second time, from
the specification, so that a mistake in the product's tables is seen. Run it by hand with

    python -m tests.proof.checker DATABASE LEDGER

where DATABASE is a file of SQLite or a URL of PostgreSQL, and LEDGER the simulator's ledger.jsonl.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

BATCH = {
    "ready": {"submitting", "cancelled"},
    "submitting": {"submitted", "scheduled", "ready", "rejected", "unknown"},
    "scheduled": {"submitted", "cancelling"},
    "unknown": {"submitted", "scheduled", "cancelling", "held"},
    "cancelling": {"ready", "cancelled", "submitted", "held"},
    "held": {"submitted", "ready", "cancelled"},
    "submitted": set(),
    "rejected": set(),
    "cancelled": set(),
}
CAMPAIGN = {
    "": {"frozen"},
    "frozen": {"sending", "paused", "cancelled", "missed", "locked"},
    "sending": {"paused", "done", "unsettled", "cancelled", "locked"},
    "paused": {"frozen", "sending", "cancelled", "locked"},
    "unsettled": {"sending", "done", "cancelled", "locked"},
    "missed": {"sending", "cancelled", "locked"},
    "locked": {"paused", "cancelled"},
    "done": set(),
    "cancelled": set(),
}
DELIVERY = {
    "ready": "planned",
    "submitting": "planned",
    "cancelling": "unknown",
}
ENDED = {"submitted", "suppressed", "rejected", "cancelled"}
MAY_HAVE_LEFT = {"submitted", "scheduled", "unknown", "held"}
"""How the books may call a mail that the provider has."""


class Books:
    """The rows of a database, read once."""

    def __init__(self, database: str) -> None:
        with closing(_connect(database)) as connection:
            self.campaigns = _rows(connection, "id, issue, state, candidates", "campaign")
            self.batches = _rows(connection, "id, campaign_id, state, attempt_id", "batch")
            self.attempts = _rows(connection, "id, batch_id, created_at, outcome", "attempt")
            self.deliveries = _rows(
                connection,
                "id, campaign_id, batch_id, subscriber_id, subscription_id, address, digest,"
                " ending, reason",
                "delivery",
            )
            self.exclusions = _rows(connection, "campaign_id, reason", "exclusion")
            self.log = _rows(
                connection, "campaign_id, batch_id, attempt_id, before, after, actor", "transition"
            )
            self.suppressions = _rows(connection, "digest, at, reason", "suppression", key="digest")
            self.departures = _rows(
                connection, "id, unsubscribed_at", "subscription WHERE status = 'unsubscribed'"
            )
            self.told = _rows(
                connection,
                "delivery_id",
                "event WHERE kind IN ('complained', 'bounced', 'unsubscribed')",
                key="delivery_id",
            )
        self.batch_of = {row["id"]: row for row in self.batches}

    def state(self, delivery: dict) -> str:
        """Where a delivery stands: its own ending, or its batch's state."""
        batch = self.batch_of[delivery["batch_id"]]["state"]
        return delivery["ending"] or DELIVERY.get(batch, batch)


class Ledger:
    """What the provider accepted, and which of it reaches people."""

    def __init__(self, path: Path) -> None:
        facts = [json.loads(line) for line in path.read_bytes().splitlines()]
        given = {fact["batch_id"] for fact in facts if fact["fact"] == "batch"}
        stopped: dict[str, str] = {}
        for fact in facts:
            if fact["fact"] == "stop":
                stopped[fact["batch_id"]] = fact["status"]
            elif fact["fact"] == "resume":
                stopped.pop(fact["batch_id"], None)
        self.accepted = [fact for fact in facts if fact["fact"] == "accepted"]
        self.effective = [
            fact
            for fact in self.accepted
            if not fact["batch_id"]
            or (fact["batch_id"] in given and fact["batch_id"] not in stopped)
        ]


def violations(database: str, ledger: Path, *, ended: bool = True) -> list[str]:
    """Every broken promise, in words; an empty list is the proof. I1 to I6 of the specification.

    `ended` says that the send has come to its end: then nothing may still be planned.
    """
    books, provider = Books(database), Ledger(ledger)
    return [
        *_accounted(books, ended=ended),
        *_nobody_twice(books, provider),
        *_books_and_ledger_agree(books, provider),
        *_consent(books, provider),
        *_monotone(books),
    ]


def doubted(database: str) -> int:
    """How many mails nobody can tell about, unknown and held."""
    books = Books(database)
    return sum(books.state(one) in {"unknown", "held"} for one in books.deliveries)


def _accounted(books: Books, *, ended: bool) -> list[str]:
    """I1: candidates = deliveries + excluded, and each delivery has one place."""
    found = []
    excluded = Counter(row["campaign_id"] for row in books.exclusions)
    states = defaultdict(Counter)
    for delivery in books.deliveries:
        states[delivery["campaign_id"]][books.state(delivery)] += 1
    for campaign in books.campaigns:
        mine = states[campaign["id"]]
        if campaign["candidates"] != mine.total() + excluded[campaign["id"]]:
            found.append(
                f"I1 campaign {campaign['id']}: {campaign['candidates']} candidates are not "
                f"{mine.total()} deliveries and {excluded[campaign['id']]} excluded"
            )
        open_ones = {state: number for state, number in mine.items() if state not in ENDED}
        if campaign["state"] == "done" and open_ones:
            found.append(f"I10 campaign {campaign['id']} is called done with {open_ones}")
        if ended and campaign["state"] != "cancelled" and mine["planned"]:
            found.append(f"I4 campaign {campaign['id']} ended with {mine['planned']} still planned")
    return found


def _nobody_twice(books: Books, provider: Ledger) -> list[str]:
    """I2: one mail for each delivery, each address of a campaign, each person of an issue."""
    issue_of = {row["id"]: row["issue"] for row in books.campaigns}
    person_of = {row["id"]: row for row in books.deliveries}
    mails, people, requests = Counter(), Counter(), Counter()
    for fact in provider.effective:
        requests[fact["attempt"]] += 1
        for address, delivery in fact["people"]:
            row = person_of.get(int(delivery))
            mails[fact["campaign"], address.lower()] += 1
            if row is not None:
                people[issue_of[row["campaign_id"]], row["subscriber_id"]] += 1
    twice = sum(number > 1 for number in mails.values())
    same = sum(number > 1 for number in people.values())
    again = [attempt for attempt, number in requests.items() if number > 1]
    return (
        [f"I2 {twice} addresses got a campaign more than once"] * bool(twice)
        + [f"I2 {same} people got an issue more than once"] * bool(same)
        + [f"I2 attempt {attempt} was accepted {requests[attempt]} times" for attempt in again]
    )


def _books_and_ledger_agree(books: Books, provider: Ledger) -> list[str]:
    """I3 and I4: who is submitted was accepted, who was accepted is submitted or in doubt."""
    found = []
    attempts = {row["id"]: row["batch_id"] for row in books.attempts}
    has = {int(delivery) for fact in provider.effective for _, delivery in fact["people"]}
    address_of = {row["id"]: row["address"] for row in books.deliveries}
    for fact in provider.accepted:
        if fact["attempt"] not in attempts:
            found.append(f"I4 the provider has attempt {fact['attempt']}, of which no row tells")
        for address, delivery in fact["people"]:
            if address_of.get(int(delivery)) != address:
                found.append(f"I4 delivery {delivery} went to an address that was not frozen")
    for delivery in books.deliveries:
        state, batch = books.state(delivery), books.batch_of[delivery["batch_id"]]
        if state == "submitted" and delivery["id"] not in has:
            found.append(f"I3 delivery {delivery['id']} is submitted, and the provider has it not")
        under_way = batch["state"] == "submitting" and not delivery["ending"]
        if delivery["id"] in has and state not in MAY_HAVE_LEFT and not under_way:
            found.append(f"I4 delivery {delivery['id']} is {state}, and the provider has it")
    return found


def _consent(books: Books, provider: Ledger) -> list[str]:
    """I5: nobody is in a request who had left, or was suppressed, before its claim.

    A moment that an event brought may lie before the moment it was heard of; such are left out.
    """
    found = []
    claimed = {row["id"]: _moment(row["created_at"]) for row in books.attempts}
    rows = {row["id"]: row for row in books.deliveries}
    told = [rows[row["delivery_id"]] for row in books.told if row["delivery_id"] in rows]
    heard = {row["digest"] for row in told} | {row["subscription_id"] for row in told}
    suppressed = {row["digest"]: _moment(row["at"]) for row in books.suppressions}
    left = {row["id"]: _moment(row["unsubscribed_at"]) for row in books.departures}
    for fact in provider.accepted:
        at = claimed.get(fact["attempt"])
        for _, delivery in fact["people"]:
            row = rows.get(int(delivery))
            if row is None or at is None:
                continue
            gone = {row["digest"]: suppressed, row["subscription_id"]: left}
            moments = [known.get(key) for key, known in gone.items() if key not in heard]
            if any(moment is not None and moment < at for moment in moments):
                found.append(f"I5 delivery {delivery} was mailed after the person had left")
    return found


def _monotone(books: Books) -> list[str]:
    """I6: each move begins where the one before ended, is allowed, and is signed."""
    found = []
    reached: dict[tuple, str] = {}
    for row in books.log:
        subject = (row["campaign_id"], row["batch_id"])
        name = f"batch {row['batch_id']}" if row["batch_id"] else f"campaign {row['campaign_id']}"
        before = reached.get(subject, "ready" if row["batch_id"] else "")
        allowed = BATCH if row["batch_id"] else CAMPAIGN
        if row["before"] != before:
            found.append(f"I6 {name} moved from {row['before']}, but stood at {before}")
        if row["after"] not in allowed.get(row["before"], ()):
            found.append(f"I6 {name} went from {row['before']} to {row['after']}, which nobody may")
        if not row["actor"]:
            found.append(f"I6 {name} was moved to {row['after']} by nobody")
        reached[subject] = row["after"]
    found += [
        f"I6 campaign {row['id']} is {row['state']}, and the log ends elsewhere"
        for row in books.campaigns
        if reached.get((row["id"], None)) != row["state"]
    ]
    found += [
        f"I6 batch {row['id']} is {row['state']}, and the log ends elsewhere"
        for row in books.batches
        if reached.get((row["campaign_id"], row["id"]), "ready") != row["state"]
    ]
    return found


def _connect(database: str) -> object:
    if database.startswith("postgresql"):
        import psycopg

        return psycopg.connect(database.replace("postgresql+psycopg://", "postgresql://"))
    return sqlite3.connect(f"file:{database.removeprefix('sqlite:///')}?mode=ro", uri=True)


def _rows(connection: object, columns: str, table: str, *, key: str = "") -> list[dict]:
    order = key or ("campaign_id" if table == "exclusion" else "id")
    cursor = connection.cursor()
    cursor.execute(f"SELECT {columns} FROM {table} ORDER BY {order}")
    names = [column.strip() for column in columns.split(",")]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _moment(value: datetime | str | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


if __name__ == "__main__":
    broken = violations(sys.argv[1], Path(sys.argv[2]), ended=False)
    print("\n".join(broken) or "every promise holds")
    sys.exit(1 if broken else 0)
