"""Whose opens and clicks a send would have noted, told before it and afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from newsletter.config.sending import SubjectTest
from newsletter.domain.consent import Proof
from newsletter.domain.mailing import UNTRACKED
from newsletter.providers.simulator.events import Rates, Story, events_of
from newsletter.store import preferences, schema
from newsletter.store.engine import writing
from newsletter.usecases import planning, rendering, sending
from newsletter.usecases.reporting import report
from newsletter.usecases.why import why

SLUG = "2026-11-20"


@pytest.fixture
def tracking(through_sendgrid):
    """The workspace with SendGrid, once it is told to track so much."""

    def switch(*what):
        settings = through_sendgrid.settings
        changed = settings.sending.model_copy(update={"tracking": what})
        return replace(through_sendgrid, settings=settings.model_copy(update={"sending": changed}))

    return switch


@pytest.fixture
def readers(workspace, subscribe):
    """210 readers, of whom the first 105 agreed."""
    subscribe(210)
    agree(workspace, range(1, 106))


def agree(workspace, people):
    table = schema.subscriber
    addresses = [f"reader{number}@example.com" for number in people]
    with writing(workspace.engine) as connection:
        connection.execute(
            update(table).where(table.c.address.in_(addresses)).values(tracking=True)
        )


def take_back(workspace, number):
    """What the preferences page does."""
    person, entry = schema.subscriber, schema.subscription
    theirs = (
        select(entry.c.id)
        .join(person, person.c.id == entry.c.subscriber_id)
        .where(person.c.address == f"reader{number}@example.com")
    )
    with writing(workspace.engine) as connection:
        subscription = connection.execute(theirs).scalar_one()
        found, before = preferences.find(connection, subscription, changing=True)
        after = replace(before, tracking=False)
        proof, now = Proof("preferences page"), workspace.clock.now()
        preferences.change(connection, found, before, after, at=now, proof=proof)


def told(workspace, number, what):
    (path,) = why(workspace, SLUG, f"reader{number}@example.com").paths
    return [station.words for station in path.stations if station.what == what]


def test_the_plan_counts_who_agreed_and_the_requests_this_takes(tracking, plan, readers):
    both, off = plan(here=tracking("opens", "clicks")), plan(here=tracking())
    assert (both.mailed, both.tracked, both.tracking.words) == (210, 105, "opens and clicks")
    assert (off.mailed, off.tracked, off.tracking) == (210, 0, UNTRACKED)
    assert (both.requests, off.requests) == (4, 3)


def test_the_freeze_makes_as_many_requests_as_planned(tracking, plan, readers, simulator):
    here = tracking("clicks")
    planned = plan(here=here)
    sending.dispatch(here, sending.freeze(here, planned, at=None, by="Ada"))
    accepted = simulator.ledger.acceptances()
    assert len(accepted) == planned.requests
    assert sum(len(one.people) for one in accepted if one.links) == planned.tracked
    assert not any(one.opens for one in accepted)


def test_a_campaign_that_goes_on_counts_who_is_left(tracking, plan, readers):
    here = tracking("opens")
    sending.freeze(here, plan(here=here), at=None, by="Ada")
    again = plan(here=here)
    assert (again.mailed, again.tracked, again.requests) == (210, 105, 4)


def test_why_tells_each_reader_what_was_noted(tracking, plan, readers):
    here = tracking("opens", "clicks")
    frozen = sending.freeze(here, plan(here=here), at=None, by="Ada")
    take_back(here, 7)
    sending.dispatch(here, frozen)
    assert told(here, 1, "tracking") == ["opens and clicks"]
    assert told(here, 7, "tracking") == ["nothing is noted of this mail"]
    assert "tracking taken: preferences page" in told(here, 7, "consent")
    assert told(here, 150, "tracking") == ["nothing is noted of this mail"]


def test_readers_who_follow_links_are_those_who_agreed(tracking, plan, readers, simulator):
    here = tracking("opens", "clicks")
    sending.dispatch(here, sending.freeze(here, plan(here=here), at=None, by="Ada"))
    story = Story(rates=Rates(opened=1.0, clicked=1.0))
    events = events_of(simulator.ledger.effective(), story)
    followed = {one["email"] for one in events if one["event"] in ("open", "click")}
    numbers = {int(one.removeprefix("reader").partition("@")[0]) for one in followed}
    assert numbers
    assert max(numbers) <= 105
    links = {one["url"] for one in events if one["event"] == "click"}
    assert len(links) > 3
    assert not any("/u/" in link or "/p/" in link for link in links)


def test_a_report_takes_neither_tracking_nor_subjects_on_trial_for_versions(
    tracking, sample, readers
):
    here = tracking("clicks")
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8")
    issue.write_text(text.replace("---\n", '---\nsubjects: ["Gold", "Silver"]\n', 1))
    rendering.approve(here, SLUG, by="Ada")
    trial = here.settings.sending.model_copy(update={"subject_test": SubjectTest(least=10)})
    here = replace(here, settings=here.settings.model_copy(update={"sending": trial}))
    planned = planning.plan_send(here, SLUG, list_key=None, segment=None)
    sending.dispatch(here, sending.freeze(here, planned, at=None, by="Ada"))
    found = report(here, SLUG)
    assert [(group.name, group.deliveries) for group in found.versions] == [("all", 210)]


@pytest.mark.parametrize(
    ("asked", "unknown"),
    [
        ((), "The provider was not asked to note opens and clicks of this issue: sending.tracking"),
        (("opens",), "The provider was not asked to note clicks of this issue"),
        (("opens", "clicks"), None),
    ],
)
def test_a_report_says_what_nobody_was_asked_to_note(tracking, plan, readers, asked, unknown):
    here = tracking(*asked)
    sending.freeze(here, plan(here=here), at=None, by="Ada")
    first = report(here, SLUG).method[0]
    assert first.startswith(unknown or "Every open and click is weighed")


def test_a_test_mail_is_never_tracked(tracking, approved, simulator):
    sending.send_test(tracking("opens", "clicks"), approved, ("ada@example.com",))
    (taken,) = simulator.ledger.acceptances()
    assert (taken.opens, taken.links) == (False, ())
