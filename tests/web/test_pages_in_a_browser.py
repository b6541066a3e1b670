"""Every page in a real browser without JavaScript: usable, readable, on a phone, in every light."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe

from newsletter.app import SystemClock
from newsletter.domain.token import Purpose
from newsletter.store.engine import reading
from newsletter.store.preferences import find
from newsletter.usecases import confirmations, embedding, planning, rendering, sending, signups
from newsletter.web.public import public_app

HEBREW = """
unsubscribe_title: "לעזוב את {publication}?"
unsubscribe_button: הסרה מהרשימה
"""


@contextmanager
def serving(application):
    config = uvicorn.Config(
        application, port=0, log_config=None, access_log=False, proxy_headers=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def site(workspace, mailed):
    """The sample on a port and the machine's clock; the form may be filled in at once."""
    mailed(workspace.engine, 1)
    words = workspace.root / "templates" / "pages" / "words" / "he.yaml"
    words.write_text(HEBREW, encoding="utf-8")
    quick = workspace.settings.signup.model_copy(update={"least_seconds": 0.0})
    settings = workspace.settings.model_copy(update={"signup": quick})
    opened = replace(workspace, settings=settings, clock=SystemClock())
    with serving(public_app(opened, webhook_key=None)) as port:
        yield opened, f"http://127.0.0.1:{port}"
    opened.close()


@pytest.fixture
def paths(site):
    """The address of every page, and one issue in the archive."""
    workspace, _ = site
    rendering.approve(workspace, "2026-11-20", by="Ada")
    plan = planning.plan_send(workspace, "2026-11-20", list_key=None, segment=None)
    sending.dispatch(workspace, sending.freeze(workspace, plan, at=None, by="Ada"))
    word = signups.form_word(workspace, signups.EMBEDDED)
    form = signups.Form("new@example.com", ("weekly", "gems"), "en", "yes", word)
    signups.ask(workspace, form, network=None)
    keys, now = workspace.keys, workspace.clock.now()
    return {
        "unsubscribe": f"/u/{keys.sign(Purpose.UNSUBSCRIBE, 1, 0)}",
        "undo": f"/r/{keys.sign_at(Purpose.UNDO, 1, now)}",
        "preferences": f"/p/{keys.sign(Purpose.PREFERENCES, 1, 0)}",
        "confirm": f"/c/{keys.sign_at(Purpose.CONFIRM, 1, now)}",
        "subscribe": "/subscribe",
        "one list": "/subscribe/gems",
        "archive": "/archive",
        "missing": "/nothing",
        "incomplete": "/u/x",
    }


@pytest.fixture
def opened(browser):
    """A page of a browser that runs no JavaScript, unless told otherwise."""
    contexts = []

    def open_(**how):
        contexts.append(browser.new_context(**{"java_script_enabled": False} | how))
        return contexts[-1].new_page()

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_phone(site, paths, opened, scheme):
    """WCAG 2.2 AA as far as axe-core sees it, at 320 px, with nothing loaded from elsewhere."""
    page = opened(
        java_script_enabled=True, viewport={"width": 320, "height": 640}, color_scheme=scheme
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name, path in paths.items():
        page.goto(site[1] + path)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    assert {url.removeprefix(site[1])[:1] for url in asked} == {"/"}


def test_a_page_from_right_to_left(site, paths, opened):
    page = opened(java_script_enabled=True, locale="he", viewport={"width": 414, "height": 700})
    page.goto(site[1] + paths["unsubscribe"])
    assert page.locator("html").get_attribute("dir") == "rtl"
    title, card = (page.locator(part).bounding_box() for part in ("button", "main"))
    assert title["x"] + title["width"] > card["x"] + card["width"] / 2
    assert Axe().run(page).response["violations"] == []


def chosen(workspace):
    with reading(workspace.engine) as connection:
        return find(connection, 1)[1]


def test_leaving_and_coming_back(site, paths, opened):
    workspace, base = site
    page = opened()
    page.goto(base + paths["unsubscribe"])
    page.get_by_label("Would you tell us why?").select_option("You write too often")
    page.get_by_role("button", name="Unsubscribe").click()
    assert page.get_by_role("heading").inner_text() == "You are unsubscribed"
    assert chosen(workspace).lists == frozenset()
    page.get_by_role("button", name="I did not mean to").click()
    assert page.get_by_role("heading").inner_text() == "You are back"
    assert chosen(workspace).lists == {"weekly"}


def test_choosing(site, paths, opened):
    workspace, base = site
    page = opened()
    page.goto(base + paths["preferences"])
    page.get_by_label("The Loupe Gems").check()
    page.get_by_label("The Loupe Weekly").uncheck()
    page.get_by_label("Your name").fill("Ada Byron")
    page.get_by_label("Shops you run").fill("4")
    page.get_by_label("How often may a list write to you?").select_option("Once a week at most")
    page.get_by_label("You may note which mails").check()
    page.get_by_label("Language of these pages").select_option("Deutsch")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text() == "Gespeichert."
    now = chosen(workspace)
    assert (now.lists, now.name, now.tracking) == ({"gems"}, "Ada Byron", True)
    assert (now.frequency, now.language, now.attributes["doors"]) == ("weekly", "de", 4)
    assert page.get_by_label("Ihr Name").input_value() == "Ada Byron"


def test_signing_up_from_the_form_to_the_welcome(site, opened):
    workspace, base = site
    page = opened()
    page.goto(f"{base}/subscribe")
    assert not page.get_by_text("Leave this field empty").is_visible()
    page.get_by_label("The Loupe Weekly").check()
    page.get_by_label("Your e-mail address").fill("new@example.com")
    page.get_by_role("button", name="Subscribe").click()
    assert page.get_by_role("heading").inner_text() == "Please look into your mailbox"
    page.goto(base + confirmation(workspace))
    page.get_by_role("button", name="Confirm").click()
    assert page.get_by_role("heading").inner_text() == "Welcome"


def test_a_mistake_in_the_form_is_told_beside_what_was_typed(site, opened):
    page = opened()
    page.goto(f"{site[1]}/subscribe")
    page.get_by_label("Your e-mail address").fill("ada@example")  # fine to HTML, and not to us
    page.get_by_label("The Loupe Weekly").check()
    page.get_by_role("button", name="Subscribe").click()
    assert "name@example.com" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Your e-mail address").input_value() == "ada@example"
    assert page.get_by_label("The Loupe Weekly").is_checked()


def test_signing_up_from_another_site(site, opened, tmp_path):
    workspace, base = site
    snippet = embedding.snippet(workspace, "gems")
    snippet = snippet.replace(workspace.settings.web.base_url, base)
    other = tmp_path / "other.html"
    other.write_text(f"<!DOCTYPE html><title>Shop</title>{snippet}", encoding="utf-8")
    page = opened()
    page.goto(other.as_uri())
    page.get_by_label("Your e-mail address").fill("new@example.com")
    page.get_by_role("button", name="Subscribe").click()
    assert page.get_by_role("heading").inner_text() == "Please look into your mailbox"
    assert confirmation(workspace).startswith("/c/")


def test_the_confirmation_mail_is_accessible(site, paths, opened):
    workspace, _ = site
    page = opened(java_script_enabled=True)
    page.set_content(newest(workspace).get_body(("html",)).get_content())
    assert Axe().run(page).response["violations"] == []


def test_finding_an_issue_in_the_archive(site, paths, opened):
    page = opened()
    page.goto(f"{site[1]}/archive")
    page.get_by_label("Search the issues").fill("LYON")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Gold holds its floor").click()
    assert page.url == f"{site[1]}/archive/2026-11-20"
    assert "Lyon" in page.locator("body").inner_text()


def newest(workspace):
    """The confirmation mail that was mailed last."""
    confirmations.mail_confirmations(workspace)
    folder = Path(workspace.state, "outbox", confirmations.LABEL)
    path = max(folder.rglob("*.eml"), key=lambda one: one.stat().st_mtime_ns)
    return message_from_bytes(path.read_bytes(), policy=default)


def confirmation(workspace):
    """The link in it, as a path."""
    link = newest(workspace)["List-Unsubscribe"].strip("<>")
    return link.removeprefix(workspace.settings.web.base_url)
