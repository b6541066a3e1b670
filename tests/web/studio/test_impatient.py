"""An editor who does not wait: keys and words come faster than the studio answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web.studio.test_editing import START, outside, row, settled

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route


@dataclass
class Held:
    """Answers to requests of a path, which the page gets when the test says so."""

    page: Page
    path: str
    answers: list[tuple[Route, object]] = field(default_factory=list)
    ended: bool = False

    def __post_init__(self) -> None:
        self.page.route(self.path, self._hold)

    def _hold(self, route: Route) -> None:
        if self.ended:
            route.continue_()
        else:
            self.answers.append((route, route.fetch()))

    def come(self) -> None:
        """Wait until the studio has answered once; the page knows nothing of it yet."""
        while not self.answers:
            self.page.wait_for_timeout(20)

    def go(self) -> None:
        """Let the page have the first answer, and do at once what follows from it."""
        route, answer = self.answers.pop(0)
        with self.page.expect_response(self.path):
            route.fulfill(response=answer)
        self.page.evaluate("new Promise((done) => setTimeout(done, 50))")

    def end(self) -> None:
        """Hold no more; what was held goes its way."""
        self.ended = True
        for route, answer in self.answers:
            route.fulfill(response=answer)


@pytest.fixture(autouse=True)
def patient(browser):
    """What is waited for comes, though the machine has other things to do."""
    expect.set_options(timeout=30_000)


def choose(page, number):
    row(page, number).locator("> a").click()
    expect(page.get_by_label("Headline")).to_have_value(re.compile(f"number {number} "))


def saving(page, number, text):
    """Save another text of a brief; the answer is held."""
    choose(page, number)
    slow = Held(page, "**/words")
    page.locator("#text").fill(text)
    page.keyboard.press("Control+Enter")
    slow.come()
    return slow


def test_keys_faster_than_the_answers_all_count(page, studio):
    choose(page, 2)
    slow = Held(page, "**/arrange")
    for _ in range(3):
        page.keyboard.press("J")
    slow.come()
    slow.end()
    settled(page, studio, ["Top story", "1", "The Latest", "3", "4", "5", "2", "6"])
    for _ in range(3):
        page.keyboard.press("u")
    settled(page, studio, START)


def test_an_outline_that_comes_late_does_not_come_over_a_newer_one(page, studio):
    choose(page, 2)
    slow = Held(page, "**/outline")
    page.keyboard.press("J")
    slow.come()
    settled(page, studio, ["Top story", "1", "The Latest", "3", "2", "4"])
    page.keyboard.press("K")
    settled(page, studio, START)
    slow.go()
    page.keyboard.press("K")
    settled(page, studio, ["Top story", "1", "2", "The Latest", "3", "4"])
    slow.end()
    settled(page, studio, ["Top story", "1", "2", "The Latest", "3", "4"])


def test_words_typed_while_a_save_is_under_way_stay(page, studio):
    slow = saving(page, 2, "One.")
    page.locator("#text").press_sequentially(" Two.")
    slow.go()
    slow.end()
    expect(page.locator("#text")).to_have_value("One. Two.")
    page.locator("#text").press_sequentially(" Three.")
    page.keyboard.press("Control+Enter")
    frame = page.frame_locator("iframe.rendition").first
    expect(frame.get_by_text("One. Two. Three.")).to_be_attached()


def test_another_brief_is_opened_once_the_save_has_been_answered(page, studio):
    slow = saving(page, 2, "Of the second.")
    row(page, 3).locator("> a").click()
    slow.end()
    expect(page.get_by_label("Headline")).to_have_value(re.compile("number 3 "))
    assert "Of the second." in studio.file.read_text(encoding="utf-8")


def test_what_is_typed_does_not_give_way_to_an_answer_that_comes_late(page, studio):
    page.wait_for_selector("#panel h2")
    slow = Held(page, "**/findings")
    outside(studio, "Good morning.", "Good evening.")
    slow.come()
    choose(page, 2)
    page.locator("#text").fill("One.")
    slow.go()
    expect(page.locator("#text")).to_have_value("One.")


def test_a_move_that_is_refused_leaves_what_is_typed(page, studio):
    choose(page, 2)
    page.locator("#text").fill("One.")
    page.route("**/outline", lambda route: route.fulfill(status=204))  # it has not heard of it yet
    outside(studio, "story/3)", "story/333)")
    row(page, 3).locator("summary").click()
    row(page, 3).get_by_role("button", name="Drop").click()
    expect(page.locator("form.words .alert")).to_contain_text("changed meanwhile")
    expect(page.locator("#text")).to_have_value("One.")
    assert "story/333)" in studio.file.read_text(encoding="utf-8")


def test_my_version_of_a_conflict_is_not_left_by_accident(page, studio):
    choose(page, 2)
    page.get_by_label("Headline").fill("Mine")
    outside(studio, "story/2)", "story/222)")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Changed meanwhile")).to_be_visible()
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    row(page, 5).locator("> a").click()
    expect(page.get_by_label("As it should be")).to_have_value(re.compile("### Mine"))
    assert asked == ["Leave what you typed unsaved?"]


def test_a_day_and_a_section_stay_chosen_while_another_editor_saves(page, studio):
    summary, day = row(page, 2).locator("summary"), row(page, 2).locator("input[type=date]")
    summary.click()
    day.fill("2026-12-18")
    row(page, 2).locator("select").select_option("lead")
    day.focus()
    outside(studio, "number 3 opens", "number 3 shuts")
    expect(row(page, 3).locator("> a")).to_have_text(re.compile("shuts"))
    expect(day).to_have_value("2026-12-18")
    expect(day).to_be_focused()
    expect(row(page, 2).locator("select")).to_have_value("lead")
