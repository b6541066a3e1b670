"""The application over HTTP, a signer its webhook believes, and two readers."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from newsletter.config import AttributeRule, ListRule
from newsletter.domain.token import Purpose, derive_key, sign
from newsletter.providers.simulator.events import Signer
from newsletter.store import schema
from newsletter.store.engine import reading
from newsletter.usecases import confirmations, signups
from newsletter.web.public import public_app


@pytest.fixture
def workspace(workspace):
    """The sample with a private list, one without confirmation, and attributes of every type."""
    lists = workspace.settings.lists | {
        "staff": ListRule(title="Staff", public=False),
        "alerts": ListRule(title="Alerts", double_opt_in=False),
    }
    attributes = {
        "role": AttributeRule(title="What you do", values=("retailer", "designer"), public=True),
        "doors": AttributeRule(title="Shops you run", type="number", public=True),
        "since": AttributeRule(title="In the trade since", type="date", public=True),
        "press": AttributeRule(title="I write", type="flag", public=True),
        "score": AttributeRule(type="number"),
    }
    changes = {"lists": lists, "attributes": attributes}
    opened = replace(workspace, settings=workspace.settings.model_copy(update=changes))
    yield opened
    opened.close()


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


@pytest.fixture
def chain(workspace):
    """Every link of consent in order: list, kind, and what else is asked for."""

    def links(*more):
        table = schema.consent
        columns = [table.c[name] for name in ("list_key", "kind", *more)]
        with reading(workspace.engine) as connection:
            return [tuple(row) for row in connection.execute(select(*columns).order_by(table.c.id))]

    return links


@pytest.fixture
def rows(workspace):
    """How many rows each table has, by its name."""

    def count():
        with reading(workspace.engine) as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in schema.metadata.tables.items()
            }

    return count


@pytest.fixture
def form(workspace, clock):
    """The fields of a sign-up form that a person filled in on our page."""

    def fields(**changes):
        word = signups.form_word(workspace)
        clock.advance(5)
        return {"form": word, "email": "new@example.com", "list": ["weekly"]} | changes

    return fields


@pytest.fixture
def mailbox(workspace):
    """Mail what is due; the mails so far, as (address, confirmation link)."""

    def mails():
        confirmations.mail_confirmations(workspace)
        found = []
        for path in sorted((workspace.state / "outbox").rglob("*.eml")):
            mail = message_from_bytes(path.read_bytes(), policy=default)
            url = mail["List-Unsubscribe"].strip("<>")
            found.append((mail["To"], url.removeprefix(workspace.settings.web.base_url), mail))
        return found

    return mails
