"""An editor who does not wait: keys and words come faster than the studio answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.web.studio.test_editing import START, row, settled

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
