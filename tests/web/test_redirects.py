"""Links through our own redirect: the database says where they lead; following changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from starlette.testclient import TestClient

from newsletter.domain.rendition import PlacedLink, Rendition
from newsletter.store import redirects, schema
from newsletter.store.engine import reading, writing
from newsletter.store.schema import metadata
from newsletter.web.public import public_app

KEY = "0123456789ab"
TARGET = "https://maison.example.org/aubrac?utm_source=loupe"


@pytest.fixture
def keep(workspace):
    """Keep a link of the issue under KEY, as a freeze does."""

    def put(target=TARGET, key=KEY):
        link = PlacedLink(f"https://news.example.com/l/2026-11-20/{key}", target=target)
        rendition = Rendition("all", "", "", "", "", (), links=(link,))
        with writing(workspace.engine) as connection:
            redirects.keep(connection, "2026-11-20", [rendition])

    return put


@pytest.fixture
def client(workspace):
    application = public_app(workspace, webhook_key=None)
    with TestClient(application, follow_redirects=False) as opened:
        yield opened


def everything(workspace):
    with reading(workspace.engine) as connection:
        return {
            name: connection.execute(select(table)).all() for name, table in metadata.tables.items()
        }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_link_leads_to_its_page_and_changes_nothing(workspace, client, keep, method):
    keep()
    before = everything(workspace)
    answer = client.request(method, f"/l/2026-11-20/{KEY}")
    assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    assert everything(workspace) == before


@pytest.mark.parametrize(
    "path",
    [
        "/l/2026-11-20/ffffffffffff",
        "/l/2026-11-27/" + KEY,
        "/l/2026-11-20/https:%2F%2Fevil.example.com",
        f"/l/2026-11-20/{KEY}0",
        f"/l/2026-11-20/{KEY.upper()}",
        "/l/..%2F/" + KEY,
        "/l/2026-11-20/",
    ],
)
def test_any_other_address_leads_nowhere(client, keep, path):
    keep()
    answer = client.get(path)
    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_nothing_in_the_request_says_where_it_leads(client, keep):
    keep()
    asked = f"/l/2026-11-20/{KEY}?url=https://evil.example.com&next=//evil.example.com"
    answer = client.get(asked, headers={"Host": "evil.example.com", "X-Forwarded-Host": "evil"})
    assert answer.headers["location"] == TARGET


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "//evil.example.com", "data:text/html,x"]
)
def test_what_is_no_web_address_is_not_redirected_to(workspace, client, target):
    row = {"issue": "2026-11-20", "key": KEY, "brief": "", "target": target}
    with writing(workspace.engine) as connection:
        connection.execute(insert(schema.redirect).values(row))
    assert client.get(f"/l/2026-11-20/{KEY}").status_code == 404


def test_nothing_can_be_posted_to_a_link(client, keep):
    keep()
    assert client.post(f"/l/2026-11-20/{KEY}").status_code == 405


def test_a_link_that_is_kept_again_stays_as_it_was_corrected(workspace, client, keep):
    keep()
    with writing(workspace.engine) as connection:
        redirects.lead(connection, "2026-11-20", KEY, "https://maison.example.org/right")
    keep()
    answer = client.get(f"/l/2026-11-20/{KEY}")
    assert answer.headers["location"] == "https://maison.example.org/right"


@pytest.mark.parametrize(
    "target",
    [
        "https://maison.example.org/a\r\nSet-Cookie: stolen=1",
        "https://maison.example.org/a\nLocation: https://evil.example.com",
        "https://maison.example.org/a\x00b",
    ],
)
def test_no_header_comes_out_of_an_address(workspace, client, target):
    row = {"issue": "2026-11-20", "key": KEY, "brief": "", "target": target}
    with writing(workspace.engine) as connection:
        connection.execute(insert(schema.redirect).values(row))
    answer = client.get(f"/l/2026-11-20/{KEY}")
    assert "set-cookie" not in answer.headers
    assert len(answer.headers.get_list("location")) <= 1
    assert not any(char in answer.headers.get("location", "") for char in "\r\n\0")


def test_a_key_tells_nothing_of_other_issues_and_guessing_it_tells_nothing(client, keep):
    keep()
    wrong = {
        client.get(f"/l/{issue}/{key}").text
        for issue, key in (("2026-11-20", "0" * 12), ("2026-11-27", KEY), ("nowhere", KEY))
    }
    assert len(wrong) == 1
