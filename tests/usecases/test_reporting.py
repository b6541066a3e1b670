"""Reports of issues and across issues, on both databases, as a desk would have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from newsletter import config
from newsletter.app import Workspace
from newsletter.domain.correction import Correction, CorrectionKind
from newsletter.domain.event import Event, EventKind
from newsletter.domain.report import Level
from newsletter.domain.visit import Sign
from newsletter.errors import IssueError
from newsletter.events.ingest import ingest
from newsletter.store import corrections, evidence, schema
from newsletter.store.engine import reading, writing
from newsletter.usecases import reporting
from newsletter.usecases.interest import source_weights

PEOPLE = 20
LINKS = (
    (0, "https://example.com/ruby", "lead", "a1", "Rubies climb"),
    (1, "https://example.com/pearl", "latest", "b2", "Pearls fall"),
    (2, "https://example.com/opal", "latest", "c3", "Opals stay"),
)


@pytest.fixture
def desk(sample, store_url, clock, randomness):
    """The sample on either database."""
    settings = config.load(sample).model_copy(update={"database": store_url})
    workspace = Workspace(sample, settings, clock, randomness, {config.SECRET_KEY: "s" * 32})
    yield workspace
    workspace.close()


@pytest.fixture
def issue(desk, mailed):
    """An issue with three links, mailed to twenty readers who agreed to be counted."""
    mailed(desk.engine, PEOPLE)
    _write(desk, insert(schema.link), [
        {"campaign_id": 1, "place": place, "url": url, "section": section, "brief": brief,
         "headline": headline}
        for place, url, section, brief, headline in LINKS
    ])  # fmt: skip
    return "issue-1"


def _write(desk, statement, *values):
    with writing(desk.engine) as connection:
        connection.execute(statement, *values)


@pytest.fixture
def speaking(desk):
    """The same desk with a provider that reports."""
    sendgrid = desk.settings.sending.model_copy(update={"provider": "sendgrid"})
    workspace = replace(desk, settings=desk.settings.model_copy(update={"sending": sendgrid}))
    yield workspace
    workspace.close()


@pytest.fixture
def tell(desk, clock):
    """Report something of each of some readers, so many minutes after the freeze."""

    def happen(kind, readers, *, minutes=1, url=None, signs=Sign.BROWSER, campaign=1, **more):
        at = clock.now() + timedelta(minutes=minutes)
        first = 1000 * (campaign - 1)
        visit = kind in (EventKind.OPENED, EventKind.CLICKED)
        events = [
            Event(
                key=f"{kind} {first + reader} {minutes} {url}", kind=kind,
                at=at + timedelta(seconds=30 * reader if url else 0),
                address=f"reader{reader}@example.com", delivery=first + reader, url=url,
                signs=signs.value if visit else 0, **more,
            )
            for reader in readers
        ]  # fmt: skip
        ingest(desk.engine, events, clock=clock)

    return happen


def test_the_sums_of_an_issue_add_up(desk, issue, tell):
    tell(EventKind.PROCESSED, range(1, 20))
    tell(EventKind.DELIVERED, range(1, 16))
    tell(EventKind.BOUNCED, (16, 17), cause="reputation")
    tell(EventKind.DROPPED, (18,))
    tell(EventKind.COMPLAINED, (1,))
    found = reporting.report(desk, issue)
    assert (found.candidates, found.deliveries, found.submitted) == (PEOPLE, PEOPLE, PEOPLE)
    parts = (found.delivered, found.deferred, found.bounced, found.dropped, found.accepted)
    assert parts == (15, 0, 2, 1, 1)
    assert found.silent == 1
    assert found.submitted == sum(parts) + found.silent
    assert (found.complained, found.consenting) == (1, 15)
    assert found.bounces_by_cause == {"reputation": 2}
    assert found.bounces_by_domain == {"": 2}
    (line,) = found.providers
    assert (line.provider, line.delivered) == ("others", 15)
    assert (line.complained, line.complaints, line.level) == (None, None, Level.MANY)


def test_humans_and_machines_are_told_apart_with_the_reasons(desk, issue, tell):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.OPENED, range(1, 9), minutes=30)
    tell(EventKind.OPENED, range(9, 15), minutes=2, signs=Sign.PREFETCH | Sign.NAMELESS)
    tell(EventKind.OPENED, range(15, 21), minutes=30, signs=Sign.NAMELESS)
    found = reporting.report(desk, issue)
    assert (found.opened.human, found.opened.unsure, found.opened.machine) == (8, 6, 6)
    assert found.opened.because == {
        "loaded by the mail program itself": 6, "no browser named": 12,
    }  # fmt: skip
    assert any("time alone decides nothing" in sentence for sentence in found.method)
    assert [(step.hour, step.people) for step in found.opened_by_hour] == [(1, 8)]


def test_late_evidence_makes_clicks_a_machine_of_humans(desk, issue, tell):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.CLICKED, range(1, 7), minutes=20, url=LINKS[0][1])
    assert reporting.report(desk, issue).clicked.human == 6
    _trap(tell, range(1, 7))
    found = reporting.report(desk, issue)
    assert (found.clicked.human, found.clicked.machine) == (0, 6)
    assert found.links[0].people.machine == 6


def _trap(tell, readers):
    address = "https://example.org/not-for-readers"
    tell(EventKind.CLICKED, readers, minutes=20, url=address, signs=Sign.BROWSER | Sign.TRAP)


def test_clicks_stand_by_link_brief_and_section(desk, issue, tell):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.CLICKED, range(1, 11), minutes=10, url=LINKS[0][1])
    tell(EventKind.CLICKED, range(5, 12), minutes=20, url=LINKS[1][1])
    tell(EventKind.CLICKED, range(8, 14), minutes=30, url=LINKS[2][1])
    found = reporting.report(desk, issue)
    assert [place.people.human for place in found.links] == [10, 7, 6]
    assert [place.people.human for place in found.briefs] == [10, 7, 6]
    assert [(place.section, place.people.human) for place in found.sections] == [
        ("lead", 10), ("latest", 9),
    ]  # fmt: skip
    assert found.clicked.human == 13


def test_few_clicks_are_not_told_and_cannot_be_had_by_subtraction(desk, issue, tell):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.CLICKED, range(1, 11), minutes=10, url=LINKS[1][1])
    tell(EventKind.CLICKED, range(1, 3), minutes=20, url=LINKS[2][1])
    found = reporting.report(desk, issue)
    assert [place.people.human for place in found.links] == [0, None, None]


def test_who_did_not_consent_is_in_totals_alone(desk, issue, tell):
    _write(desk, update(schema.subscriber).values(tracking=None))
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.OPENED, range(1, 8), minutes=30)
    tell(EventKind.CLICKED, range(1, 7), minutes=40, url=LINKS[0][1])
    found = reporting.report(desk, issue)
    assert (found.consenting, found.opened.human, found.clicked.human) == (0, 0, 0)
    assert (found.opens.human, found.clicks.human) == (7, 6)
    assert found.links[0].anonymous == 6
    with reading(desk.engine) as connection:
        event, delivery = schema.event, schema.delivery
        kept = connection.execute(
            select(*event.c["delivery_id", "url", "signs", "crowd", "attempt_id"]).where(
                event.c.kind.in_(("opened", "clicked"))
            )
        ).all()
        assert set(kept) == {(None, None, None, None, None)}
        moments = connection.execute(select(delivery.c.opened_at, delivery.c.clicked_at))
        assert set(moments.all()) == {(None, None)}


def test_sums_stay_when_the_evidence_goes(desk, issue, tell, clock):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.OPENED, range(1, 9), minutes=30)
    before = reporting.report(desk, issue)
    _write(desk, delete(schema.event))
    assert replace(reporting.report(desk, issue), at=before.at) == before
    clock.advance(401 * 86_400)
    tell(EventKind.OPENED, range(1, 9), minutes=1)
    found = reporting.report(desk, issue)
    assert found.opened == before.opened
    assert found.opens.human == 8


def test_an_issue_stands_beside_those_before_it(desk, issue, mailed, tell, clock):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.OPENED, range(1, 11), minutes=30)
    clock.advance(7 * 86_400)
    mailed(desk.engine, PEOPLE, campaign=2)
    tell(EventKind.DELIVERED, range(1, 21), campaign=2)
    tell(EventKind.OPENED, range(1, 6), minutes=30, campaign=2)
    opened = next(
        one for one in reporting.report(desk, "issue-2").comparison if one.measure == "opened"
    )
    assert (opened.value, opened.median, opened.issues) == (0.25, 0.5, 1)
    assert reporting.reported_issues(desk) == ("issue-2", "issue-1")


def test_versions_of_few_readers_are_told_with_others(desk, issue, tell):
    _write(desk, insert(schema.batch), [
        {"id": 7 + n, "campaign_id": 1, "sequence": 7 + n, "version": name, "state": "submitted"}
        for n, name in enumerate(("trade", "press"))
    ])  # fmt: skip
    delivery = schema.delivery
    _write(desk, update(delivery).where(delivery.c.id.in_((1, 2, 3))).values(batch_id=7))
    _write(desk, update(delivery).where(delivery.c.id.between(4, 10)).values(batch_id=8))
    tell(EventKind.DELIVERED, range(1, 21))
    versions = reporting.report(desk, issue).versions
    assert {(one.name, one.delivered) for one in versions} == {("all", 10), ("", 10)}


def test_why_people_left_is_told_by_the_mail_that_moved_them(desk, issue, tell, clock):
    tell(EventKind.DELIVERED, range(1, 21))
    _write(desk, insert(schema.consent), [
        {"digest": f"{n}", "list_key": "weekly", "kind": "left", "at": clock.now(),
         "source": "unsubscribe link", "delivery_id": n, "reason": "too often" if n < 7 else None}
        for n in range(1, 13)
    ])  # fmt: skip
    found = reporting.report(desk, issue)
    assert found.unsubscribed == 12
    assert found.left_because == {"too often": 6, "": 6}


def test_nothing_sent_and_nothing_there_are_told_with_what_to_do(desk):
    with pytest.raises(IssueError, match="newsletter send 2026-11-20"):
        reporting.report(desk, "2026-11-20")
    with pytest.raises(IssueError, match="there is no issue"):
        reporting.report(desk, "nowhere")


def test_lists_grow_and_shrink_by_the_week(desk, issue, clock):
    rows = [
        ("imported", -20, 1), ("joined", -2, 2), ("joined", -1, 3), ("left", 0, 4),
        ("tracking given", 0, 5),
    ]  # fmt: skip
    _write(desk, insert(schema.consent), [
        {"subscriber_id": person, "digest": "", "list_key": "" if "tracking" in kind else "weekly",
         "kind": kind, "at": clock.now() + timedelta(days=day), "source": "test"}
        for kind, day, person in rows
    ])  # fmt: skip
    person, entry = schema.subscriber, schema.subscription
    _write(desk, update(entry).where(entry.c.id == 4).values(status="unsubscribed"))
    with reading(desk.engine) as connection:
        digest = connection.execute(select(person.c.digest).where(person.c.id == 9)).scalar_one()
    _write(desk, insert(schema.suppression).values(digest=digest, reason="bounced", at=clock.now()))
    weeks = [week for week in reporting.trends(desk).weeks if week.list_key == "weekly"]
    assert [(one.joined, one.left, one.lost, one.size) for one in weeks[-4:]] == [
        (1, 0, 0, 18), (0, 0, 0, 18), (0, 0, 0, 18), (2, 1, 1, 18),
    ]  # fmt: skip
    assert weeks[-1].churn == pytest.approx(2 / 18)


def test_readers_are_told_by_the_month_they_joined(desk, issue, tell, clock):
    person = schema.subscriber
    early = clock.now() - timedelta(days=90)
    _write(desk, update(person).where(person.c.id <= 8).values(created_at=early))
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.OPENED, range(1, 21), minutes=30)
    cohorts = reporting.trends(desk).cohorts
    assert [(f"{one.month:%Y-%m}", one.delivered, one.opened) for one in cohorts] == [
        ("2026-08", 8, 8), ("2026-11", 12, 12),
    ]  # fmt: skip


def test_a_campaign_of_which_nothing_is_heard_is_told(desk, speaking, issue, clock, tell):
    _write(desk, insert(schema.transition).values(
        at=clock.now(), actor="Ada", campaign_id=1, before="sending", after="done",
    ))  # fmt: skip
    assert reporting.trends(speaking).silent == ()
    clock.advance(25 * 3600)
    (silent,) = reporting.trends(speaking).silent
    assert (silent.issue, silent.submitted) == ("issue-1", PEOPLE)
    assert "nothing at all" in reporting.report(speaking, issue).concerns[0]
    tell(EventKind.PROCESSED, (1,))
    assert reporting.trends(speaking).silent == ()


def test_sources_that_readers_click_weigh_more(desk, clock, mailed, tell):
    slug = "2026-11-20"
    mailed(desk.engine, PEOPLE)
    _write(desk, update(schema.campaign).values(issue=slug))
    from newsletter.issues import folder
    from newsletter.render.links import brief_id

    briefs = [
        brief for brief in folder.find(desk.issues, slug).read(desk.section_keys).issue.briefs
        if brief.source
    ][:2]  # fmt: skip
    _write(desk, insert(schema.link), [
        {"campaign_id": 1, "place": place, "url": LINKS[place][1], "section": "lead",
         "brief": brief_id(brief), "headline": brief.headline}
        for place, brief in enumerate(briefs)
    ])  # fmt: skip
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.CLICKED, range(1, 20), minutes=10, url=LINKS[0][1])
    weights = source_weights(desk)
    liked, other = (weights[brief.source] for brief in briefs)
    assert 2 >= liked > 1 > other >= 0.5


def test_all_figures_are_in_the_rows_for_a_spreadsheet(desk, issue, tell):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.CLICKED, range(1, 3), minutes=10, url=LINKS[0][1])
    lines = reporting.as_csv(reporting.report(desk, issue)).splitlines()
    assert lines[0] == "part,of,figure,value"
    assert "issue,issue-1,delivered,20" in lines
    assert "link,https://example.com/ruby,clicked human," in lines
    assert reporting.as_csv(reporting.trends(desk)).count("week,weekly") > 20


def test_who_takes_consent_back_leaves_no_trace_but_the_sums(desk, issue, tell):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.CLICKED, range(1, 9), minutes=10, url=LINKS[0][1])
    before = reporting.report(desk, issue)
    with writing(desk.engine) as connection:
        evidence.forget(connection, 3)
    with reading(desk.engine) as connection:
        event, delivery = schema.event, schema.delivery
        theirs = select(event.c.kind).where(event.c.delivery_id == 3)
        assert connection.execute(theirs).scalars().all() == ["delivered"]
        moments = select(delivery.c.opened_at, delivery.c.clicked_at).where(delivery.c.id == 3)
        assert connection.execute(moments).one() == (None, None)
    assert reporting.report(desk, issue) == before


def test_few_complaints_are_told_of_the_whole_and_of_no_part(desk, issue, tell):
    with writing(desk.engine) as connection:
        connection.execute(
            update(schema.batch).where(schema.batch.c.id > 5).values(version="trade")
        )
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.COMPLAINED, (1, 20))
    found = reporting.report(desk, issue)
    assert found.complained == 2
    assert [group.complained for group in found.versions] in ([None], [None, None])
    assert [line.complained for line in found.providers] == [None]


def test_links_lead_where_our_redirects_do_and_corrections_stand_beside(desk, issue):
    own = f"{desk.settings.web.base_url}/l/issue-1/0123456789ab"
    _write(desk, insert(schema.link), [
        {"campaign_id": 1, "place": 9, "url": own, "section": "latest", "brief": "d4",
         "headline": "Jade"}
    ])  # fmt: skip
    row = {"key": "0123456789ab", "brief": "d4", "target": "https://example.net/jade?utm_source=x"}
    _write(desk, insert(schema.redirect), [row | {"issue": "issue-1"}])
    with writing(desk.engine) as connection:
        note = Correction(
            "issue-1", CorrectionKind.LINK, desk.clock.now(), "Ada", "https://example.net/j",
            "https://example.net/jade", "",
        )  # fmt: skip
        corrections.record(connection, note)
    found = reporting.report(desk, issue)
    assert [place.page for place in found.links][-1] == "https://example.net/jade"
    assert found.links[0].page == LINKS[0][1]
    assert found.corrections == (note,)
    assert "link,https://example.net/jade,clicked human,0" in reporting.as_csv(found)


def test_issues_stand_beside_one_another(desk, issue, tell, mailed):
    tell(EventKind.DELIVERED, range(1, 21))
    tell(EventKind.OPENED, range(1, 11), minutes=30)
    tell(EventKind.CLICKED, range(1, 4), minutes=30, url=LINKS[0][1])
    (line,) = reporting.trends(desk).issues
    assert (line.issue, line.delivered, line.opened, line.clicked) == ("issue-1", 20, 0.5, None)
    assert (line.bounced, line.complained, line.unsubscribed) == (0, 0, 0)
