"""What an editor saves is on the screen at once, nothing jumps, and a mistake is told in place."""

from __future__ import annotations

import re

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import expect

from newsletter.web.studio.listeners import UNTOLD, Listeners

SOLD = """\
halden-cover:
  sponsor: Halden & Voss
  dates: [2026-11-27]
  section: lead
"""


@pytest.fixture
def frame(page):
    page.frame_locator("iframe[name=desktop]").get_by_text("Good morning").wait_for()
    return page.frame(name="desktop")


def change(studio, old, new):
    studio.write(studio.file.read_text(encoding="utf-8").replace(old, new))


def test_a_saved_issue_shows_without_a_reload_and_stays_where_it_was(studio, page, frame):
    frame.wait_for_selector("text=Workshop number 20 opens")
    frame.evaluate("document.documentElement.scrollTo(0, 700)")
    page.evaluate("window.stays = true")
    change(studio, "Workshop number 20 opens", "Workshop number 20 shuts")
    frame.wait_for_selector("text=Workshop number 20 shuts")
    assert frame.evaluate("document.documentElement.scrollTop") == 700
    assert page.evaluate("window.stays")


def test_a_mistake_is_told_with_its_line_over_the_last_good_rendering(studio, page, frame):
    good = studio.file.read_text(encoding="utf-8")
    studio.write(good.replace("subject:", "subjekt:"))
    told = page.locator("#mistake")
    expect(told).to_contain_text("issues/2026-11-27/issue.md:2")
    expect(told).to_contain_text("how it last rendered")
    assert frame.locator("text=Workshop number 20").count() == 1
    studio.write(good)
    expect(told).to_be_empty()


@pytest.mark.parametrize("part", ["colours", "template", "config", "picture"])
def test_whatever_it_is_rendered_from_is_watched(studio, page, frame, part):
    root = studio.workspace.root
    match part:
        case "colours":
            file, old, new = root / "templates/digest/theme.yaml", "#7b1e3c", "#00557f"
        case "template":
            file, old, new = root / "templates/digest/issue.mjml.j2", "</mjml>", "</mjml> "
        case "config":
            file, old, new = root / "config.yaml", "12 Assay Row", "13 Assay Row"
        case "picture":
            file = studio.file.parent / "images" / "new.png"
            file.parent.mkdir()
            file.write_bytes(b"x")
            old, new = "x", "y"
    before = page.locator(".desk").get_attribute("data-mark")
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    expect(page.locator(".desk")).not_to_have_attribute("data-mark", before)
    if part == "config":
        expect(frame.locator("text=13 Assay Row")).to_have_count(1)
    if part == "colours":  # an empty theme.yaml is one, and may be seen before it is written
        page.wait_for_function(
            "() => document.querySelector('iframe').contentDocument.documentElement.outerHTML"
            ".includes('#00557f')"
        )


def test_a_mistake_in_the_settings_is_told_and_they_stay_as_they_were(studio, page):
    config = studio.workspace.root / "config.yaml"
    good = config.read_text(encoding="utf-8")
    config.write_text(good.replace("timezone:", "timezome:"), encoding="utf-8")
    told = page.locator("#mistake")
    expect(told).to_contain_text("config.yaml")
    expect(told).to_contain_text("timezome")
    config.write_text(good, encoding="utf-8")
    expect(told).to_be_empty()


def test_what_is_sold_is_checked_as_soon_as_it_is_saved(studio, page):
    sold = studio.workspace.root / "sponsors.yaml"
    sold.write_text(SOLD, encoding="utf-8")
    expect(page.locator("#panel")).to_contain_text("halden-cover")
    sold.write_text(SOLD.replace("dates:", "days:"), encoding="utf-8")
    expect(page.locator("#mistake")).to_contain_text("sponsors.yaml")
    sold.unlink()
    expect(page.locator("#mistake")).to_be_empty()
    expect(page.locator("#panel")).not_to_contain_text("halden-cover")


def test_a_source_on_the_screen_follows_the_file(studio, open_page):
    page = open_page("/i/2026-11-27?part=text")
    page.wait_for_selector("[data-listening]", state="attached")
    change(studio, "Workshop number 7 opens", "Workshop number 7 shuts")
    expect(page.locator(".source")).to_contain_text("Workshop number 7 shuts")


def test_pages_of_an_issue_hear_which_of_its_files_changed(studio, page):
    page.evaluate(
        "window.told = new Promise(told => document.body.addEventListener("
        "'studio:changed', event => told(event.detail.files), {once: true})); 0"
    )
    (studio.file.parent / "candidates.md").write_text("# Candidates\n", encoding="utf-8")
    assert page.evaluate("window.told") == ["candidates.md"]


def test_a_new_version_is_on_the_list_of_versions(studio, page):
    settings = studio.workspace.root / "config.yaml"
    assert "retailers:" in settings.read_text(encoding="utf-8")
    change(studio, "## The Latest\n", "## The Latest\n<!-- audience: retailers -->\n")
    expect(page.locator("#version option")).to_have_count(2)


def test_every_open_page_hears_and_one_that_went_is_forgotten(studio, open_page):
    pages = [open_page() for _ in range(3)]
    for page in pages:
        page.wait_for_selector("[data-listening]", state="attached")
    pages.pop().close()
    change(studio, "Workshop number 2 opens", "Workshop number 2 shuts")
    for page in pages:
        shown = page.frame_locator("iframe[name=desktop]").get_by_text("Workshop number 2 shuts")
        expect(shown).to_be_visible()


def test_the_stream_begins_with_how_the_issue_renders_now(studio):
    import httpx2

    with httpx2.stream("GET", f"{studio.address}/live/2026-11-27") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        begun = [next(lines) for _ in range(6)]
    assert begun[1] == "event: opened"
    assert re.fullmatch(r'data: \{"opening": "[0-9a-f]{32}"\}', begun[2])
    assert begun[4] == "event: rendered"
    assert re.fullmatch(r'data: \{"mark": "[0-9a-f]{16}", "versions": \["all"\]\}', begun[5])


def test_a_page_that_takes_nothing_is_let_go_and_the_others_hear_on():
    async def told():
        listeners = Listeners()
        with listeners.listening("a") as idle, listeners.listening("a") as busy:
            for number in range(UNTOLD + 1):
                listeners.tell("a", str(number))
                assert await anext(busy) == str(number)
            heard = [message async for message in idle]
            assert heard == [str(number) for number in range(UNTOLD)]
            assert listeners.slugs == ("a",)
        assert listeners.slugs == ()

    with start_blocking_portal() as portal:  # the browser's own loop runs in this thread
        portal.call(told)
