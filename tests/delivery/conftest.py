"""A frozen campaign on a real database, and a real provider over HTTP to send it with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from newsletter.delivery.dispatch import Dispatch
from newsletter.domain.address import address_digest
from newsletter.domain.campaign import Campaign, CampaignState, Envelope
from newsletter.domain.mailing import Mailbox
from newsletter.domain.rendition import Part, Rendition, Token
from newsletter.domain.token import derive_key
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.sendgrid.transport import Timeouts
from newsletter.providers.simulator.server import Simulator
from newsletter.store import campaigns, freezing, schema
from newsletter.store.engine import pepper, writing

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
KEY = derive_key(b"a secret of the workspace", "unsubscribe")
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


def _subscribe(engine, count, *, status="subscribed", start=1):
    with writing(engine) as connection:
        secret = pepper(connection)
        for number in range(start, start + count):
            address = f"reader{number}@example.com"
            connection.execute(
                insert(schema.subscriber).values(
                    id=number,
                    address=address,
                    canonical=address,
                    digest=address_digest(secret, address),
                    attributes={"first_name": f"R{number}"},
                    created_at=NOW,
                    updated_at=NOW,
                )
            )
            connection.execute(
                insert(schema.subscription).values(
                    subscriber_id=number,
                    list_key="weekly",
                    status=status,
                    consent_source="test",
                    subscribed_at=NOW,
                )
            )


def _freeze(engine, *, size=5, issue="2026-11-27", rule=None):
    wanted = Campaign(
        id=0,
        issue=issue,
        list_key="weekly",
        segment="",
        state=CampaignState.FROZEN,
        envelope=Envelope(
            Mailbox("desk@example.com", "Desk"), None, "<weekly.example.com>", "https://n.example"
        ),
        digest="d" * 64,
        frozen_at=NOW,
        send_at=None,
        reason="",
    )
    with writing(engine) as connection:
        campaign_id = freezing.freeze(
            connection,
            wanted,
            occurrence="",
            renditions=[RENDITION],
            rule=rule,
            largest_batch=size,
            actor="test",
        )
        return campaigns.get(connection, campaign_id)


@pytest.fixture
def subscribe():
    return _subscribe


@pytest.fixture
def freeze():
    return _freeze


@pytest.fixture
def simulator(tmp_path, clock, randomness):
    with Simulator(tmp_path / "simulator", clock=clock, randomness=randomness) as running:
        yield running


@pytest.fixture
def sender(engine, clock, randomness, simulator):
    """A Dispatch over the simulator; `sent` lists what its progress heard."""
    provider = SendGridProvider(
        SecretStr("SG.test"),
        host=simulator.url,
        clock=clock,
        timeouts=Timeouts(connect=2.0, read=2.0),
    )
    yield Dispatch(
        engine=engine,
        provider=provider,
        clock=clock,
        randomness=randomness,
        key=KEY,
        progress=lambda _: None,
    )
    provider.close()
