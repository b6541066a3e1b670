"""A workspace with people, a frozen campaign and a provider: what each proof begins with.

The functions below `send` are run in processes of their own, where they may be killed.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert

from newsletter import config, failpoints
from newsletter.app import SystemClock, SystemRandomness, Workspace
from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.address import address_digest
from newsletter.domain.campaign import BatchState, Campaign, CampaignState, Envelope, Step
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.domain.token import derive_key
from newsletter.errors import NewsletterError
from newsletter.events.ingest import ingest
from newsletter.providers.sendgrid.webhook import read_events
from newsletter.providers.simulator.events import Story, events_of
from newsletter.store import accounting, campaigns, control, freezing, schema
from newsletter.store.engine import open_store, pepper, reading, writing

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from newsletter.providers.simulator.server import Simulator

SECRETS = {
    config.SECRET_KEY: "a secret of the proof alone",
    config.SENDGRID_KEY: "SG.proof",
}
CONFIG = """\
publication:
  name: The Proof
  website: https://proof.example.com
  from: {{name: The Proof, email: desk@proof.example.com}}
  postal_address: The Proof, 1 Touchstone Lane
  language: en
  timezone: UTC
sections: [{{key: latest, title: The Latest}}]
lists: {{weekly: {{title: The Proof Weekly}}}}
web: {{base_url: https://news.proof.example.com}}
database: {database}
sending:
  provider: sendgrid
  batch_size: {size}
  concurrency: {concurrency}
  sendgrid: {{host: "{host}"}}
"""
RENDITION = Rendition(
    version="all",
    subject="Gold",
    preheader="and stones",
    html="<p>Dear xq2name</p><a href='https://xq1.invalid/0'>leave</a>",
    text="leave: https://xq3.invalid/0",
    tokens=(
        Token("https://xq1.invalid/0", "unsubscribe_url", Part.HTML),
        Token("xq2name", "reader.first_name", Part.HTML, fallback="reader"),
        Token("https://xq3.invalid/0", "unsubscribe_url", Part.TEXT),
    ),
)
FROZEN_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class Ahead(SystemClock):
    """The machine's clock, set forward by so many hours."""

    hours: float = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(hours=self.hours)


@dataclass(frozen=True)
class Stage:
    """The folder of one workspace; it can be sent to another process."""

    root: Path
    ahead: float = field(default=0.0)  # hours

    def configure(self, *, host: str, size: int, concurrency: int = 1, database: str = "") -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / ".newsletter").mkdir(exist_ok=True)
        text = CONFIG.format(
            host=host, size=size, concurrency=concurrency, database=database or "null"
        )
        (self.root / config.CONFIG_FILE).write_text(text, encoding="utf-8")

    def workspace(self) -> Workspace:
        return Workspace(
            self.root, config.load(self.root), Ahead(self.ahead), SystemRandomness(), SECRETS
        )

    @property
    def file(self) -> Path:
        return self.root / ".newsletter" / "newsletter.db"

    def copy(self, to: Path) -> Stage:
        """The same state in another folder, as if nothing had ever run on the first."""
        shutil.copytree(self.root / ".newsletter", to / ".newsletter")
        return Stage(to)


def people(engine: Engine, count: int) -> None:
    """So many readers of the weekly list."""
    with writing(engine) as connection:
        secret = pepper(connection)
        for start in range(1, count + 1, 10_000):
            numbers = range(start, min(start + 10_000, count + 1))
            addresses = {number: f"reader{number}@example.com" for number in numbers}
            connection.execute(
                insert(schema.subscriber),
                [
                    {
                        "id": number,
                        "address": address,
                        "canonical": address,
                        "digest": address_digest(secret, address),
                        "attributes": {"first_name": f"R{number}"},
                        "created_at": FROZEN_AT,
                        "updated_at": FROZEN_AT,
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
                        "consent_source": "proof",
                        "subscribed_at": FROZEN_AT,
                    }
                    for number in addresses
                ],
            )


def freeze(engine: Engine, *, size: int, issue: str = "2026-11-20") -> Campaign:
    """A campaign to everybody, and nothing of it sent."""
    wanted = Campaign(
        id=0,
        issue=issue,
        list_key="weekly",
        segment="",
        state=CampaignState.FROZEN,
        envelope=Envelope(
            Mailbox("desk@proof.example.com", "The Proof"),
            None,
            "<weekly.proof.example.com>",
            "https://news.proof.example.com",
        ),
        digest="d" * 64,
        frozen_at=FROZEN_AT,
        send_at=None,
        reason="",
    )
    with writing(engine) as connection:
        campaign_id = freezing.freeze(
            connection,
            wanted,
            occurrence="",
            renditions=[RENDITION],
            rule=None,
            largest_batch=size,
            actor="proof",
        )
        return campaigns.get(connection, campaign_id)


def fill(url: str, count: int) -> None:
    """A database at `url` with so many readers."""
    engine = open_store(url, clock=SystemClock(), randomness=SystemRandomness())
    people(engine, count)
    engine.dispose()


def the_campaign(workspace: Workspace) -> Campaign:
    with reading(workspace.engine) as connection:
        return campaigns.every(connection)[0]


def dispatch(workspace: Workspace, campaign: Campaign) -> Campaign:
    """One run of the sender over a campaign."""
    return Dispatch(
        engine=workspace.engine,
        provider=workspace.provider,
        clock=workspace.clock,
        randomness=workspace.randomness,
        key=derive_key(workspace.secret, "unsubscribe"),
        progress=lambda _: None,
        concurrency=workspace.settings.sending.concurrency,
        state=workspace.state,
    ).run(campaign)


def move(connection: Connection, campaign: Campaign, after: CampaignState, *, at: datetime) -> None:
    """A person changes a campaign's state."""
    campaigns.move(connection, campaign, after, Step(at, "proof"))


def send_again_what_is_in_doubt(workspace: Workspace) -> None:
    """A person's decision on every batch that nobody can tell about."""
    with writing(workspace.engine) as connection:
        for doubt in accounting.doubtful(connection, 1):
            campaign = campaigns.get(connection, 1)
            step = Step(workspace.clock.now(), "proof", "nothing of it was accepted")
            control.decide(connection, campaign, doubt.sequence, BatchState.READY, step)
        campaign = campaigns.get(connection, 1)
        if campaign.state is CampaignState.UNSETTLED:
            control.resume(connection, campaign, step)


# What runs in a process of its own


def send(stage: Stage, points: str = "", meeting: object = None) -> None:
    """Send the campaign to its end, or to the failpoint."""
    failpoints.reach = failpoints.armed(points)
    workspace = stage.workspace()
    campaign = the_campaign(workspace)
    if meeting is not None:
        meeting.wait()
    try:
        dispatch(workspace, campaign)
    except NewsletterError as error:
        print(error)
        os._exit(2)
    workspace.close()
    os._exit(0)  # as quickly as a kill, for there are hundreds


def send_and_weigh(stage: Stage, report: Path) -> None:
    """Send the campaign, and tell the most kilobytes this process had."""
    workspace = stage.workspace()
    dispatch(workspace, the_campaign(workspace))
    report.write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
    os._exit(0)


def freeze_alone(stage: Stage, size: int, points: str = "", steps: int = 0) -> None:
    """Freeze, and be killed at a failpoint or after so many thousand steps of SQLite."""
    failpoints.reach = failpoints.armed(points)
    workspace = stage.workspace()
    if steps:
        from sqlalchemy import event

        @event.listens_for(workspace.engine, "begin")
        def count_steps(connection) -> None:
            driver = connection.connection.driver_connection
            passed = iter(range(steps))
            die = failpoints.armed("freeze:begun=kill")
            driver.set_progress_handler(
                lambda: next(passed, None) is None and die("freeze:begun"), 1000
            )

    freeze(workspace.engine, size=size)
    os._exit(0)


def told_by(simulator: Simulator) -> bytes:
    """The webhook's body with all events of what a provider has accepted."""
    return as_body(events_of(simulator.ledger.effective(), Story()))


def as_body(events: object) -> bytes:
    """As the provider would post them."""
    return json.dumps(events).encode()


def receive(stage: Stage, body: bytes, points: str = "") -> None:
    """Take a post of the webhook in, to its end or to the failpoint."""
    failpoints.reach = failpoints.armed(points)
    workspace = stage.workspace()
    ingest(workspace.engine, read_events(body).events, clock=workspace.clock)
    os._exit(0)
