"""From a link in issue.md to a segment of those who clicked in its section."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from newsletter.domain.event import Event, EventKind
from newsletter.domain.visit import Sign
from newsletter.events.ingest import ingest
from newsletter.store import schema
from newsletter.store.engine import reading, writing
from newsletter.usecases import sending
from newsletter.usecases.segments import count_segment, rule_of


@pytest.fixture
def mailed_issue(workspace, subscribe, plan):
    """The sample's issue, sent to three readers; returns the links that were kept of it."""
    subscribe(3)
    with writing(workspace.engine) as connection:
        connection.execute(update(schema.subscriber).values(tracking=True))
    campaign = sending.freeze(workspace, plan(), at=None, by="Ada")
    sending.dispatch(workspace, campaign)
    with reading(workspace.engine) as connection:
        return connection.execute(select(schema.link).order_by(schema.link.c.place)).all()


@pytest.fixture
def click(workspace, clock):
    """The reader of that number clicks on a link, with a browser if nothing else is said."""

    def happen(reader, url, signs=Sign.BROWSER):
        table = schema.delivery
        with reading(workspace.engine) as connection:
            found = connection.execute(
                select(table.c.id).where(table.c.address == f"reader{reader}@example.com")
            ).scalar_one()
        event = Event(
            key=f"{reader} {url}", kind=EventKind.CLICKED, at=clock.now(),
            address=f"reader{reader}@example.com", delivery=found, url=url,
            signs=signs.value,
        )  # fmt: skip
        ingest(workspace.engine, [event], clock=clock)

    return happen


def test_every_link_of_the_issue_has_its_section(workspace, mailed_issue):
    sections = {row.section for row in mailed_issue if row.section}
    assert {"lead", "latest"} <= sections
    assert all(row.brief and row.headline for row in mailed_issue if row.section)


def test_who_clicked_in_a_section_is_found(workspace, mailed_issue, click, clock):
    def count(expression):
        return count_segment(workspace, rule_of(workspace, expression))

    lead, latest = (
        next(row.url for row in mailed_issue if row.section == key) for key in ("lead", "latest")
    )
    click(1, lead)
    click(2, latest)
    clock.advance(20 * 86_400)
    click(2, lead)
    assert count("clicked section 'lead'") == 2
    assert count("clicked section 'lead' within 10 days") == 1
    assert count("clicked section 'latest' and not clicked section 'lead' within 1 day") == 0
    assert count("clicked") == 2
    assert count("received >= 1 and not clicked") == 1
    assert count("received within 10 days") == 0
