"""A crawler that opens every page, by GET and by HEAD, changes nothing at all."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.routing import Route

from newsletter.domain.token import Purpose
from newsletter.store import schema
from newsletter.store.engine import reading
from newsletter.usecases import signups

OTHERS = {"/events/sendgrid"}
"""Addresses that are no pages."""


@pytest.fixture
def contents(workspace):
    """Every row of every table."""

    def read():
        with reading(workspace.engine) as connection:
            return {
                name: sorted(map(repr, connection.execute(select(table))))
                for name, table in schema.metadata.tables.items()
            }

    return read


@pytest.fixture
def addresses(client, workspace, word, form, clock):
    """Each page's address, as somebody has it who may open it."""
    client.post("/subscribe", data=form())
    keys, now = workspace.keys, clock.now()
    return {
        "/u/{word}": f"/u/{word()}",
        "/r/{word}": f"/r/{keys.sign_at(Purpose.UNDO, 1, now - timedelta(minutes=1))}",
        "/p/{word}": f"/p/{word(purpose=Purpose.PREFERENCES)}",
        "/c/{word}": f"/c/{keys.sign_at(Purpose.CONFIRM, 1, now)}",
        "/proof/{word}": f"/proof/{keys.sign_at(Purpose.PROOF, 1, now)}",
        "/subscribe": "/subscribe",
        "/subscribe/{list}": "/subscribe/weekly",
        "/archive": "/archive?q=gold&page=2",
        "/archive.atom": "/archive.atom",
        "/archive/{issue}": "/archive/2026-11-20",
        "/images/{name}": "/images/a.png",
        "/style.css": "/style.css",
        "/health": "/health",
        "/ready": "/ready",
        "/l/{issue}/{key}": "/l/2026-11-20/0123456789ab",
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_no_page_changes_anything_by_being_opened(client, addresses, contents, method):
    pages = {
        route.path
        for route in client.app.routes
        if isinstance(route, Route) and "GET" in route.methods
    }
    assert pages - OTHERS == set(addresses)
    before = contents()
    for address in addresses.values():
        assert client.request(method, address).status_code in (200, 404), address
    assert contents() == before


def test_following_every_link_from_everywhere_changes_nothing(client, addresses, contents):
    before, seen, waiting = contents(), set(), list(addresses.values())
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        page = client.get(address).text
        waiting += re.findall(r'(?:href|action|src)="(/[^"]*)"', page)
    assert len(seen) > len(addresses)
    assert contents() == before


def test_no_page_loads_anything_from_elsewhere(client, addresses):
    """A89."""
    for address in addresses.values():
        page = client.get(address).text
        for url in re.findall(r'<(?:link rel="stylesheet"|img|script|iframe)[^>]*"(.*?)"', page):
            assert url.startswith("/") or url == "stylesheet", address
        assert "<script" not in page


@pytest.mark.parametrize("path", ["/subscribe", "/subscribe/{list}"])
def test_forms_without_a_secret_link_carry_a_word(client, addresses, workspace, path):
    page = client.get(addresses[path]).text
    found = re.search(r'name="form" value="([^"]+)"', page)[1]
    kind, _ = workspace.keys.opened(Purpose.FORM, found)
    assert kind == signups.PAGE
