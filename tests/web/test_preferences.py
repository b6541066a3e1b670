"""The preference page: every list with a box, and nothing changes by opening it."""

import pytest
from sqlalchemy import select

from newsletter.domain.token import Purpose
from newsletter.store import schema
from newsletter.store.engine import reading


@pytest.fixture
def link(word):
    return f"/p/{word(purpose=Purpose.PREFERENCES)}"


@pytest.fixture
def lists(workspace):
    """The lists the first reader is on, and how they came there."""

    def now():
        entry = schema.subscription
        query = select(entry.c.list_key, entry.c.consent_source).where(
            entry.c.subscriber_id == 1, entry.c.status == "subscribed"
        )
        with reading(workspace.engine) as connection:
            return dict(tuple(row) for row in connection.execute(query))

    return now


def save(client, link, *keys):
    return client.post(link, data={"save": "lists", "list": list(keys)})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_page_changes_nothing(client, link, lists, method):
    before = lists()
    assert client.request(method, link).status_code == 200
    assert lists() == before


def test_the_page_shows_every_list_as_it_stands(client, link, workspace):
    page = client.get(link).text
    for key, rule in workspace.settings.lists.items():
        ticked = " checked" if key == "weekly" else ""
        assert f'value="{key}"{ticked}>' in page
        assert rule.title in page
        assert rule.description in page


def test_what_is_ticked_is_what_the_reader_gets(client, link, lists):
    answer = save(client, link, "gems", "watches")
    assert answer.status_code == 200
    assert "Saved." in answer.text
    assert lists() == {"gems": "preferences page", "watches": "preferences page"}


def test_who_unticked_everything_and_comes_back_has_consented_anew(client, link, lists):
    save(client, link)
    assert lists() == {}
    save(client, link, "weekly")
    assert lists() == {"weekly": "preferences page"}


def test_saving_what_was_so_before_keeps_the_old_consent(client, link, lists):
    before = lists()
    save(client, link, "weekly")
    assert lists() == before


def test_lists_nobody_offers_cannot_be_joined(client, link, lists):
    save(client, link, "weekly", "secret-list")
    assert set(lists()) == {"weekly"}


@pytest.mark.parametrize("body", ["", "list=gems", "save=other&list=gems", "x" * 20_000])
def test_a_body_that_is_not_the_form_changes_nothing(client, link, lists, body):
    before = lists()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post(link, content=body, headers=form).status_code == 200
    assert lists() == before


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, "other"])
def test_a_word_for_another_purpose_opens_nothing(client, word, purpose):
    link = f"/p/{word(purpose=purpose)}"
    assert client.get(link).status_code == 404
    assert save(client, link, "gems").status_code == 404


def test_a_word_of_nobody_opens_nothing(client, word):
    assert (
        client.get(f"/p/{word(subscription=999, purpose=Purpose.PREFERENCES)}").status_code == 404
    )


def test_the_page_tells_nobody_where_it_was_opened(client, link):
    headers = client.get(link).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
