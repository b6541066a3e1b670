"""Looking at an issue: widths, schemes, programs, versions, readers, sources, findings, keys."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

SLUG = "2026-11-27"


@pytest.fixture
def widths(page):
    """The widths of the frames, in pixels of their own."""
    return lambda: page.evaluate(
        "[...document.querySelectorAll('iframe')].map(frame => frame.contentWindow.innerWidth)"
    )


def test_each_width_alone_and_all_side_by_side(page):
    for name, pixels in (
        ("Phone", [390]),
        ("Tablet", [768]),
        ("All", [390, 768, 1024]),
        ("Desktop", [1024]),
    ):
        page.locator(".widths").get_by_text(name).click()
        expect(page.locator("figure.device")).to_have_count(len(pixels))
        page.wait_for_function(
            "pixels => String([...document.querySelectorAll('iframe')]"
            ".map(frame => frame.contentWindow.innerWidth)) === String(pixels)",
            arg=pixels,
        )
    right = page.locator(".renditions").bounding_box()
    for box in (one.bounding_box() for one in page.locator(".glass").all()):
        assert box["x"] + box["width"] <= right["x"] + right["width"]


def lens(page, name):
    return page.locator(f"#lens select[name={name}]")


def asks_for(page, words):
    """Wait until the frames show through a lens that says so."""
    expect(page.locator(".frames")).to_have_attribute("data-query", re.compile(words))


def background(page):
    frame = page.frame_locator("iframe[name=desktop]")
    frame.get_by_text("Good morning").wait_for()
    return frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_the_scheme_is_the_one_chosen_whatever_the_browser_prefers(open_page, preferred):
    shown = [
        background(open_page(f"/i/{SLUG}?scheme={scheme}", color_scheme=preferred))
        for scheme in ("light", "dark")
    ]
    assert shown == ["rgb(239, 236, 229)", "rgb(18, 17, 20)"]


def test_a_mail_program_shows_what_it_understands_in_its_own_scheme(page):
    lens(page, "client").select_option("Apple Mail, dark")
    asks_for(page, "client=apple-mail-dark")
    assert background(page) == "rgb(18, 17, 20)"
    assert page.locator("#lens [name=scheme]").first.is_disabled()


def test_pictures_off(studio, page):
    text = studio.file.read_text(encoding="utf-8")
    studio.write(
        text.replace("Good morning.", "Good morning. ![A tray](https://m.example.com/a.png)")
    )
    picture = page.frame_locator("iframe").get_by_alt_text("A tray")
    expect(picture).to_have_attribute("src", re.compile("^data:image/svg"))
    page.get_by_role("checkbox", name="Pictures off").check()
    expect(picture).not_to_have_attribute("src", re.compile(""))


def test_each_version_and_how_many_read_it(studio, subscribe, open_page):
    subscribe(3)
    text = studio.file.read_text(encoding="utf-8")
    studio.write(text.replace("## The Latest\n", "## The Latest\n<!-- audience: trade -->\n"))
    page = open_page()
    versions = lens(page, "version")
    expect(versions.locator("option")).to_have_text(["trade · 3 readers", "others · 0 readers"])
    versions.select_option("others · 0 readers")
    expect(page.locator(".subject")).to_contain_text("version others")
    frame = page.frame_locator("iframe[name=desktop]")
    expect(frame.get_by_text("Workshop number 1 ")).to_be_visible()
    expect(frame.get_by_text("Workshop number 2 ")).to_have_count(0)


def test_as_a_subscriber_found_by_address_that_stands_in_no_url(studio, subscribe, open_page):
    subscribe(2)
    text = studio.file.read_text(encoding="utf-8")
    studio.write(text.replace("Good morning.", "Good morning, {{ reader.first_name }}."))
    page, asked = open_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_placeholder("a subscriber’s address").fill("reader2@example.com")
    page.get_by_role("button", name="Look as them").click()
    expect(page.frame_locator("iframe").get_by_text("Good morning, R2.")).to_be_visible()
    expect(page.locator(".subject")).to_contain_text("as subscriber 2 reads it")
    assert not [url for url in asked if "reader2" in url]
    lens(page, "reader").select_option("Longest values")
    expect(page.frame_locator("iframe").get_by_text("Good morning, R1.")).to_be_visible()


@pytest.mark.parametrize(
    ("part", "words"),
    [("Text part", "Good morning."), ("HTML source", "<!DOCTYPE html>"), ("MJML source", "<mjml"),
     ("Mail file", "List-Unsubscribe:"), ("issue.md", "subject: Gold holds its floor")],
)  # fmt: skip
def test_every_source_with_the_numbers_of_its_lines(page, part, words):
    lens(page, "part").select_option(part)
    expect(page.locator(".source")).to_contain_text(words)
    assert page.locator(".source li").count() > 1
    assert "part=" in page.url


def test_a_finding_leads_to_its_brief_and_to_its_line(studio, page):
    text = studio.file.read_text(encoding="utf-8")
    line = text.splitlines().index("### Workshop number 20 opens its doors again") + 1
    studio.write(text.replace("https://trade.example.com/story/20", "http://10.0.0.1/x"))
    finding = page.locator(".finding", has_text="not on the public internet")
    brief = page.frame_locator("iframe").locator(f"#line-{line}")
    expect(brief).not_to_be_in_viewport()
    finding.get_by_role("link", name="show it").click()
    expect(brief).to_be_in_viewport()
    finding.get_by_role("link", name=f"issue.md:{line}").click()
    expect(page.locator(f"#L{line}")).to_be_in_viewport()
    expect(page.locator(f"#L{line}")).to_contain_text("Workshop number 20")


def test_the_size_meter_says_what_the_check_counts(page):
    meter = page.locator(".weight")
    expect(meter).to_contain_text("Gmail cuts at 100,000")
    assert 20_000 < float(meter.locator("meter").get_attribute("value")) < 100_000


def test_a_click_into_a_rendition_picks_its_brief_and_leads_nowhere(page):
    frame = page.frame_locator("iframe[name=desktop]")
    frame.get_by_text("Workshop number 3 ").click()
    current = page.locator(".outline [data-line].current")
    expect(current).to_contain_text("Workshop number 3 ")
    frame.get_by_text("Read at Trade Wire").first.click()
    expect(page.get_by_role("status")).to_contain_text("https://trade.example.com/story/1")
    assert page.frame(name="desktop").url.startswith(page.url.partition("/i/")[0])
    assert len(page.context.pages) == 1


def test_a_click_that_follows_another_at_once_ends_its_request_in_peace(page):
    page.route("**/brief/4", lambda _: None)  # never answered
    frame = page.frame_locator("iframe[name=desktop]")
    with page.expect_request("**/brief/4"):
        frame.get_by_text("Workshop number 4 ").click()
    frame.get_by_text("Workshop number 3 ").click()
    expect(page.get_by_label("Headline")).to_have_value(re.compile("Workshop number 3 "))


def test_everything_by_keys(page, widths):
    frame = page.frame_locator("iframe[name=desktop]")
    frame.get_by_text("Good morning").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".outline .current")).to_have_count(1)
    page.keyboard.press("4")
    expect(page.locator("figure.device")).to_have_count(3)
    page.keyboard.press("1")
    expect(page.locator("figure.device")).to_have_count(1)
    page.keyboard.press("l")
    asks_for(page, "width=phone.*scheme=dark")
    page.keyboard.press("c")
    asks_for(page, "client=gmail-web")
    page.keyboard.press("t")
    expect(page.locator(".source")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator(".frames")).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator(".side")).not_to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keys")).not_to_be_visible()


def test_keys_are_letters_where_somebody_writes(page):
    field = page.get_by_placeholder("a subscriber’s address")
    field.fill("")
    field.press_sequentially("tl?4")
    assert field.input_value() == "tl?4"
    expect(page.locator(".frames")).to_have_attribute("data-query", "")


def test_it_reads_without_javascript(studio, subscribe, open_page):
    subscribe(1)
    page = open_page(java_script_enabled=False)
    assert page.frame(name="desktop").locator("text=Workshop number 20").count() == 1
    page.locator(".widths").get_by_text("Phone").click()
    lens(page, "part").select_option("Text part")
    page.get_by_role("button", name="Show").click()
    assert "Good morning." in page.locator(".source").inner_text()
    page.get_by_role("link", name="Findings").click()
    assert page.get_by_role("heading", name="Findings").is_visible()
    page.get_by_role("link", name="Keys").click()
    assert page.locator("#content").get_by_text("Light or dark").is_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 900), ("light", 390)])
def test_the_pages_are_accessible(studio, open_page, scheme, width):
    """WCAG 2.2 AA as far as axe-core sees it, with nothing loaded from elsewhere."""
    few = studio.file.read_text(encoding="utf-8").partition("### Workshop number 4 ")[0]
    studio.write(few.replace("https://trade.example.com/story/2", "http://10.0.0.1/x"))
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    page.wait_for_selector(".finding")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (f"/i/{SLUG}?width=all", f"/i/{SLUG}?part=text", "/", "/keys"):
        page.goto(studio.address + path)
        page.wait_for_load_state("networkidle" if path == "/" else "load")
        found = Axe().run(page, options={"iframes": False}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], path
    assert {url.removeprefix(studio.address)[:1] for url in asked} == {"/"}


def test_keys_work_after_a_click_into_a_rendition(page):
    frame = page.frame_locator("iframe[name=desktop]")
    frame.get_by_text("Workshop number 2 opens").first.click()
    expect(page.get_by_label("Headline")).to_have_value(re.compile("number 2 "))
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="Decide")).to_be_visible()


def test_long_words_and_a_narrow_window_make_nothing_wider(studio, open_page):
    word = "Donaudampfschifffahrtsgesellschaft" * 6
    text = studio.file.read_text(encoding="utf-8").replace("Gold holds its floor", word)
    studio.write(text[: text.index("## The Latest")])
    page = open_page(viewport={"width": 360, "height": 800})
    page.wait_for_selector("#panel h2")
    expect(page.locator("#outline .missing").first).to_be_visible()
    found = Axe().run(page, options={"iframes": False}).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    wider = "document.documentElement.scrollWidth - innerWidth"
    page.goto(f"{studio.address}/")
    expect(page.locator(".issues .more")).to_have_count(0)
    assert page.evaluate(wider) <= 0
