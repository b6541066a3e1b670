"""Editing in a real browser: drag, keys, words, conflicts, undo, candidates, the paste desk."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

CANDIDATES = """# Candidates

### A pearl farm counts a profit
<!-- ran before: in 2026-11-20, as “Pearls” (the same address) -->

For the first time in nine years.

[Wire](https://wire.example.com/pearls)
<!-- item: aaaaaaaaaaaa -->

### Rhodium climbs again

[Wire](https://wire.example.com/rhodium)
<!-- item: bbbbbbbbbbbb -->
"""

RELEASE = """Castellan opens a school for setters

GENEVA, November 18 – Castellan, the watch and jewelry house, will open a school for 24 setters in
March, in the building where it cut its first stones in 1931.

The course takes 18 months and costs the student nothing, said Odile Marchetti, who will run it.
“We lose a setter a month to old age,” she said. Revenue rose 12 percent, to 96 million francs.
"""


def headlines(text):
    return re.findall(r"^#{2,3} (.*)$", text, re.MULTILINE)


def short(text):
    """Headlines with the workshops by their numbers."""
    return [re.sub(r"Workshop number (\d+) .*", r"\1", one) for one in headlines(text)]


def now(studio):
    return short(studio.file.read_text(encoding="utf-8"))


def row(page, number):
    return page.locator("#outline .row").nth(number - 1)


def settled(page, studio, expected):
    """Wait until the outline begins with these, and see that the file does, too."""
    page.wait_for_function(
        """(expected) => [...document.querySelectorAll(
            "#outline .group > a, #outline .group > .name, #outline .row > a")]
            .slice(0, expected.length)
            .map((one) => one.textContent.replace(/Workshop number (\\d+) .*/, "$1"))
            .join() === expected.join()""",
        arg=expected,
    )
    assert now(studio)[: len(expected)] == expected


def outside(studio, old, new):
    """Another editor saves the file."""
    text = studio.file.read_text(encoding="utf-8")
    assert old in text
    studio.write(text.replace(old, new))


@pytest.fixture(autouse=True)
def patient(browser):
    """Nothing here takes seconds, unless the machine has other things to do."""
    expect.set_options(timeout=30_000)


PARTS = {"include": [["#outline"], ["#panel"]]}
START = ["Top story", "1", "The Latest", "2", "3", "4"]


def test_a_brief_is_dragged_within_and_between_sections(page, studio):
    settled(page, studio, START)
    box = row(page, 4).bounding_box()
    row(page, 2).drag_to(row(page, 4), target_position={"x": 40, "y": box["height"] - 3})
    settled(page, studio, ["Top story", "1", "The Latest", "3", "4", "2"])
    row(page, 1).drag_to(row(page, 3), target_position={"x": 40, "y": 3})
    settled(page, studio, ["Top story", "The Latest", "3", "1", "4", "2"])
    row(page, 3).drag_to(page.locator("#outline .group").first.locator("> a"))
    settled(page, studio, ["Top story", "4", "The Latest", "3", "1", "2"])
    page.get_by_role("button", name="Undo").click()
    settled(page, studio, ["Top story", "The Latest", "3", "1", "4", "2"])


def test_a_candidate_is_dragged_into_the_issue(page, studio):
    file = studio.file.with_name("candidates.md")
    file.write_text(CANDIDATES, encoding="utf-8")
    page.get_by_role("link", name="Candidates").click()
    offer = page.locator(".offer", has_text="Rhodium")
    offer.drag_to(row(page, 2), target_position={"x": 40, "y": 3})
    settled(page, studio, ["Top story", "1", "The Latest", "Rhodium climbs again", "2", "3"])
    expect(page.locator(".offer h3")).to_have_text(["A pearl farm counts a profit"])
    assert headlines(file.read_text(encoding="utf-8")) == ["A pearl farm counts a profit"]


def test_a_brief_moves_by_keys_and_stays_chosen(page, studio):
    settled(page, studio, START)
    for _ in range(4):  # the sections are in the way of j, too
        page.keyboard.press("j")
    expect(page.locator("#outline .current")).to_have_text(re.compile("number 2 "))
    page.keyboard.press("J")
    settled(page, studio, ["Top story", "1", "The Latest", "3", "2", "4"])
    page.keyboard.press("K")
    settled(page, studio, START)
    page.keyboard.press("K")
    settled(page, studio, ["Top story", "1", "2", "The Latest", "3", "4"])
    page.keyboard.press("D")
    settled(page, studio, ["Top story", "1", "The Latest", "3", "4", "5"])
    page.keyboard.press("u")
    settled(page, studio, ["Top story", "1", "2", "The Latest", "3", "4"])


def test_the_buttons_of_a_row_keep_the_focus(page, studio):
    summary = row(page, 2).locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    down = row(page, 2).get_by_role("button", name="Down")
    down.focus()
    page.keyboard.press("Enter")
    settled(page, studio, ["Top story", "1", "The Latest", "3", "2", "4"])
    expect(row(page, 3).get_by_role("button", name="Down")).to_be_focused()
    page.keyboard.press("Enter")
    settled(page, studio, ["Top story", "1", "The Latest", "3", "4", "2"])
    row(page, 4).locator("select").select_option("lead")
    row(page, 4).get_by_role("button", name="Move", exact=True).click()
    settled(page, studio, ["Top story", "1", "2", "The Latest", "3", "4"])
    row(page, 1).locator("summary").click()
    row(page, 1).locator("input[type=date]").fill("2026-12-11")
    row(page, 1).get_by_role("button", name="Hold over").click()
    settled(page, studio, ["Top story", "2", "The Latest", "3", "4", "5"])
    held = studio.file.with_name("candidates.md").read_text(encoding="utf-8")
    assert "opens its doors again\n<!-- held over: until 2026-12-11 -->" in held


def frame_of(page):
    return page.frame_locator("iframe.rendition").first


def test_words_are_said_anew_and_the_rendition_follows(page, studio):
    before = studio.file.read_text(encoding="utf-8")
    row(page, 1).locator("> a").click()
    page.get_by_label("Headline").fill("A bench reopens in Lyon")
    page.locator("#text").fill("Eleven setters are back.\n\nNobody expected it.")
    page.get_by_label("Link").fill("https://trade.example.com/lyon")
    page.keyboard.press("Control+Enter")
    expect(row(page, 1).locator("> a")).to_have_text("A bench reopens in Lyon")
    expect(frame_of(page).get_by_text("Eleven setters are back.")).to_be_attached()
    after = studio.file.read_text(encoding="utf-8")
    start, end = before.index("### Workshop number 1"), before.index("\n## The Latest")
    assert (
        after
        == before[:start]
        + (
            "### A bench reopens in Lyon\n\nEleven setters are back.\n\nNobody expected it.\n\n"
            "[Trade Wire](https://trade.example.com/lyon)\n"
        )
        + before[end:]
    )
    page.get_by_role("button", name="Undo").click()
    expect(row(page, 1).locator("> a")).to_have_text(re.compile("Workshop number 1 "))
    expect(page.get_by_label("Headline")).to_have_value(re.compile("Workshop number 1 "))
    assert studio.file.read_text(encoding="utf-8") == before


def test_subject_and_preheader_are_said_anew(page, studio):
    before = studio.file.read_text(encoding="utf-8")
    page.locator("#outline .heads a").click()
    page.locator("#subject").fill("Gold: up")
    page.locator("#preheader").fill("And pearls")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#outline .heads")).to_have_text(
        re.compile("Gold: up.*And pearls", re.DOTALL)
    )
    assert studio.file.read_text(encoding="utf-8") == before.replace(
        "subject: Gold holds its floor\npreheader: And a bench reopens",
        'subject: "Gold: up"\npreheader: And pearls',
    )


def test_a_brief_changed_in_another_editor_is_merged_by_hand(page, studio):
    row(page, 2).locator("> a").click()
    page.get_by_label("Headline").fill("Mine")
    outside(studio, "### Workshop number 2 opens its doors again", "### Theirs")
    expect(page.locator(".stale")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Changed meanwhile")).to_be_visible()
    versions = page.locator("#panel .version pre")
    expect(versions.nth(0)).to_contain_text("### Mine")
    assert "### Theirs" in studio.file.read_text(encoding="utf-8")
    block = page.get_by_label("As it should be")
    block.fill(block.input_value().replace("### Mine", "### Mine and theirs"))
    page.get_by_role("button", name="Take this").click()
    settled(page, studio, ["Top story", "1", "The Latest", "Mine and theirs", "3", "4"])


def test_of_two_versions_theirs_may_stay(page, studio):
    row(page, 2).locator("> a").click()
    page.get_by_label("Headline").fill("Mine")
    outside(studio, "### Workshop number 2 opens its doors again\n", "### Theirs\n")
    expect(row(page, 2).locator("> a")).to_have_text("Theirs")
    page.get_by_role("button", name="Save").click()
    theirs = studio.file.read_text(encoding="utf-8")
    page.get_by_role("link", name="Keep theirs").click()
    expect(page.get_by_role("heading", name="Findings")).to_be_visible()
    assert studio.file.read_text(encoding="utf-8") == theirs


def test_a_drop_of_what_has_changed_is_asked_again(page, studio):
    row(page, 2).locator("summary").click()
    page.evaluate("document.getElementById('outline').removeAttribute('hx-trigger')")
    page.route("**/outline", lambda route: route.fulfill(status=204))  # it has not heard of it yet
    outside(studio, "story/2)", "story/222)")
    row(page, 2).get_by_role("button", name="Drop").click()
    expect(page.get_by_role("heading", name="Changed meanwhile")).to_be_visible()
    assert "story/222)" in studio.file.read_text(encoding="utf-8")
    page.get_by_role("button", name="Drop it all the same").click()
    settled(page, studio, ["Top story", "1", "The Latest", "3", "4", "5"])


def test_what_was_typed_is_not_left_by_accident(page, studio):
    row(page, 2).locator("> a").click()
    page.get_by_label("Headline").fill("Mine")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.locator("#panel").get_by_role("link", name="Next").click()
    expect(page.get_by_label("Headline")).to_have_value("Mine")
    assert asked == ["Leave what you typed unsaved?"]


def test_a_mistake_keeps_what_was_typed(page, studio):
    row(page, 2).locator("> a").click()
    page.locator("#text").fill("One\n\n### Two")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="“Two” would begin")).to_be_visible()
    expect(page.locator("#text")).to_have_value("One\n\n### Two")


def test_a_press_release_is_pasted_and_its_claims_lead_to_the_source(page, studio):
    page.locator("#outline").get_by_role("link", name="Paste").click()
    page.get_by_label("Text", exact=True).fill(RELEASE)
    page.get_by_label("a press release, its headline first").check()
    page.get_by_role("button", name="Make candidates").click()
    expect(page.get_by_role("heading", name="What was made of it")).to_be_visible()
    expect(page.locator("#panel .items")).to_have_text(re.compile("Castellan opens a school"))
    link = page.locator("#outline .row > a", has_text="Castellan opens")
    link.click()
    page.locator("#text").fill("A school for 24 setters, and 15 months for each.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".claim.lacks")).to_have_text(re.compile("^15 months|^15"))
    page.locator(".claim.stands", has_text="24").click()
    expect(page.locator(".kept mark:target")).to_have_text(re.compile("24"))
    expect(page.locator(".kept mark:target")).to_be_in_viewport()


def test_a_mail_is_uploaded(page, studio, tmp_path):
    mail = tmp_path / "release.eml"
    mail.write_text(
        "From: press@castellan.example.com\nSubject: Castellan opens a school\n"
        f"Content-Type: text/plain; charset=utf-8\n\n{RELEASE}",
        encoding="utf-8",
    )
    page.locator("#outline").get_by_role("link", name="Paste").click()
    page.locator("#upload").set_input_files(mail)
    expect(page.locator("input[name=content]")).not_to_have_value("")
    page.get_by_role("button", name="Make candidates").click()
    expect(page.locator("#panel .items li")).to_have_text(["Castellan opens a school"])


def test_everything_works_by_forms_where_there_is_no_script(open_page, studio):
    studio.file.with_name("candidates.md").write_text(CANDIDATES, encoding="utf-8")
    page = open_page("/i/2026-11-27/outline", java_script_enabled=False)
    page.locator(".row").nth(1).locator("summary").click()
    page.locator(".row").nth(1).get_by_role("button", name="Down").click()
    assert now(studio)[:6] == ["Top story", "1", "The Latest", "3", "2", "4"]
    page.get_by_role("button", name="Undo").click()
    assert now(studio)[:6] == START
    page.locator(".row > a").first.click()
    page.get_by_label("Headline").fill("Lyon")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Headline")).to_have_value("Lyon")
    outside(studio, "### Lyon", "### Theirs")
    page.get_by_label("Headline").fill("Mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Changed meanwhile")).to_be_visible()
    page.get_by_role("button", name="Take this").click()
    assert now(studio)[:2] == ["Top story", "Mine"]
    page.goto(f"{studio.issue}/candidates")
    page.locator(".offer", has_text="Rhodium").get_by_role("button").click()
    assert now(studio)[2] == "Rhodium climbs again"
    page.goto(f"{studio.issue}/paste")
    page.get_by_label("Text", exact=True).fill(RELEASE)
    page.get_by_label("a press release, its headline first").check()
    page.get_by_role("button", name="Make candidates").click()
    expect(page.locator(".items")).to_have_text(re.compile("Castellan"))


def test_an_edit_without_the_token_or_by_get_changes_nothing(studio):
    before = studio.file.read_bytes()
    paths = ("arrange", "words", "head", "undo", "settle", "paste")
    for path in paths:
        origin = {"Origin": studio.address}
        answer = studio.ask(f"/i/{studio.slug}/{path}", method="POST", headers=origin, data={})
        assert answer.status_code == 403, path
        if path not in ("head", "paste"):
            assert studio.ask(f"/i/{studio.slug}/{path}").status_code in (404, 405), path
    for path in ("outline", "brief/1", "brief/99", "head", "candidates", "paste"):
        assert studio.ask(f"/i/{studio.slug}/{path}").status_code == 200, path
    assert studio.file.read_bytes() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editors_are_accessible(open_page, studio, scheme):
    studio.file.with_name("candidates.md").write_text(CANDIDATES, encoding="utf-8")
    page = open_page(color_scheme=scheme)
    page.wait_for_selector("#panel h2")
    row(page, 2).locator("summary").click()
    row(page, 2).locator("> a").click()
    page.wait_for_selector("#headline")
    for look in (
        lambda: page.get_by_label("Headline").focus(),
        lambda: page.get_by_role("link", name="Candidates").click(),
        lambda: page.locator("#outline").get_by_role("link", name="Paste").click(),
        lambda: page.locator("#outline .heads a").click(),
    ):
        look()
        page.wait_for_timeout(150)
        found = Axe().run(page, context=PARTS).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
