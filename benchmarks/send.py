"""Sending with the ledger and the suppressions on, against a hand-written loop that is as durable.

Timed is the send of a frozen campaign, from its first claim to its end; the freeze, which happens
once and may happen days before, is told beside it. Both sides read the same rows, commit as
durably, and post 1,000 people a request to a sink that only counts (`benchmarks.durable`).
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import insert

from benchmarks import durable
from benchmarks.bar import Bar
from benchmarks.children import Run, together
from benchmarks.sink import sink
from newsletter.app import SystemClock, SystemRandomness
from newsletter.config import Sending
from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.address import address_digest
from newsletter.domain.campaign import Campaign, CampaignState, Envelope
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.domain.token import derive_key
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.store import campaigns, freezing, progress, schema
from newsletter.store.engine import open_store, pepper, reading, writing
from newsletter.usecases.status import window

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsletter.usecases.status import Window

PEOPLE = 300_000
MANY = 1_000_000
BATCH = 1000  # the most a request may carry
ROUNDS = 4
LATENCY = 0.15  # seconds, of a provider far away
IN_FLIGHT = (4, 32)
KEY = derive_key(b"benchmark secret of 32 characters", "unsubscribe")
HTML = "<p>" + "A brief about gold, stones and watches. " * 1000 + "</p>"
TOKENS = (
    Token("https://nlb0.invalid/1", "unsubscribe_url", Part.HTML),
    Token("https://nlb1.invalid/1", "unsubscribe_url", Part.TEXT),
)
RENDITION = Rendition("all", "Gold", "Gold", HTML + TOKENS[0].placeholder, "text", TOKENS)


@dataclass(frozen=True, slots=True)
class Office:
    """A database with so many subscribers; each round freezes a campaign of its own."""

    database: Path
    people: int

    def frozen(self, batch: int = BATCH) -> tuple[int, float]:
        """The id of a new frozen campaign, and the seconds its freeze took."""
        engine = _opened(self.database)
        began = time.perf_counter()
        with writing(engine) as connection:
            campaign_id = freezing.freeze(
                connection,
                wanted(f"bench-{began}"),
                occurrence="",
                renditions=[RENDITION],
                rule=None,
                largest_batch=batch,
                actor="benchmark",
            )
        seconds = time.perf_counter() - began
        engine.dispose()
        return campaign_id, seconds

    def ours(self, port: int, *, processes: int = 1, in_flight: int = 1) -> Run:
        campaign, _ = self.frozen()
        run = together(send_frozen, processes, self.database, campaign, port, in_flight)
        return self._checked(campaign, run)

    def window(self, port: int) -> Window:
        """How long who unsubscribes may still be mailed: reliability F46."""
        campaign, _ = self.frozen()
        together(send_frozen, 1, self.database, campaign, port, 1)
        engine = _opened(self.database)
        with reading(engine) as connection:
            measured = window(progress.lines(connection, campaign))
        engine.dispose()
        if measured is None:
            raise RuntimeError("no request of the benchmark's campaign told when it began")
        return measured

    def limit(self, port: int, *, processes: int = 1) -> Run:
        campaign, _ = self.frozen()
        arguments = (self.database, campaign, port, KEY, RENDITION)
        return self._checked(campaign, together(durable.send, processes, *arguments))

    def _checked(self, campaign: int, run: Run) -> Run:
        engine = _opened(self.database)
        with reading(engine) as connection:
            left = connection.exec_driver_sql(
                "SELECT count(*) FROM batch WHERE campaign_id = ? AND state <> 'submitted'",
                (campaign,),
            ).scalar_one()
        engine.dispose()
        if left:
            raise RuntimeError(f"{left} batches of the benchmark's campaign were not submitted")
        return run


def bars() -> list[Bar]:
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        office = filled(Path(folder), PEOPLE)
        _, freeze = office.frozen()
        one = [(office.ours(port), office.limit(port)) for _ in range(ROUNDS)]
        two = [
            (office.ours(port, processes=2), office.limit(port, processes=2)) for _ in range(ROUNDS)
        ]
        open_for = office.window(port)
        far_away = [_far_away(office, port, in_flight) for in_flight in IN_FLIGHT]
    small = max(ours.megabytes for ours, _ in one)
    return [
        _against("one process", one, f"; the freeze took {freeze:.2f} s before"),
        _against("two processes", two),
        _window(open_for),
        *far_away,
        *_large(small),
    ]


def _against(name: str, rounds: list[tuple[Run, Run]], more: str = "") -> Bar:
    ours = min(mine.seconds for mine, _ in rounds)
    limit = min(bare.seconds for _, bare in rounds)
    return Bar(
        f"send {PEOPLE:,} by {name}, hand-written durable loop ÷ ours",
        limit / ours,
        0.5,
        False,
        f"{PEOPLE / ours:,.0f} against {PEOPLE / limit:,.0f} recipients/s{more}",
    )


def _window(measured: Window) -> Bar:
    return Bar(
        "from the look at the suppressions to the first byte of a request, ms (99 of 100)",
        measured.p99_ms,
        2000,
        True,
        f"half of them {measured.median_ms:.1f} ms",
    )


def _far_away(office: Office, port: int, in_flight: int) -> Bar:
    """With a slow provider the requests in flight set the speed, until the processor does."""
    near = office.people / office.ours(port, in_flight=in_flight).seconds
    with sink(LATENCY) as distant:
        runs = [office.ours(distant, in_flight=in_flight).seconds for _ in range(2)]
    rate, most = office.people / min(runs), BATCH * in_flight / LATENCY
    return Bar(
        f"{in_flight} requests in flight at {LATENCY * 1000:.0f} ms, share of the possible",
        rate / min(most, near),
        0.8,
        False,
        f"{rate:,.0f} recipients/s of {most:,.0f}; without latency {near:,.0f}",
    )


def _large(small: float) -> list[Bar]:
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        office = filled(Path(folder), MANY)
        _, freeze = office.frozen()
        run = office.ours(port)
    rate = f"{MANY / run.seconds:,.0f} recipients/s; the freeze took {freeze:.1f} s before"
    return [
        Bar(f"peak memory of a send to {MANY:,}, MB", run.megabytes, 150, True, rate),
        Bar(
            f"memory for {MANY:,} ÷ for {PEOPLE:,}",
            run.megabytes / small,
            1.15,
            True,
            f"{run.megabytes:.0f} against {small:.0f} MB",
        ),
    ]


def _opened(database: Path) -> Engine:
    return open_store(f"sqlite:///{database}", clock=SystemClock(), randomness=SystemRandomness())


def filled(folder: Path, people: int) -> Office:
    office = Office(folder / "newsletter.db", people)
    engine = _opened(office.database)
    subscribed(engine, people)
    engine.dispose()
    return office


def subscribed(engine: Engine, people: int) -> None:
    """So many readers of the weekly list, by ten thousands."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    with writing(engine) as connection:
        secret = pepper(connection)
        for start in range(1, people + 1, 10_000):
            addresses = {
                number: f"reader{number:07}@example.com" for number in range(start, start + 10_000)
            }
            connection.execute(
                insert(schema.subscriber),
                [
                    {
                        "id": number,
                        "address": address,
                        "canonical": address,
                        "digest": address_digest(secret, address),
                        "attributes": {"first_name": "Ada", "role": "retailer", "country": "US"},
                        "created_at": now,
                        "updated_at": now,
                    }
                    for number, address in addresses.items()
                ],
            )
            connection.execute(
                insert(schema.subscription),
                [
                    {
                        "subscriber_id": number,
                        "list_key": "weekly",
                        "status": "subscribed",
                        "consent_source": "benchmark",
                        "subscribed_at": now,
                    }
                    for number in addresses
                ],
            )


def wanted(issue: str) -> Campaign:
    """A campaign to everybody on the list, to be frozen."""
    return Campaign(
        id=0,
        issue=issue,
        list_key="weekly",
        segment="",
        state=CampaignState.FROZEN,
        envelope=Envelope(
            Mailbox("editor@example.com", "Bench"),
            None,
            "<weekly.example.com>",
            "https://n.example",
        ),
        digest="",
        frozen_at=datetime(2026, 11, 23, tzinfo=UTC),
        send_at=None,
        reason="",
    )


def send_frozen(database: Path, campaign_id: int, port: int, in_flight: int) -> None:
    """Send a frozen campaign, as `newsletter send` does."""
    engine = _opened(database)
    with reading(engine) as connection:
        campaign = campaigns.get(connection, campaign_id)
    provider = SendGridProvider(
        SecretStr("SG.bench"),
        host=f"http://127.0.0.1:{port}",
        clock=SystemClock(),
        connections=in_flight,
    )
    Dispatch(
        engine=engine,
        provider=provider,
        clock=SystemClock(),
        randomness=SystemRandomness(),
        key=KEY,
        progress=lambda _: None,
        concurrency=in_flight,
        settings=Sending(),
    ).run(campaign)
    provider.close()
    engine.dispose()
