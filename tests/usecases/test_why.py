"""Why somebody got an issue or did not, told from the database alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from newsletter.domain.event import Event, EventKind
from newsletter.domain.visit import TRAP, Sign
from newsletter.errors import AudienceError, IssueError
from newsletter.events.ingest import ingest
from newsletter.store import schema
from newsletter.store.engine import writing
from newsletter.usecases import privacy
from newsletter.usecases.suppressions import suppress
from newsletter.usecases.why import why

ADA, BOB = "reader1@example.com", "reader2@example.com"


@pytest.fixture
def workspace(workspace, mailed):
    mailed(workspace.engine, 3)
    return workspace


def change(workspace, table, number, **values):
    with writing(workspace.engine) as connection:
        connection.execute(update(table).where(table.c.id == number).values(**values))


def write(workspace, table, **row):
    with writing(workspace.engine) as connection:
        connection.execute(insert(table).values(row))


def told(path, what):
    return [station.words for station in path.stations if station.what == what]


def test_the_whole_path_of_a_mail_that_arrived(workspace, clock):
    change(
        workspace, schema.attempt, f"{1:032}",
        outcome="accepted", status=202, reference="SGid-1", closed_at=clock.now(),
    )  # fmt: skip
    events = [
        Event(f"k{kind}", kind, clock.now() + timedelta(seconds=place), ADA, 1)
        for place, kind in enumerate((EventKind.DELIVERED, EventKind.OPENED))
    ]
    ingest(workspace.engine, events, clock=clock)
    (path,) = why(workspace, "issue-1", ADA).paths
    assert path.answer == "submitted; the provider reports: delivered"
    assert [station.what for station in path.stations] == [
        "list", "version", "batch", "tracking", "attempt", "event", "event", "now",
    ]  # fmt: skip
    assert told(path, "list") == ["on weekly by test"]
    assert told(path, "attempt") == [f"{1:032} accepted (202), the provider calls it SGid-1"]
    assert told(path, "event") == [
        "delivered",
        "opened; unsure whether a human (no browser named, within a minute of delivery)",
    ]
    assert told(path, "now") == ["active"]


def test_an_open_or_click_is_told_with_what_it_was_taken_for_and_why(workspace, clock):
    def event(kind, seconds, url=None, signs=Sign.BROWSER):
        at = clock.now() + timedelta(seconds=seconds)
        key = f"{kind} {seconds} {url}"
        return Event(key, kind, at, ADA, 1, url=url, signs=signs.value)

    ruby = "https://example.com/ruby"
    trap = f"https://example.org{TRAP}"
    events = [
        event(EventKind.DELIVERED, 0),
        event(EventKind.CLICKED, 90, trap, Sign.BROWSER | Sign.TRAP),
        event(EventKind.CLICKED, 95, ruby),
        event(EventKind.CLICKED, 4000, ruby),
    ]
    ingest(workspace.engine, events, clock=clock)
    (path,) = why(workspace, "issue-1", ADA).paths
    hidden, browser = "followed the hidden link", "a browser or mail program named"
    assert told(path, "event") == [
        "delivered",
        f"clicked {trap}; taken for a machine ({hidden}, {browser})",
        f"clicked {ruby}; taken for a machine ({hidden}, {browser})",
        f"clicked {ruby}; taken for a human ({browser}, an hour or more after delivery)",
    ]


def test_every_try_is_told_with_how_it_ended(workspace, clock):
    write(
        workspace, schema.attempt, id="a" * 32, batch_id=1, recipients=3,
        created_at=clock.now() - timedelta(minutes=1), outcome="busy", status=429,
        reason="takes no more for now",
    )  # fmt: skip
    (path,) = why(workspace, "issue-1", ADA).paths
    assert told(path, "attempt") == [
        f"{'a' * 32} busy (429): takes no more for now",
        f"{1:032} without an answer",
    ]


def test_somebody_left_out_hears_the_reason(workspace, clock):
    write(
        workspace,
        schema.subscriber,
        id=9,
        address="x@example.com",
        canonical="x@example.com",
        digest="9" * 32,
        attributes={},
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    write(workspace, schema.exclusion, campaign_id=1, subscriber_id=9, reason="unsubscribed")
    (path,) = why(workspace, "issue-1", "x@example.com").paths
    assert path.answer == "left out when the audience was fixed: unsubscribed"
    assert told(path, "list") == ["not on weekly now"]


def test_a_mail_suppressed_after_the_freeze_is_told_with_the_reason(workspace, clock):
    change(
        workspace, schema.delivery, 1,
        ending="suppressed", reason="unsubscribed or suppressed after the freeze",
        ended_at=clock.now(),
    )  # fmt: skip
    suppress(workspace, ADA, reason="by phone", by="Bea")
    (path,) = why(workspace, "issue-1", ADA).paths
    assert path.answer == "suppressed"
    assert told(path, "delivery") == ["suppressed: unsubscribed or suppressed after the freeze"]
    assert told(path, "suppression") == ["by hand"]


@pytest.mark.parametrize(
    ("subscribed", "answer"),
    [
        (None, "no candidate: never on weekly"),
        (1, "no candidate: came to weekly after the audience was fixed"),
        (-1, "no candidate: not on weekly when the audience was fixed"),
    ],
)
def test_somebody_in_neither_table_hears_why(workspace, clock, subscribed, answer):
    write(
        workspace,
        schema.subscriber,
        id=9,
        address="x@example.com",
        canonical="x@example.com",
        digest="9" * 32,
        attributes={},
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    if subscribed is not None:
        write(
            workspace,
            schema.subscription,
            subscriber_id=9,
            list_key="weekly",
            status="subscribed",
            consent_source="test",
            subscribed_at=clock.now() + timedelta(hours=subscribed),
        )
    (path,) = why(workspace, "issue-1", "x@example.com").paths
    assert path.answer == answer


@pytest.mark.parametrize(("role", "fits"), [("retailer", True), ("designer", False)])
def test_a_segment_is_told_with_its_rule_in_words_and_whether_it_fits(
    workspace, open_workspace, sample, role, fits
):
    config = sample / "config.yaml"
    text = config.read_text(encoding="utf-8")
    assert "retail:" in text or "segments:" in text
    change(workspace, schema.campaign, 1, segment="shops")
    change(workspace, schema.subscriber, 1, attributes={"role": role})
    settings = workspace.settings.model_copy(update={"segments": {"shops": "role = 'retailer'"}})
    here = type(workspace)(workspace.root, settings, workspace.clock, workspace.randomness)
    (path,) = why(here, "issue-1", ADA).paths
    rule, words, now = told(path, "segment")
    assert rule == "shops = role = 'retailer'"
    assert "role" in words
    assert "retailer" in words
    assert now == ("it describes them" if fits else "it does not describe them")
    here.close()


def test_a_segment_that_is_gone_is_told_to_be(workspace):
    change(workspace, schema.campaign, 1, segment="shops")
    (path,) = why(workspace, "issue-1", ADA).paths
    assert told(path, "segment") == ["shops, which config.yaml has no more"]


def test_somebody_erased_is_told_of_by_what_is_left(workspace):
    before = why(workspace, "issue-1", ADA).paths[0]
    privacy.erase(workspace, ADA, by="Bea")
    found = why(workspace, "issue-1", ADA)
    assert found.standing == "erased"
    (path,) = found.paths
    assert path.answer == before.answer
    assert told(path, "batch") == told(before, "batch")
    assert told(path, "now") == ["erased"]
    assert "reader1" not in str(found)


def test_each_campaign_of_an_issue_is_told_the_oldest_first(workspace, mailed):
    mailed(workspace.engine, 3, campaign=2)
    change(workspace, schema.campaign, 2, issue="issue-1", list_key="gems")
    assert [path.audience for path in why(workspace, "issue-1", ADA).paths] == ["weekly", "gems"]


def test_an_issue_nobody_was_sent_has_no_path(workspace):
    assert why(workspace, "2026-11-20", ADA).paths == ()


def test_an_issue_or_a_person_that_is_not_there_is_told_to_be(workspace):
    with pytest.raises(IssueError):
        why(workspace, "2020-01-01", ADA)
    with pytest.raises(AudienceError, match="nobody has this address"):
        why(workspace, "issue-1", "nobody@example.com")
