"""Past issues: only what has begun to leave to a public list, without a reader in it."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select

from newsletter.store import archive, schema
from newsletter.store.engine import reading, writing
from newsletter.usecases import planning, rendering, sending

SLUG = "2026-11-20"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def sent(workspace, client, clock):
    """Send the sample issue, now or at an hour, and give its campaign."""

    def send(*, at=None, list_key=None):
        rendering.approve(workspace, SLUG, by="Ada")
        plan = planning.plan_send(workspace, SLUG, list_key=list_key, segment=None)
        campaign = sending.freeze(workspace, plan, at=at, by="Ada")
        return campaign if at else sending.dispatch(workspace, campaign)

    return send


@pytest.fixture
def shelved(workspace, client, clock):
    """Put an issue into the archive of which a mail has left, unless told otherwise."""
    numbers = iter(range(100, 1000))

    def put(issue, *, list_key="weekly", state="done", left=True, title="", text="", day=None):
        number, now = next(numbers), clock.now()
        envelope = {"sender": {"email": "d@example.com", "name": ""}, "reply_to": None}
        with writing(workspace.engine) as connection:
            connection.execute(
                schema.campaign.insert().values(
                    id=number, issue=issue, list_key=list_key, segment="", occurrence=str(number),
                    state=state, envelope=envelope | {"list_id": "", "base_url": ""}, digest="",
                    candidates=1, frozen_at=now,
                )
            )  # fmt: skip
            connection.execute(
                schema.batch.insert().values(
                    id=number, campaign_id=number, sequence=0, version="all", state="submitted"
                )
            )
            if left:
                connection.execute(
                    schema.attempt.insert().values(
                        id=f"{number:032}", batch_id=number, recipients=1, created_at=now
                    )
                )
            entry = archive.Entry(issue, title or issue, "", day or now.date(), "en", now)
            archive.keep(connection, entry, html=f"<p>{issue}</p>", text=text or title)

    return put


def test_a_sent_issue_is_there_for_anybody(client, sent, workspace):
    assert "The first issue is yet to come" in client.get("/archive").text
    sent()
    index = client.get("/archive").text
    assert "Gold holds its floor" in index
    assert "November 20, 2026" in index
    page = client.get(f"/archive/{SLUG}")
    assert page.status_code == 200
    assert "Gold holds its floor" in page.text or "Lyon" in page.text


def test_its_page_holds_no_reader_and_no_token(client, sent, workspace):
    campaign = sent()
    page = client.get(f"/archive/{SLUG}").text
    with reading(workspace.engine) as connection:
        tokens = connection.execute(
            select(schema.rendition.c.tokens).where(schema.rendition.c.campaign_id == campaign.id)
        ).scalar_one()
    assert tokens
    assert not [token for token, *_ in tokens if token in page]
    for personal in ("/u/", "/p/", "reader1", "{{"):
        assert personal not in page


def test_an_issue_that_waits_for_its_hour_is_not_there_yet(client, sent, clock, workspace):
    hour = clock.now() + timedelta(hours=2)
    campaign = sent(at=hour)
    for _ in range(2):
        assert client.get(f"/archive/{SLUG}").status_code == 404
        assert SLUG not in client.get("/archive").text
        assert SLUG not in client.get("/archive.atom").text
        clock.advance(7300)
    sending.dispatch(workspace, campaign)
    assert client.get(f"/archive/{SLUG}").status_code == 200


@pytest.mark.parametrize(
    "how",
    [{"list_key": "staff"}, {"list_key": "gone"}, {"state": "cancelled"}, {"left": False}],
    ids=str,
)
def test_what_is_not_public_is_not_there(client, shelved, how):
    shelved("2026-01-02", title="Secret", **how)
    assert client.get("/archive/2026-01-02").status_code == 404
    for page in ("/archive", "/archive?q=secret", "/archive.atom"):
        assert "2026-01-02" not in client.get(page).text


def test_an_issue_of_a_public_and_a_private_list_is_there_once(client, shelved):
    shelved("2026-01-02", list_key="staff")
    shelved("2026-01-02")
    shelved("2026-01-02", list_key="gems")
    assert client.get("/archive").text.count('href="/archive/2026-01-02"') == 1


@pytest.mark.parametrize(
    "slug", ["nothing", "..", "%2e%2e%2f", "a" * 100, "2026-11-20'--", "%00", "é"]
)
def test_any_other_name_is_no_page(client, shelved, slug):
    answer = client.get(f"/archive/{slug}")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_the_index_has_pages(client, shelved):
    for number in range(1, 46):
        shelved(f"issue-{number:02}")
    first, second, third = (client.get(f"/archive?page={number}").text for number in (1, 2, 3))
    assert [page.count("<h2") for page in (first, second, third)] == [20, 20, 5]
    assert "Newer issues" not in first
    assert 'href="/archive?page=2"' in first
    assert 'href="/archive"' in second
    assert "Older issues" not in third
    assert "issue-45" in first
    assert client.get("/archive?page=zero").text == first


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("opal", {"a"}),
        ("OPAL écrin", {"a"}),
        ("ecrin", {"a"}),
        ("opal ruby", set()),
        ("100%", {"b"}),
        ("10_%", set()),
        ("' or 1=1 --", set()),
        ("   ", {"a", "b"}),
        ("x" * 1000, set()),
    ],
)
def test_a_search_finds_issues_with_every_word(client, shelved, search, found):
    shelved("a", title="Opals", text="An Opal in its ÉCRIN")
    shelved("b", title="Rubies", text="ruby, 100% natural")
    page = client.get("/archive", params={"q": search}).text
    assert {issue for issue in "ab" if f'href="/archive/{issue}"' in page} == found
    assert ("No issue holds these words" in page) is not found or found


def test_what_is_searched_for_is_text_and_not_html(client):
    page = client.get("/archive", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_feed_lists_the_newest_issues(client, shelved, clock):
    shelved("2026-01-02", title="Gold & <stones>")
    answer = client.get("/archive.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ET.fromstring(answer.content)
    assert feed.findtext(f"{ATOM}title") == "The Loupe"
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Gold & <stones>"
    assert entry.findtext(f"{ATOM}id") == "https://news.loupe.example.com/archive/2026-01-02"
    assert entry.findtext(f"{ATOM}updated") == "2026-11-27T09:00:00Z"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-27T09:00:00Z"


def test_an_empty_feed_is_a_feed(client):
    feed = ET.fromstring(client.get("/archive.atom").content)
    assert feed.findall(f"{ATOM}entry") == []
    assert feed.findtext(f"{ATOM}updated")


def test_public_pages_may_be_kept_and_found(client, shelved):
    shelved("2026-01-02")
    for path in ("/archive", "/archive/2026-01-02"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "public, max-age=300"
        assert "x-robots-tag" not in headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
