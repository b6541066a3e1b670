"""The list of issues: state, date, findings and reach, quick however many there are."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from newsletter.usecases import planning, rendering, sending

SLUG = "2026-11-27"


@pytest.fixture
def line(open_page):
    page = open_page("/")
    return lambda slug: page.locator("tr", has=page.get_by_role("link", name=slug, exact=True))


def test_a_line_says_how_far_an_issue_is_and_whom_it_reached(studio, subscribe, open_page):
    subscribe(3)
    workspace = studio.workspace
    rendering.approve(workspace, "2026-11-20", by="Ada")
    plan = planning.plan_send(workspace, "2026-11-20", list_key=None, segment=None)
    sending.dispatch(workspace, sending.freeze(workspace, plan, at=None, by="Ada"))
    rendering.approve(workspace, SLUG, by="Ada")
    studio.write(
        studio.file.read_text(encoding="utf-8").replace("subject: Gold", "subject: Silver")
    )
    page = open_page("/")
    expect(page.locator("tr", has_text="2026-11-20")).to_contain_text("done")
    expect(page.locator("tr", has_text="2026-11-20")).to_contain_text("3 of 3")
    changed = page.locator("tr", has_text="Silver holds its floor")
    expect(changed).to_contain_text("changed since approved")
    expect(changed).to_contain_text("warnings")


def test_a_broken_issue_is_listed_with_its_mistake(studio, line):
    studio.write("---\nsubjekt: x\n---\n")
    # The page was opened before; a new look tells.
    answer = studio.ask("/").text
    assert "issues/2026-11-27/issue.md:2" in answer
    assert "does not render" in studio.ask(f"/issues/{SLUG}").text


def test_two_hundred_issues_are_listed_without_rendering_one(studio, open_page):
    text = studio.file.read_text(encoding="utf-8")
    for number in range(200):
        folder = studio.workspace.issues / f"2025-{number % 12 + 1:02}-01-{number}"
        folder.mkdir()
        (folder / "issue.md").write_text(text, encoding="utf-8")
    page, asked = open_page("/"), []
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator("tbody tr")).to_have_count(202)
    expect(page.locator("tbody tr").first.locator(".stage")).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.locator("tbody tr").first.locator(".stage")).to_be_visible()
    page.wait_for_timeout(500)
    assert 0 < sum("/issues/" in url for url in asked) < 100  # two openings
    expect(page.locator("tbody tr").last.locator(".more")).to_be_attached()


def test_it_reads_without_javascript(studio, open_page):
    page = open_page("/", java_script_enabled=False)
    expect(page.get_by_role("link", name=SLUG, exact=True)).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("draft")
