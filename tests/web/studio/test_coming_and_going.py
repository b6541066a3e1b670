"""Pages nobody sees, a studio that ends and begins anew, an issue whose folder goes and comes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from newsletter.store.engine import reading
from newsletter.web.studio.desk import FORMER, Desk

SLUG = "2026-11-27"
SEEN = """(seen) => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => !seen});
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""A headless browser shows every tab; another one hides all but the first of a window."""


@pytest.fixture(autouse=True)
def patient(browser):
    """A studio takes a moment to begin."""
    expect.set_options(timeout=30_000)


def frame_of(page):
    return page.frame_locator("iframe[name=desktop]")


def change(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("root", [".", "whole"])
def test_it_is_live_wherever_it_was_opened(studio_workspace, run_studio, root, monkeypatch):
    """With -C its root may be any path, and without it is “.”; changes are told by whole ones."""
    monkeypatch.chdir(studio_workspace.root)
    here = replace(studio_workspace, root=Path(root if root == "." else Path.cwd()))
    with run_studio(here) as address, httpx2.stream("GET", f"{address}/live/{SLUG}") as answer:
        lines = answer.iter_lines()
        next(line for line in lines if line == "event: rendered")
        change(here.issues / SLUG / "issue.md", "Good morning.", "Good evening.")
        changed = next(line for line in lines if line == "event: changed")
        assert changed
        assert "issue.md" in next(lines)


def test_nine_tabs_of_one_window_all_answer(studio, browser):
    """Browsers keep six connections to a server for all tabs together."""
    context = browser.new_context()
    tabs = []
    for _ in range(9):
        for tab in tabs[-1:]:
            tab.evaluate(SEEN, False)
        tabs.append(context.new_page())
        tabs[-1].goto(studio.issue)
        tabs[-1].wait_for_selector("[data-listening]", state="attached")
    change(studio.file, "Good morning.", "Good evening.")
    expect(frame_of(tabs[-1]).get_by_text("Good evening.")).to_be_visible()
    tabs[-1].evaluate(SEEN, False)
    tabs[0].evaluate(SEEN, True)
    expect(frame_of(tabs[0]).get_by_text("Good evening.")).to_be_visible()
    context.close()


def test_what_was_asked_for_first_does_not_come_over_what_was_asked_for_last(open_page):
    page = open_page("/")
    held = []

    def hold(route):  # Playwright takes no method of a list
        held.append(route)

    page.route("**/findings", hold)
    with page.expect_request("**/findings"):
        page.get_by_role("link", name=SLUG).click()
    page.wait_for_selector("[data-listening]", state="attached")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="Decide")).to_be_visible()
    for route in held:
        route.continue_()
    page.evaluate(f"fetch('/i/{SLUG}/stage').then((answer) => answer.text())")
    expect(page.get_by_role("heading", name="Decide")).to_be_visible()
    assert held


def test_a_page_that_is_seen_again_asks_what_it_missed(studio, open_page):
    page = open_page()
    page.wait_for_selector("[data-listening]", state="attached")
    page.keyboard.press("d")
    expect(page.locator("#approval")).to_contain_text("nothing")
    page.evaluate(SEEN, False)
    other = open_page()
    other.keyboard.press("d")
    other.get_by_role("button", name=re.compile("^Approve ")).click()
    expect(other.locator("#approval")).to_contain_text("What is shown is what is approved")
    page.evaluate(SEEN, True)
    expect(page.locator("#approval")).to_contain_text("What is shown is what is approved")


def test_what_was_typed_outlives_the_studio_and_is_saved_by_the_next(
    studio_workspace, run_studio, browser
):
    page = browser.new_page()
    with run_studio(studio_workspace) as address:
        page.goto(f"{address}/i/{SLUG}")
        page.wait_for_selector("[data-listening]", state="attached")
        page.keyboard.press("b")
        page.get_by_label("Headline").fill("A bench reopens in Lyon")
    expect(page.locator("#notice")).to_contain_text("The studio does not answer")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("form.words .alert")).to_contain_text("not saved")
    with run_studio(studio_workspace, port=int(address.rpartition(":")[2])):
        expect(page.locator("#notice")).to_be_hidden()
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#outline .row > a").first).to_have_text("A bench reopens in Lyon")
    file = studio_workspace.issues / SLUG / "issue.md"
    assert "### A bench reopens in Lyon\n" in file.read_text(encoding="utf-8")
    page.close()


def test_a_form_that_is_refused_keeps_what_was_typed(studio, page):
    page.keyboard.press("b")
    page.get_by_label("Headline").fill("A bench reopens in Lyon")
    page.evaluate("document.body.setAttribute('hx-headers', '{\"X-Studio-Token\": \"old\"}')")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("form.words .alert")).to_contain_text("started anew")
    assert page.get_by_label("Headline").input_value() == "A bench reopens in Lyon"


def test_an_issue_whose_folder_goes_says_so_and_is_there_again(studio, page):
    away = studio.file.parent.rename(studio.workspace.root / "away")
    expect(page.locator("#notice")).to_contain_text(f"there is no issue “{SLUG}”")
    away.rename(studio.file.parent)
    expect(page.locator("#notice")).to_be_hidden()
    change(studio.file, "Good morning.", "Good evening.")
    expect(frame_of(page).get_by_text("Good evening.")).to_be_visible()


def test_settings_that_change_all_day_leave_no_connection_behind(studio_workspace):
    desk, config = Desk(studio_workspace), studio_workspace.root / "config.yaml"
    seen = []
    for number in range(FORMER + 4):
        change(config, f"{12 + number} Assay Row", f"{13 + number} Assay Row")
        desk.reopen()
        with reading(desk.workspace.engine):
            seen.append(desk.workspace)
    assert sum(one.engine.pool.checkedin() > 0 for one in seen) == FORMER + 1
    desk.close()


def test_a_theme_that_goes_does_not_end_the_watching(studio, page):
    theme = studio.workspace.root / "templates" / "digest"
    away = theme.rename(studio.workspace.root / "away")
    expect(page.locator("#mistake")).to_contain_text("there is no theme")
    away.rename(theme)
    expect(page.locator("#mistake")).to_be_empty()
    change(studio.file, "Good morning.", "Good evening.")
    expect(frame_of(page).get_by_text("Good evening.")).to_be_visible()


def test_a_new_version_does_not_take_away_what_is_typed(studio, page):
    page.keyboard.press("b")
    page.get_by_label("Headline").fill("A bench reopens in Lyon")
    change(studio.file, "## The Latest\n", "## The Latest\n<!-- audience: retailers -->\n")
    expect(page.locator("#version option")).to_have_count(2)
    assert page.get_by_label("Headline").input_value() == "A bench reopens in Lyon"


def test_a_rendition_whose_answer_was_lost_is_asked_for_again(studio, page):
    page.route("**/rendition/**", lambda route: route.abort(), times=1)
    change(studio.file, "Good morning.", "Good evening.")
    expect(frame_of(page).get_by_text("Good evening.")).to_be_visible()


def test_a_token_whose_answer_was_lost_is_asked_for_again(studio_workspace, run_studio, browser):
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    with run_studio(studio_workspace) as address:
        page.goto(f"{address}/i/{SLUG}")
        page.wait_for_selector("[data-listening]", state="attached")
        page.keyboard.press("b")
        page.get_by_label("Headline").fill("A bench reopens in Lyon")
    page.route(f"**/i/{SLUG}", lambda route: route.abort(), times=1)
    with run_studio(studio_workspace, port=int(address.rpartition(":")[2])):
        page.wait_for_selector("[data-listening]", state="attached")
        expect(page.locator("#notice")).to_be_hidden()
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#outline .row > a").first).to_have_text("A bench reopens in Lyon")
    page.close()
    assert wrong == []
