"""What changed, and how the inbox shows it, beside the renditions."""

from __future__ import annotations

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from newsletter.usecases import rendering

SLUG = "2026-11-27"


@pytest.fixture
def changed(studio):
    """The issue was approved, then a word was changed, and a brief moved to the top."""
    rendering.approve(studio.workspace, SLUG, by="Ada")
    text = studio.file.read_text(encoding="utf-8")
    head, mark, rest = text.partition("### Workshop number 20 ")
    first = "## The Latest\n"
    studio.write(
        head.replace(first, f"{first}\n{mark}{rest}").replace("Good morning", "Good night")
    )
    return studio


def test_what_changed_since_the_approval_is_marked(changed, open_page):
    page = open_page()
    page.get_by_role("link", name="Differences").click()
    section = page.get_by_role("region", name="Since the approval")
    expect(section.locator("dd").first).to_have_text("Good morning. night.")
    expect(section.locator("del")).to_have_text(["morning."])
    expect(section.locator("ins")).to_have_text(["night."])
    expect(section.locator("article h4")).to_have_text(["Workshop number 20 opens its doors again"])
    expect(section.locator("article .fates")).to_contain_text("moved")
    expect(section).to_contain_text("Renders otherwise now: all/html, all/text.")
    marks = page.evaluate(
        "getComputedStyle(document.querySelector('.differences section ins'), '::before').content"
    )
    assert marks == '"{+"'


def test_last_weeks_issue_is_the_other_side(studio, open_page):
    page = open_page(f"/i/{SLUG}/differences")
    section = page.get_by_role("region", name="Since the issue before")
    expect(section.get_by_role("link", name="2026-11-20")).to_be_visible()
    expect(section.locator(".fate[data-fate=added]").first).to_have_text("added")
    expect(section.locator(".fate[data-fate=dropped]").first).to_have_text("dropped")


def test_without_approval_and_without_an_earlier_issue_it_says_so(studio, open_page):
    shutil.rmtree(studio.workspace.issues / "2026-11-20")
    page = open_page(f"/i/{SLUG}/differences")
    expect(page.locator("#panel")).to_contain_text("This issue is not approved.")
    expect(page.locator("#panel")).to_contain_text("There is no earlier issue.")


def test_the_differences_follow_the_file(changed, open_page):
    page = open_page()
    page.wait_for_selector("[data-listening]", state="attached")
    page.get_by_role("link", name="Differences").click()
    section = page.get_by_role("region", name="Since the approval")
    section.wait_for()
    text = changed.file.read_text(encoding="utf-8")
    changed.write(text.replace("Good night", "Good day"))
    expect(section.locator("ins").first).to_have_text("day.")


def test_the_inbox_cuts_where_phones_cut(studio, open_page):
    text = studio.file.read_text(encoding="utf-8")
    subject = "Gold holds its floor as shops place their last orders of the year"
    studio.write(text.replace("Gold holds its floor", subject))
    page = open_page(f"/i/{SLUG}/inbox")
    rows = page.get_by_role("group", name="Gmail app, light")
    expect(rows.locator("strong")).to_have_text("Gold holds its floor as shops plac…")
    expect(page.get_by_role("group", name="Gmail on the web, dark")).to_contain_text(subject)
    expect(page.locator("#panel")).to_contain_text("Cut: 31 characters of the subject")


def test_the_inbox_shows_every_subject_on_trial(studio, open_page):
    text = studio.file.read_text(encoding="utf-8")
    studio.write(text.replace("subject: Gold holds its floor", 'subjects: ["Gold", "Silver"]'))
    rows = open_page(f"/i/{SLUG}/inbox").get_by_role("group", name="Gmail app, dark")
    expect(rows.locator("strong")).to_have_text(["Gold", "Silver"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_panel_is_accessible_and_fits_a_phone(studio, open_page, scheme):
    """WCAG 2.2 AA as far as axe-core sees it."""
    rendering.approve(studio.workspace, SLUG, by="Ada")
    page = open_page(color_scheme=scheme, viewport={"width": 360, "height": 800})
    for panel in ("plan", "decide", "differences", "inbox", "sending"):
        if panel == "decide":  # a plan wants the approval to stand, the others show more without
            text = studio.file.read_text(encoding="utf-8")
            studio.write(text.replace("Good morning", "Good night"))
        page.goto(f"{studio.address}/i/{SLUG}/{panel}")
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], panel
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, panel
