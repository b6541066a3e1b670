"""What the provider does not report, and what it reports twice (F20, F21, F57)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from newsletter.domain.event import EventKind
from newsletter.events.ingest import ingest
from newsletter.store import schema
from newsletter.store.coverage import Coverage, coverage
from newsletter.store.engine import reading, writing
from newsletter.usecases.events import concerns

DAY = 86_400


@pytest.fixture
def workspace(workspace):
    """One that sends through a provider that reports."""
    sending = workspace.settings.sending.model_copy(update={"provider": "sendgrid"})
    settings = workspace.settings.model_copy(update={"sending": sending})
    return replace(workspace, settings=settings)


@pytest.fixture
def sentences(workspace, mailed, clock):
    """What is told of a campaign that mailed four people."""
    mailed(workspace.engine, 4)

    def find(*events, issue=None):
        ingest(workspace.engine, events, clock=clock)
        return [one.message for one in concerns(workspace, issue)]

    return find


def test_a_day_without_any_event_is_told(sentences, clock):
    clock.advance(DAY)
    assert sentences() == []
    clock.advance(1)
    (told,) = sentences()
    assert "no event came for any of 4 mails" in told
    assert "webhook" in told


def test_mails_the_provider_lost_are_counted_and_not_sent_again(sentences, clock, told, workspace):
    clock.advance(DAY + 1)
    (sentence,) = sentences(told(EventKind.DELIVERED), told(EventKind.OPENED, person=2))
    assert "no event came for 2 of 4 mails" in sentence
    with reading(workspace.engine) as connection:
        assert connection.execute(select(schema.batch.c.state)).scalar_one() == "submitted"


def test_an_outbox_reports_nothing_and_an_old_campaign_is_not_looked_at(
    sentences, workspace, clock
):
    clock.advance(40 * DAY)
    assert sentences() == []
    assert len(sentences(issue="issue-1")) == 1
    outbox = workspace.settings.sending.model_copy(update={"provider": "outbox"})
    settings = workspace.settings.model_copy(update={"sending": outbox})
    assert concerns(replace(workspace, settings=settings), "issue-1") == ()


def test_a_reader_who_left_through_the_link_was_reached(sentences, clock, workspace):
    clock.advance(DAY + 1)
    with writing(workspace.engine) as connection:
        connection.execute(update(schema.delivery).values(unsubscribed_at=clock.now()))
    assert sentences() == []


def test_two_mails_of_one_delivery_are_told_at_once(sentences, told):
    seen = EventKind.PROCESSED
    assert sentences(told(seen, message=1), told(seen, person=2, message=1, minutes=1)) == []
    (sentence,) = sentences(told(EventKind.DELIVERED, message=2))
    assert "two mails for each of 1 deliveries" in sentence
    assert sentences(issue="another") == []


def test_only_what_was_submitted_for_good_is_counted(engine, mailed, clock):
    mailed(engine, 5)
    mailed(engine, 5, campaign=2, state="unsettled", batch="unknown")
    with writing(engine) as connection:
        connection.execute(
            update(schema.delivery).where(schema.delivery.c.id == 1).values(ending="rejected")
        )
    clock.advance(1)
    with reading(engine) as connection:
        assert coverage(connection, 1, before=clock.now()) == Coverage(4, 4, 0)
        assert coverage(connection, 2, before=clock.now()) == Coverage(0, 0, 0)


def test_mail_that_the_provider_keeps_for_later_is_not_due(engine, mailed, clock):
    mailed(engine, 5)
    before = clock.now()
    with writing(engine) as connection:
        clock.advance(3600)
        connection.execute(update(schema.attempt).values(send_at=clock.now()))
    clock.advance(1)
    with reading(engine) as connection:
        assert coverage(connection, 1, before=before).due == 0
        assert coverage(connection, 1, before=clock.now()).due == 5
