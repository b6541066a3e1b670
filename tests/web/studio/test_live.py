"""What an editor saves is on the screen at once, and nothing jumps."""

from __future__ import annotations


def headline(page, name="desktop"):
    return page.frame(name=name).locator("text=/Workshop number 1 /")


def test_a_saved_headline_shows_without_a_reload_and_keeps_the_scroll(studio, page):
    frame = page.frame(name="phone")
    frame.wait_for_selector("text=Workshop number 20")
    frame.evaluate("document.documentElement.scrollTo(0, 700)")
    page.evaluate("window.stays = true")
    text = studio.file.read_text(encoding="utf-8")
    studio.write(text.replace("Workshop number 20 opens", "Workshop number 20 shuts"))
    frame.wait_for_selector("text=Workshop number 20 shuts")
    assert frame.evaluate("document.documentElement.scrollTop") == 700
    assert page.evaluate("window.stays")
