"""What is put right after the send: links that lead elsewhere, mails to those who had an item.

Each on both databases, through the outbox, as the command does it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import escape

import pytest
from sqlalchemy import func, insert, select, update

from newsletter import config
from newsletter.app import Workspace
from newsletter.domain.campaign import CampaignState
from newsletter.domain.correction import CorrectionKind
from newsletter.errors import DeliveryError
from newsletter.store import schema
from newsletter.store.engine import reading, writing
from newsletter.usecases import control, planning, rendering, sending
from newsletter.usecases.archive import issue_page
from newsletter.usecases.corrections import (
    correct_link,
    freeze_correction,
    list_corrections,
    plan_correction,
)
from newsletter.usecases.redirects import leads_to, led_to
from newsletter.usecases.reporting import report
from newsletter.usecases.subscribers import import_people

SLUG = "2026-11-20"
OLD = "https://loupe.example.com/2026/gold-holds"
NEW = "https://loupe.example.com/2026/gold-holds?v=2"
LYON = "A Lyon house reopens the workshop it closed in 1998"
FOR_RETAILERS = "### Grading queues now cost more than the grade\n"
SETTINGS = "links: {source: loupe, redirect: true}\n"


@pytest.fixture
def gazette(sample, store_url, clock, randomness):
    """The sample on either database, its links through our own redirect; one brief is for
    retailers only.
    """
    path = sample / "config.yaml"
    text = path.read_text(encoding="utf-8").replace("database: null", f"database: '{store_url}'")
    path.write_text(f"{text}\n{SETTINGS}", encoding="utf-8")
    issue = sample / "issues" / SLUG / "issue.md"
    text = issue.read_text(encoding="utf-8")
    assert FOR_RETAILERS in text
    marked = f"{FOR_RETAILERS}<!-- audience: retailers -->\n"
    issue.write_text(text.replace(FOR_RETAILERS, marked), encoding="utf-8")
    environment = {config.SECRET_KEY: "a secret of the tests only"}
    workspace = Workspace(sample, config.load(sample), clock, randomness, environment)
    yield workspace
    workspace.close()


@pytest.fixture
def people(gazette, tmp_path):
    """Subscribe reader1@example.com and so on; the even ones are retailers in the US."""

    def subscribe(count, *, list_key="weekly"):
        path = tmp_path / "people.csv"
        rows = [
            f"reader{number}@example.com,R{number},{'designer' if number % 2 else 'retailer'},US"
            for number in range(1, count + 1)
        ]
        path.write_text("\n".join(["email,first_name,role,country", *rows, ""]), encoding="utf-8")
        assert import_people(gazette, path, list_keys=(list_key,)).kept

    return subscribe


@pytest.fixture
def send(gazette):
    """Approve and send the issue to a list."""

    def to(list_key="weekly"):
        rendering.approve(gazette, SLUG, by="Ada")
        plan = planning.plan_send(gazette, SLUG, list_key=list_key, segment=None)
        return sending.dispatch(gazette, sending.freeze(gazette, plan, at=None, by="Ada"))

    return to


def correct(gazette, item=LYON, text="It trains **six** apprentices."):
    plan = plan_correction(gazette, SLUG, item, text)
    return tuple(
        sending.dispatch(gazette, campaign) if campaign.state != "done" else campaign
        for campaign in freeze_correction(gazette, plan, by="Ada")
    )


def mailed(gazette, campaigns):
    """Who got a mail of these campaigns, in order."""
    table = schema.delivery
    query = select(table.c.address).where(
        table.c.campaign_id.in_([campaign.id for campaign in campaigns])
    )
    with reading(gazette.engine) as connection:
        return sorted(connection.execute(query).scalars())


def readers(*numbers):
    return sorted(f"reader{number}@example.com" for number in numbers)


def excluded(gazette, campaign):
    table = schema.exclusion
    query = select(table.c.reason, func.count()).where(table.c.campaign_id == campaign.id)
    with reading(gazette.engine) as connection:
        return dict(connection.execute(query.group_by(table.c.reason)).all())


def followed(gazette, url):
    """Where a link of the mail leads."""
    begins = f"{gazette.settings.web.base_url}/l/"
    assert url.startswith(begins)
    return leads_to(gazette, *url.removeprefix(begins).split("/"))


def link_in_mails(gazette, target):
    return next(url for url, leads in led_to(gazette, SLUG).items() if leads == target)


def test_a_link_leads_elsewhere_in_mails_and_in_the_archive(gazette, people, send):
    people(2)
    campaign = send()
    link = link_in_mails(gazette, OLD)
    with reading(gazette.engine) as connection:
        bodies = connection.execute(select(schema.rendition.c.html, schema.rendition.c.text)).all()
    assert all(link in part for body in bodies for part in body)
    assert OLD not in bodies[0].html
    before = followed(gazette, link)
    assert before.startswith(f"{OLD}?utm_source=loupe&")
    done = correct_link(gazette, SLUG, OLD, NEW, by="Ada")
    assert (done.mailed, done.archived) == (1, True)
    assert followed(gazette, link) == before.replace(f"{OLD}?", f"{NEW}&")
    page = issue_page(gazette, SLUG)
    assert f'href="{escape(NEW)}"' in page
    assert f'href="{OLD}"' not in page
    assert "Correction, Friday, November 27, 2026." in page
    (told,) = list_corrections(gazette, SLUG)
    assert (told.kind, told.before, told.after) == (CorrectionKind.LINK, OLD, NEW)
    assert planning.plan_send(gazette, SLUG, list_key=None, segment=None).start.id == campaign.id


def test_a_corrected_link_stays_so_when_the_issue_goes_to_another_list(gazette, people, send):
    people(2)
    people(4, list_key="gems")
    send()
    correct_link(gazette, SLUG, OLD, NEW, by="Ada")
    send("gems")
    assert followed(gazette, next(url for url, to in led_to(gazette, SLUG).items() if to == NEW))
    assert OLD not in led_to(gazette, SLUG).values()
    assert "Correction" in issue_page(gazette, SLUG)


def test_a_link_that_is_corrected_twice_alike_is_recorded_once(gazette, people, send):
    people(3)
    send()
    first = correct_link(gazette, SLUG, OLD, NEW, by="Ada")
    again = correct_link(gazette, SLUG, OLD, NEW, by="Bob")
    assert first.since is None
    assert (again.mailed, again.archived, again.since) == (0, False, gazette.clock.now())
    assert [one.actor for one in list_corrections(gazette, SLUG)] == ["Ada"]
    assert issue_page(gazette, SLUG).count('role="note"') == 1


def test_a_second_correction_of_a_link_follows_the_first(gazette, people, send):
    people(1)
    send()
    correct_link(gazette, SLUG, OLD, NEW, by="Ada")
    correct_link(gazette, SLUG, NEW, f"{OLD}-3", by="Ada")
    assert f"{OLD}-3" in led_to(gazette, SLUG).values()
    page = issue_page(gazette, SLUG)
    assert page.count('role="note"') == 2
    assert page.index("gold-holds-3</a>") < page.index("gold-holds?v=2</a>")


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("javascript:alert(1)", "no web address"),
        ("https://", "no web address"),
        ("https://user@evil.example.com/", "no web address"),
        ("https://maison.example.org/a\r\nSet-Cookie: stolen=1", "no web address"),
        ("https://news.loupe.example.com/l/2026-11-20/0123456789ab", "redirect of this very"),
    ],
)
def test_a_link_leads_to_no_address_that_readers_cannot_open(gazette, people, send, new, says):
    people(1)
    send()
    with pytest.raises(DeliveryError, match=says):
        correct_link(gazette, SLUG, OLD, new, by="Ada")
    assert list_corrections(gazette, SLUG) == ()


def test_a_link_that_is_not_there_is_told(gazette, people, send):
    people(1)
    send()
    with pytest.raises(DeliveryError, match="no link of “2026-11-20” leads to"):
        correct_link(gazette, SLUG, "https://loupe.example.com/other", NEW, by="Ada")


def test_where_mails_link_directly_only_the_archive_is_amended(gazette, people, send):
    direct = gazette.settings.links.model_copy(update={"redirect": False})
    here = replace(gazette, settings=gazette.settings.model_copy(update={"links": direct}))
    people(1)
    rendering.approve(here, SLUG, by="Ada")
    plan = planning.plan_send(here, SLUG, list_key="weekly", segment=None)
    sending.dispatch(here, sending.freeze(here, plan, at=None, by="Ada"))
    done, done_at = correct_link(here, SLUG, OLD, NEW, by="Ada"), here.clock.now()
    assert (done.mailed, done.archived) == (0, True)
    assert correct_link(here, SLUG, OLD, NEW, by="Ada").since == done_at
    assert len(list_corrections(here, SLUG)) == 1
    with pytest.raises(DeliveryError, match="mails link directly"):
        correct_link(here, SLUG, "https://loupe.example.com/other", NEW, by="Ada")
    here.close()


def test_a_correction_goes_only_to_those_whose_version_held_the_item(gazette, people, send):
    people(6)
    send()
    ended = correct(gazette, "Grading queues")
    assert [campaign.state for campaign in ended] == ["done"]
    assert mailed(gazette, ended) == readers(2, 4, 6)
    everybody = correct(gazette, LYON)
    assert mailed(gazette, everybody) == readers(1, 2, 3, 4, 5, 6)


def test_who_left_or_must_not_be_mailed_gets_no_correction(gazette, people, send, clock):
    people(5)
    send()
    person, entry = schema.subscriber, schema.subscription
    with writing(gazette.engine) as connection:
        rows = connection.execute(select(person.c.address, person.c.id))
        numbers = dict(rows.all())
        one, two, three, four, _ = (numbers[address] for address in readers(1, 2, 3, 4, 5))
        gone = update(entry).where(entry.c.subscriber_id == one)
        connection.execute(gone.values(status="unsubscribed", unsubscribed_at=clock.now()))
        digest = select(person.c.digest).where(person.c.id == two).scalar_subquery()
        connection.execute(
            insert(schema.suppression).values(digest=digest, reason="bounced", at=clock.now())
        )
        paused = clock.now() + timedelta(days=3)
        connection.execute(update(person).where(person.c.id == three).values(paused_until=paused))
        mail = schema.delivery
        back = update(mail).where(mail.c.subscriber_id == four).values(bounced_at=clock.now())
        connection.execute(back)
    (ended,) = correct(gazette)
    assert mailed(gazette, [ended]) == readers(5)
    assert excluded(gazette, ended) == {"unsubscribed": 1, "bounced": 1, "paused": 1}


def test_who_wants_less_mail_gets_the_correction_and_the_next_issue(gazette, people, send, clock):
    people(2)
    with writing(gazette.engine) as connection:
        connection.execute(update(schema.subscriber).values(frequency="weekly"))
    send()
    clock.advance(5 * 86_400)
    assert mailed(gazette, correct(gazette)) == readers(1, 2)
    clock.advance(3 * 86_400)
    folder = gazette.issues / "2026-12-04"
    folder.mkdir()
    text = (gazette.issues / SLUG / "issue.md").read_text(encoding="utf-8")
    (folder / "issue.md").write_text(text, encoding="utf-8")
    rendering.approve(gazette, folder.name, by="Ada")
    plan = planning.plan_send(gazette, folder.name, list_key=None, segment=None)
    assert plan.mailed == 2


def test_repeating_a_correction_mails_nobody_twice(gazette, people, send):
    people(3)
    send()
    first, again = correct(gazette), correct(gazette)
    assert [one.id for one in first] == [one.id for one in again]
    assert mailed(gazette, again) == readers(1, 2, 3)
    assert len(list_corrections(gazette, SLUG)) == 1


def test_a_correction_that_was_stopped_goes_on(gazette, people, send):
    people(3)
    send()
    plan = plan_correction(gazette, SLUG, LYON, "Six.")
    (frozen,) = freeze_correction(gazette, plan, by="Ada")
    assert frozen.state is CampaignState.FROZEN
    (ended,) = correct(gazette, text="Six.")
    assert (ended.id, ended.state) == (frozen.id, CampaignState.DONE)
    assert mailed(gazette, [ended]) == readers(1, 2, 3)


def test_by_two_lists_nobody_is_corrected_twice(gazette, people, send):
    people(3)
    people(5, list_key="gems")
    send()
    send("gems")
    ended = correct(gazette)
    assert sorted(one.list_key for one in ended) == ["gems", "weekly"]
    assert mailed(gazette, ended) == readers(1, 2, 3, 4, 5)


def test_a_correction_is_approved_bytes_and_a_record(gazette, people, send):
    people(1)
    send()
    plan = plan_correction(gazette, SLUG, LYON, "It trains **six**, {{ reader.first_name }}.")
    (campaign,) = freeze_correction(gazette, plan, by="Ada")
    assert campaign.digest == plan.rendered.digest
    assert campaign.audience == "weekly / correction"
    assert "six" in plan.shown
    (told,) = list_corrections(gazette, SLUG)
    assert (told.kind, told.before, told.actor) == (CorrectionKind.ITEM, LYON, "Ada")
    page = issue_page(gazette, SLUG)
    assert "<strong>six</strong>" in page
    assert "reader.first_name" not in page


def test_corrections_are_in_no_figure_of_the_issue(gazette, people, send):
    people(4)
    send()
    before = report(gazette, SLUG)
    correct(gazette)
    after = report(gazette, SLUG)
    assert (after.deliveries, after.submitted) == (before.deliveries, before.submitted) == (4, 4)


def test_an_issue_that_has_not_left_or_still_leaves_is_not_corrected(gazette, people, clock):
    people(2)
    with pytest.raises(DeliveryError, match="has not left yet"):
        plan_correction(gazette, SLUG, LYON, "Six.")
    rendering.approve(gazette, SLUG, by="Ada")
    plan = planning.plan_send(gazette, SLUG, list_key="weekly", segment=None)
    sending.freeze(gazette, plan, at=clock.now() + timedelta(days=1), by="Ada")
    with pytest.raises(DeliveryError, match="is frozen, so more people may get the item"):
        plan_correction(gazette, SLUG, LYON, "Six.")
    control.cancel(gazette, control.Choice(SLUG, None, None, every=False), by="Ada")
    cancelled = plan_correction(gazette, SLUG, LYON, "Six.")
    with pytest.raises(DeliveryError, match="nobody who can be mailed received"):
        freeze_correction(gazette, cancelled, by="Ada")


@pytest.mark.parametrize(
    ("item", "text", "says"),
    [
        ("Zebra", "Six.", "had an item “Zebra”"),
        ("T", "Six.", "may be several items"),
        (LYON, " \n", "correction is empty"),
    ],
)
def test_what_cannot_be_meant_is_told(gazette, people, send, item, text, says):
    people(1)
    send()
    with pytest.raises(DeliveryError, match=says):
        plan_correction(gazette, SLUG, item, text)
