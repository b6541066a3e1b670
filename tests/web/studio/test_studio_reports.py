"""Reports in the studio: figures with their tables, a heat map in a sandbox, files to take away."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select, update

from newsletter.domain.event import Event, EventKind
from newsletter.domain.visit import Sign
from newsletter.events.ingest import ingest
from newsletter.store import schema
from newsletter.store.engine import reading, writing
from newsletter.usecases import planning, rendering, sending
from newsletter.usecases.corrections import correct_link
from newsletter.usecases.report_letter import report_letter
from newsletter.usecases.subscribers import import_people

SLUG = "2026-11-27"
PEOPLE = 60
FIRST = "https://trade.example.com/story/1"
PAGES = (f"/i/{SLUG}/report", "/reports")


@pytest.fixture
def studio_workspace(studio_workspace, tmp_path):
    """The 20-brief issue as sent to readers of whom most opened it, and ever fewer clicked."""
    reports = studio_workspace.settings.reports.model_copy(update={"mail_to": ("ada@example.com",)})
    settings = studio_workspace.settings.model_copy(update={"reports": reports})
    workspace = replace(studio_workspace, settings=settings)
    path = tmp_path / "people.csv"
    addresses = "\n".join(f"reader{number}@example.com" for number in range(PEOPLE))
    path.write_text(f"email\n{addresses}\n", encoding="utf-8")
    import_people(workspace, path, list_keys=("weekly",))
    with writing(workspace.engine) as connection:
        connection.execute(update(schema.subscriber).values(tracking=True))
    rendering.approve(workspace, SLUG, by="Ada")
    plan = planning.plan_send(workspace, SLUG, list_key=None, segment=None)
    sending.dispatch(workspace, sending.freeze(workspace, plan, at=None, by="Ada"))
    ingest(workspace.engine, list(happened(workspace)), clock=workspace.clock)
    correct_link(workspace, SLUG, FIRST, "https://trade.example.com/story/one", by="Ada")
    return workspace


def happened(workspace):
    """Everybody got it, two in three opened it, and the n-th of those clicked the first n % 4."""
    mail, link = schema.delivery, schema.link
    with reading(workspace.engine) as connection:
        mails = connection.execute(select(mail.c.id, mail.c.address).order_by(mail.c.id)).all()
        links = connection.execute(
            select(link.c.url).where(link.c.section != "").order_by(link.c.place)
        ).scalars()
        urls = list(links)[:3]
    drawn, now = random.Random(1), workspace.clock.now()

    def event(number, kind, seconds, **more):
        reader = mails[number]
        return Event(
            key=f"{number} {kind} {more.get('url', '')}", kind=kind, address=reader.address,
            at=now + timedelta(seconds=seconds), delivery=reader.id,
            signs=0 if kind is EventKind.DELIVERED else Sign.BROWSER.value, **more,
        )  # fmt: skip

    for number in range(PEOPLE):
        yield event(number, EventKind.DELIVERED, 5)
        if number % 3:
            seen = 4000 + drawn.randrange(20_000)
            yield event(number, EventKind.OPENED, seen)
            for place, url in enumerate(urls[: number % 4]):
                yield event(number, EventKind.CLICKED, seen + 60 * (place + 1), url=url)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_reports_are_accessible_and_fit_any_window(open_page, scheme, width):
    for path in PAGES:
        page = open_page(path, color_scheme=scheme, viewport={"width": width, "height": 900})
        found = Axe().run(page, options={"iframes": False}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_behind_every_chart_is_a_table_also_without_javascript(open_page):
    for path in PAGES:
        page = open_page(path, java_script_enabled=False)
        charts = page.locator("figure.drawn:has(svg)")
        assert charts.count() >= 3
        for place in range(charts.count()):
            chart = charts.nth(place)
            assert chart.locator("svg title").text_content()
            chart.locator("summary").click()
            table = chart.locator("table")
            assert table.is_visible()
            assert table.locator("tbody tr").count() >= 1


LEAST_TEXT = 9
"""Pixels of a chart's words on a telephone."""


def test_words_in_charts_can_be_read_on_a_telephone(open_page):
    for path in PAGES:
        page = open_page(path, viewport={"width": 375, "height": 800})
        sizes = page.eval_on_selector_all(
            "svg.chart text",
            "all => all.map(text => parseFloat(getComputedStyle(text).fontSize)"
            " * text.getScreenCTM().a)",
        )
        assert len(sizes) > 10
        assert min(sizes) >= LEAST_TEXT


def test_reports_across_issues_lead_to_each_of_them(open_page):
    page = open_page(PAGES[1])
    page.get_by_role("link", name=SLUG).first.click()
    page.wait_for_url(f"**{PAGES[0]}")
    assert page.locator(".subject").inner_text()


def test_figures_are_people_and_told_with_their_method(open_page):
    page = open_page(PAGES[0])
    cards = {
        card.locator("dt").inner_text(): card.locator("dd").inner_text()
        for card in page.locator(".card").all()
    }
    assert cards["delivered"].split() == ["100", "%", "60"]
    assert cards["opened"].split()[-1] == "40"
    assert "How this was counted" in page.content()
    assert "leads to https://trade.example.com/story/one now" in page.content()


def test_the_heat_map_shows_counts_where_they_were_clicked_and_runs_nothing(open_page, studio):
    page = open_page(PAGES[0])
    frame = page.locator("iframe.heat")
    assert frame.get_attribute("sandbox") == ""
    frame.scroll_into_view_if_needed()
    inside = frame.content_frame.locator("body")
    badges = inside.locator(".heat-badge")
    badges.first.wait_for()
    counts = [int(text) for text in badges.all_inner_texts()]
    assert len(counts) == 3
    assert counts == sorted(counts, reverse=True)
    answer = studio.ask(f"/rendition/{SLUG}/heat")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_figures_stand_beside_the_renditions_and_can_be_taken_away(studio):
    part = studio.ask(PAGES[0], headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "The whole report" in part
    told = studio.ask(f"/i/{SLUG}/report.json")
    assert told.headers["content-disposition"] == f'attachment; filename="report-{SLUG}.json"'
    assert json.loads(told.text)["delivered"] == PEOPLE
    table = studio.ask(f"/i/{SLUG}/report.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(table.text)))
    assert json.loads(studio.ask("/reports.json").text)["weeks"]
    assert list(csv.reader(io.StringIO(studio.ask("/reports.csv").text)))
    assert studio.ask(f"/i/{SLUG}/report.exe").status_code == 404


def test_markup_in_a_bounces_reason_stays_text(studio, studio_workspace):
    hostile = "<img src=x onerror=alert(1)>"
    with reading(studio_workspace.engine) as connection:
        query = select(schema.delivery.c.id, schema.delivery.c.address).limit(6)
        mails = connection.execute(query).all()
    bounced = [
        Event(
            key=f"hostile {mail}", kind=EventKind.BOUNCED, at=studio_workspace.clock.now(),
            address=address, delivery=mail, cause=hostile, reason=hostile,
        )
        for mail, address in mails
    ]  # fmt: skip
    ingest(studio_workspace.engine, bounced, clock=studio_workspace.clock)
    page = studio.ask(f"/i/{SLUG}/report").text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page


def test_what_was_never_sent_has_no_report_yet(studio):
    answer = studio.ask("/i/2026-11-20/report")
    assert answer.status_code == 200
    assert "Nothing of this issue was sent yet" in answer.text
    assert 'role="alert"' not in answer.text
    assert studio.ask("/i/2026-11-20/report.json").status_code == 422
    assert studio.ask("/i/2026-11-21/report").status_code == 422


def test_a_report_is_mailed_for_the_studios_own_pages_only(open_page, studio):
    assert studio.ask(f"{PAGES[0]}/mail", method="POST").status_code == 403
    page = open_page(PAGES[0])
    assert "It is mailed the morning after" in page.content()
    page.get_by_role("button", name="Mail it now to 1 person").click()
    page.wait_for_url("**/report")
    assert "UTC: mailed" in page.content()
    outbox = studio.workspace.state / "outbox"
    mails = [path for path in outbox.rglob("*.eml") if b"To: ada@example.com" in path.read_bytes()]
    assert len(mails) == 1


def test_the_mailed_report_fits_a_telephone(studio_workspace, browser):
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.set_content(report_letter(studio_workspace, SLUG).html)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert "leads to https://trade.example.com/story/one now" in page.content()
    page.close()


def test_a_morning_that_passed_without_a_mail_is_told(studio, studio_workspace):
    long_ago = studio_workspace.clock.now() - timedelta(days=4)
    with writing(studio_workspace.engine) as connection:
        connection.execute(update(schema.campaign).values(frozen_at=long_ago))
    page = studio.ask(PAGES[0]).text
    assert "It was not mailed, and its morning is over." in page
    assert "It is mailed the morning after" not in page
