"""The application over HTTP, a signer its webhook believes, and two readers."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from newsletter.domain.token import Purpose, derive_key, sign
from newsletter.providers.simulator.events import Signer
from newsletter.store import schema
from newsletter.store.engine import reading
from newsletter.web.public import public_app


@pytest.fixture
def signer(tmp_path):
    return Signer(tmp_path / "webhook.pem")


@pytest.fixture
def client(workspace, signer, mailed):
    """The application over HTTP; two readers are subscribed to weekly, as 1 and 2."""
    mailed(workspace.engine, 2)
    application = public_app(workspace, webhook_key=signer.public_key)
    with TestClient(application, follow_redirects=False) as client:
        yield client


@pytest.fixture
def word(workspace):
    """The word in a reader's link."""

    def make(subscription=1, delivery=0, purpose=Purpose.UNSUBSCRIBE):
        key = derive_key(workspace.secret, Purpose.UNSUBSCRIBE)
        if purpose is not Purpose.UNSUBSCRIBE:
            key = derive_key(key, purpose)
        return sign(key, subscription, delivery)

    return make


@pytest.fixture
def gone(workspace):
    """Who has unsubscribed, and when."""

    def moments():
        table = schema.subscription
        query = select(table.c.id, table.c.unsubscribed_at).where(table.c.status == "unsubscribed")
        with reading(workspace.engine) as connection:
            return {row.id: row.unsubscribed_at for row in connection.execute(query)}

    return moments
