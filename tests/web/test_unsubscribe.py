"""The unsubscribe page and RFC 8058's one click (A75, A77 to A80)."""

from __future__ import annotations

import base64
import re
import sqlite3
from dataclasses import replace

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient

from newsletter.errors import ConfigError, StoreError
from newsletter.store import engine as store_engine
from newsletter.store import schema
from newsletter.store.engine import writing
from newsletter.usecases import privacy
from newsletter.web.public import public_app

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = (
    '--b0\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b0--\r\n'
)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_a_link_changes_nothing(client, word, gone, method):
    for _ in range(3):
        assert client.request(method, f"/u/{word()}").status_code == 200
    assert gone() == {}


def test_a_post_that_is_cut_off_is_no_error_and_changes_nothing(client, word, gone):
    """A telephone loses its network, or somebody plays: neither fills the log with tracebacks."""
    told = []

    async def post():
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/u/{word()}",
            "headers": [],
            "query_string": b"",
            "client": ("192.0.2.1", 5),
            "server": ("here", 80),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
        }
        parts = iter([
            {"type": "http.request", "body": ONE_CLICK.encode(), "more_body": True},
            {"type": "http.disconnect"},
        ])  # fmt: skip

        async def receive():
            return next(parts)

        async def send(message):
            told.append(message)

        await client.app(scope, receive, send)

    with start_blocking_portal() as portal:  # a browser may run a loop in ours
        portal.call(post)
    assert told[0]["status"] == 400
    assert gone() == {}


def test_the_page_has_one_button_that_posts_to_itself(client, word):
    page = client.get(f"/u/{word()}").text
    assert page.count("<form") == page.count("<button") == 1
    assert '<form method="post">' in page
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in page


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param(FORM, ONE_CLICK, id="form"),
        pytest.param({"Content-Type": "multipart/form-data; boundary=b0"}, MULTIPART, id="parts"),
        pytest.param({"Content-Type": "multipart/form-data"}, MULTIPART, id="no boundary"),
        pytest.param({"Content-Type": "text/plain"}, ONE_CLICK, id="wrong content type"),
        pytest.param({}, ONE_CLICK, id="no content type"),
        pytest.param(FORM, f"a=b&{ONE_CLICK}", id="a field beside it"),
    ],
)
def test_one_click_unsubscribes_without_cookie_or_redirect(
    client, word, gone, clock, headers, body
):
    answer = client.post(f"/u/{word()}", headers=headers, content=body)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert "You are unsubscribed" in answer.text
    assert gone() == {1: clock.now()}


def test_leaving_is_a_link_of_the_chain_with_the_mail_and_the_reason(client, word, chain):
    fields = {"List-Unsubscribe": "One-Click", "reason": "too_often"}
    client.post(f"/u/{word(delivery=1)}", data=fields)
    client.post(f"/u/{word(subscription=2)}", data=fields | {"reason": "<b>"})
    assert chain("source", "delivery_id", "reason", "network") == [
        ("weekly", "left", "unsubscribe link", 1, "too often", "testclient"),
        ("weekly", "left", "unsubscribe link", None, None, "testclient"),
    ]


def test_the_pages_name_the_list_that_is_left(client, word):
    shown = client.get(f"/u/{word()}"), client.post(f"/u/{word()}", headers=FORM, content=ONE_CLICK)
    assert all("The Loupe Weekly" in page.text for page in shown)


@pytest.fixture
def undo(client, word):
    """The address of the button that takes an unsubscribe back."""
    page = client.post(f"/u/{word()}", headers=FORM, content=ONE_CLICK).text
    return re.search(r'action="(/r/[^"]+)"', page)[1]


def test_a_slip_of_the_finger_is_undone(client, undo, gone, chain):
    assert gone().keys() == {1}
    for _ in range(2):
        assert "You are back" in client.post(undo, data={"undo": "yes"}).text
    assert gone() == {}
    assert chain() == [("weekly", "left"), ("weekly", "returned")]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_opening_the_address_of_the_button_undoes_nothing(client, undo, gone, method):
    assert client.request(method, undo).status_code == 200
    assert gone().keys() == {1}


def test_nobody_erased_is_told_to_be_back(client, undo, workspace):
    privacy.erase(workspace, "reader1@example.com", by="Bea")
    answer = client.post(undo, data={"undo": "yes"})
    assert (answer.status_code, "You are back" in answer.text) == (404, False)


def test_the_button_expires_and_is_no_other_link(client, undo, word, gone, clock):
    other = client.post(f"/r/{word()}", data={"undo": "yes"})
    clock.advance(86401)
    late = client.post(undo, data={"undo": "yes"})
    for answer in (other, late):
        assert answer.status_code == 404
        assert "This button has expired" in answer.text
    assert gone().keys() == {1}


def test_the_page_speaks_the_readers_language_before_the_browsers(client, word, workspace):
    with writing(workspace.engine) as connection:
        row = schema.subscriber.c.id == 2
        connection.execute(schema.subscriber.update().where(row).values(language="fr-CA"))
    browser = {"Accept-Language": "nl, de-AT;q=0.8, en;q=0.5"}
    for reader, language in ((1, "de"), (2, "fr")):
        page = client.get(f"/u/{word(subscription=reader)}", headers=browser).text
        assert f'<html lang="{language}" dir="ltr">' in page


def test_twice_is_once(client, word, gone, clock):
    first = clock.now()
    for _ in range(2):
        assert client.post(f"/u/{word()}", headers=FORM, content=ONE_CLICK).status_code == 200
        clock.advance(60)
    assert gone() == {1: first}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "List-Unsubscribe=one-click",
        "List-Unsubscribe=One-Click&List-Unsubscribe=No",
        "list=One-Click",
        '{"List-Unsubscribe": "One-Click"}',
        MULTIPART.replace("One-Click", "Later"),
        MULTIPART.replace("List-Unsubscribe", "List"),
        b"\xff\xfe\x00",
        "x" * 20_000 + "&" + ONE_CLICK,
    ],
    ids=range(9),
)
def test_any_other_body_shows_the_page(client, word, gone, body):
    answer = client.post(f"/u/{word()}", headers=FORM, content=body)
    assert answer.status_code == 200
    assert "One click and we stop writing" in answer.text
    assert gone() == {}


def bent(word):
    """The same word with one bit of its mark turned over."""
    raw = bytearray(base64.urlsafe_b64decode(word))
    raw[-1] ^= 1
    return base64.urlsafe_b64encode(raw).decode()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(bent, id="one bit"),
        pytest.param(lambda word: word[:-1], id="cut"),
        pytest.param(lambda word: word + "=", id="a longer spelling"),
        pytest.param(lambda word: word + "%0A", id="a line break"),
        pytest.param(lambda word: word[:-1] + "!", id="a letter outside"),
        pytest.param(lambda word: word[:-1] + "%C3%A9", id="not ASCII"),
        pytest.param(lambda _: "A" * 10_000, id="10 kB"),
        pytest.param(lambda _: "%00", id="nothing"),
    ],
)
def test_a_link_that_is_not_ours_gets_a_page_that_says_little(client, word, gone, spoil):
    path = f"/u/{spoil(word())}"
    for answer in (client.get(path), client.post(path, headers=FORM, content=ONE_CLICK)):
        assert answer.status_code == 404
        assert "This link is not complete" in answer.text
    assert gone() == {}


def test_a_word_made_for_another_purpose_opens_nothing(client, word, gone):
    answer = client.post(f"/u/{word(purpose='preferences')}", headers=FORM, content=ONE_CLICK)
    assert (answer.status_code, gone()) == (404, {})


def test_one_readers_word_ends_nobody_elses_subscription(client, word, gone):
    client.post(f"/u/{word(subscription=2)}", headers=FORM, content=ONE_CLICK)
    assert gone().keys() == {2}


def test_a_word_of_a_subscription_that_is_gone_is_done(client, word, gone):
    answer = client.post(f"/u/{word(subscription=99)}", headers=FORM, content=ONE_CLICK)
    assert (answer.status_code, gone()) == (200, {})


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_keeps_its_word_to_itself(client, word, method):
    answer = getattr(client, method)(f"/u/{word()}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-robots-tag"] == "noindex"
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "http" not in answer.text


def test_the_name_of_the_publication_is_text_and_not_html(workspace, word):
    publication = workspace.settings.publication.model_copy(
        update={"name": '<script>alert("&")</script>'}
    )
    named = replace(
        workspace, settings=workspace.settings.model_copy(update={"publication": publication})
    )
    with TestClient(public_app(named, webhook_key=None)) as client:
        page = client.get(f"/u/{word()}").text
    named.close()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(&#34;&amp;&#34;)" in page


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("GET", "/", 404), ("GET", "/u/", 404), ("GET", "/u/a/b", 404),
     ("DELETE", "/u/a", 405), ("GET", "/events/sendgrid", 405)],
)  # fmt: skip
def test_there_is_nothing_else(client, method, path, status):
    assert client.request(method, path).status_code == status


def test_a_missing_secret_stops_the_start(workspace):
    with pytest.raises(ConfigError, match="NEWSLETTER_SECRET_KEY"):
        public_app(replace(workspace, environment={}), webhook_key=None)


def test_a_database_that_is_none_stops_the_start(workspace, sample):
    (sample / ".newsletter" / "newsletter.db").write_text("a letter", encoding="utf-8")
    with pytest.raises(StoreError, match="is not a database of this program"):
        public_app(workspace, webhook_key=None)


def test_while_the_database_is_locked_callers_are_asked_to_come_again(
    open_workspace, sample, word, gone, monkeypatch, caplog
):
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0.05)
    application = public_app(open_workspace(), webhook_key=None)
    other = sqlite3.connect(sample / ".newsletter" / "newsletter.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with TestClient(application) as client:
        answer = client.post(f"/u/{word()}", headers=FORM, content=ONE_CLICK)
        other.close()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
        assert "is in use by another program" in caplog.text
        assert word() not in caplog.text
        assert client.post(f"/u/{word()}", headers=FORM, content=ONE_CLICK).status_code == 200
