"""The preference page: every list with a box, and nothing changes by opening it."""

from datetime import datetime

import pytest
from sqlalchemy import select, update

from newsletter.domain.token import Purpose
from newsletter.store import schema
from newsletter.store.engine import reading, writing


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


@pytest.fixture
def person(workspace):
    """The first reader, as they are now."""

    def row():
        query = select(schema.subscriber).where(schema.subscriber.c.id == 1)
        with reading(workspace.engine) as connection:
            return connection.execute(query).one()

    return row


def save(client, link, *keys, **fields):
    return client.post(link, data={"save": "preferences", "list": list(keys)} | fields)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_page_changes_nothing(client, link, lists, method):
    before = lists()
    assert client.request(method, link).status_code == 200
    assert lists() == before


def test_the_page_shows_every_list_as_it_stands(client, link, workspace):
    page = client.get(link).text
    assert "Staff" not in page
    for key, rule in workspace.settings.lists.items():
        if not rule.public:
            continue
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


def test_what_changes_writes_its_links_of_consent_and_what_does_not_writes_none(
    client, link, chain
):
    save(client, link, "weekly", tracking="yes")
    assert chain() == []
    save(client, link, "gems")
    save(client, link, "gems")
    save(client, link, "gems", tracking="yes")
    assert chain("source", "network") == [
        ("gems", "joined", "preferences page", "testclient"),
        ("weekly", "left", "preferences page", "testclient"),
        ("", "tracking taken", "preferences page", "testclient"),
        ("", "tracking given", "preferences page", "testclient"),
    ]


def test_everything_else_there_is_to_choose(client, link, person, workspace):
    answer = save(
        client,
        link,
        "weekly",
        name="  Ada\tByron ",
        language="de",
        frequency="monthly",
        tracking="yes",
        paused_until="2026-12-24",
        about_role="designer",
        about_doors="2.5",
        about_since="1999-05-01",
        about_press="true",
        about_score="7",
    )
    assert "Gespeichert." in answer.text
    known = person()
    assert (known.name, known.language, known.frequency) == ("Ada Byron", "de", "monthly")
    assert known.tracking is True
    assert known.paused_until.astimezone(workspace.settings.publication.zone) == datetime(
        2026, 12, 24, tzinfo=workspace.settings.publication.zone
    )
    assert known.attributes == {
        "role": "designer",
        "doors": 2.5,
        "since": "1999-05-01",
        "press": True,
    }
    page = client.get(link).text
    for shown in ("Ada Byron", "2026-12-24", "2.5", "1999-05-01", 'value="monthly" selected'):
        assert shown in page


def test_a_language_these_pages_do_not_speak_stays_until_another_is_chosen(
    client, link, person, workspace
):
    with writing(workspace.engine) as connection:
        connection.execute(update(schema.subscriber).values(language="pt-BR"))
    assert (
        '<option value="" lang="pt-BR" selected>português (Brasil)</option>'
        in client.get(link).text
    )
    save(client, link, "weekly", language="")
    assert person().language == "pt-BR"
    save(client, link, "weekly", language="fr")
    assert person().language == "fr"
    assert "português" not in client.get(link).text


def test_an_empty_answer_takes_back_what_was_known(client, link, person):
    save(client, link, "weekly", about_role="designer", about_press="true")
    save(client, link, "weekly", about_role="")
    assert person().attributes == {"press": False}


@pytest.mark.parametrize(
    "answer", [{"about_doors": "many"}, {"about_since": "May"}, {"about_role": "king"},
               {"about_doors": "nan"}, {"about_doors": "1e15"}],
)  # fmt: skip
def test_an_answer_that_cannot_be_saves_nothing(client, link, lists, person, answer):
    page = save(client, link, "gems", name="Ada", **answer)
    assert page.status_code == 422
    assert "Nothing was saved" in page.text
    assert all(typed in page.text for typed in ('value="Ada"', 'value="gems" checked'))
    assert (set(lists()), person().name, person().attributes) == ({"weekly"}, "", {})


@pytest.mark.parametrize(
    ("day", "kept"),
    [("", None), ("soon", None), ("2026-11-27", None), ("2020-01-01", None), ("2099-01-01", 2027)],
)
def test_a_pause_ends_within_a_year(client, link, person, day, kept):
    save(client, link, "weekly", paused_until=day)
    until = person().paused_until
    assert (until and until.year) == kept


def test_who_is_on_a_private_list_may_leave_it_and_not_come_back(client, link, lists, workspace):
    with writing(workspace.engine) as connection:
        connection.execute(
            schema.subscription.insert().values(
                subscriber_id=1,
                list_key="staff",
                status="subscribed",
                consent_source="test",
                subscribed_at=workspace.clock.now(),
            )
        )
    assert "Staff" in client.get(link).text
    save(client, link, "weekly")
    assert set(lists()) == {"weekly"}
    save(client, link, "weekly", "staff")
    assert set(lists()) == {"weekly"}


def test_lists_nobody_offers_cannot_be_joined(client, link, lists):
    save(client, link, "weekly", "secret-list")
    assert set(lists()) == {"weekly"}


@pytest.mark.parametrize(
    "body", ["", "list=gems", "save=other&list=gems", "save=lists&list=gems", "x" * 20_000]
)
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
