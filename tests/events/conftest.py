"""Events about readers who were mailed, and what they left in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from newsletter.domain.event import Event
from newsletter.store import schema
from newsletter.store.engine import reading

AT = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
ATTEMPT = f"{1:032}"


def _told(kind, *, person=1, campaign=1, minutes=0, key=None, address=None, **more):
    number = 1000 * (campaign - 1) + person
    return Event(
        key=key or f"{kind}-{number}-{minutes}",
        kind=kind,
        at=AT + timedelta(minutes=minutes),
        address=f"Reader{person}@Example.com" if address is None else address,
        **{"delivery": number} | more,
    )


@pytest.fixture
def told():
    """A report about one reader's mail of one campaign."""
    return _told


class Books:
    """What the database says after events came in."""

    def __init__(self, engine):
        self.engine = engine

    def people(self):
        with reading(self.engine) as connection:
            return connection.execute(select(schema.delivery).order_by(schema.delivery.c.id)).all()

    def suppressed(self):
        """Reader → reason."""
        person, gone = schema.subscriber, schema.suppression
        query = select(person.c.id, gone.c.reason).join(gone, gone.c.digest == person.c.digest)
        with reading(self.engine) as connection:
            return {row.id: row.reason for row in connection.execute(query)}

    def left(self):
        """Who is not subscribed any more."""
        table = schema.subscription
        query = select(table.c.id).where(table.c.status == "unsubscribed").order_by(table.c.id)
        with reading(self.engine) as connection:
            return list(connection.execute(query).scalars())

    def all(self):
        return self.people(), self.suppressed(), self.left()

    def events(self):
        with reading(self.engine) as connection:
            return connection.execute(select(schema.event).order_by(schema.event.c.key)).all()


@pytest.fixture
def books(engine):
    return Books(engine)


@pytest.fixture
def attempt():
    """The attempt that the mails of the first campaign were submitted under."""
    return ATTEMPT
