"""SendGrid's lists of suppressed addresses, asked over HTTP of the stand-in."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from newsletter.errors import Busy, Rejected
from newsletter.providers.sendgrid.client import SendGridProvider
from newsletter.providers.sendgrid.suppressions import PAGE, Kind, Listed
from newsletter.providers.simulator.faults import parse_fault
from newsletter.providers.simulator.server import Simulator

ODD = "o'brien+news/x@example.com"  # as far as an address may go


@pytest.fixture
def simulator(tmp_path, clock, randomness):
    with Simulator(tmp_path / "simulator", clock=clock, randomness=randomness) as running:
        yield running


@pytest.fixture
def lists(simulator, clock):
    provider = SendGridProvider(SecretStr("SG.test"), host=simulator.url, clock=clock)
    yield provider
    provider.close()


def read(lists, kind, *, since=0, until=2**32 - 1, offset=0):
    return lists.listed(kind, since=since, until=until, offset=offset)


@pytest.mark.parametrize("kind", Kind)
def test_a_list_is_read_with_its_moments(lists, simulator, kind):
    simulator.service.suppressions.add(kind, "ada@example.com", at=1_700_000_000)
    assert read(lists, kind) == (
        (Listed("ada@example.com", datetime.fromtimestamp(1_700_000_000, UTC)),),
        False,
    )
    assert [read(lists, other).people for other in Kind if other is not kind] == [()] * 4


def test_it_is_read_in_pages_each_address_once(lists, simulator):
    everybody = [f"r{number:04}@example.com" for number in range(2 * PAGE + 3)]
    simulator.service.suppressions.add(Kind.BOUNCES, *everybody, at=5)
    pages = [read(lists, Kind.BOUNCES, offset=offset) for offset in (0, PAGE, 2 * PAGE)]
    assert [page.more for page in pages] == [True, True, False]
    assert [one.address for page in pages for one in page.people] == everybody


def test_only_what_was_listed_in_a_time_is_read_its_ends_included(lists, simulator):
    for at in (9, 10, 20, 21):
        simulator.service.suppressions.add(Kind.BLOCKS, f"at{at}@example.com", at=at)
    found = read(lists, Kind.BLOCKS, since=10, until=20)
    assert [one.address for one in found.people] == ["at10@example.com", "at20@example.com"]


def test_addresses_are_put_on_the_list_of_unsubscribes_and_taken_off(lists, simulator):
    for _ in range(2):  # both are repeatable
        lists.unsubscribe_globally(["ada@example.com", ODD])
    assert simulator.service.suppressions.addresses(Kind.UNSUBSCRIBES) == ("ada@example.com", ODD)
    for _ in range(2):
        lists.resubscribe_globally(ODD)
    assert simulator.service.suppressions.addresses(Kind.UNSUBSCRIBES) == ("ada@example.com",)


def test_an_address_is_taken_off_every_list(lists, simulator):
    for kind in Kind:
        simulator.service.suppressions.add(kind, ODD, "ada@example.com")
    lists.forget(ODD)
    left = [simulator.service.suppressions.addresses(kind) for kind in Kind]
    assert left == [("ada@example.com",)] * len(Kind)


def test_no_log_names_an_address_not_even_to_debug(lists, caplog):
    caplog.set_level(logging.DEBUG)
    lists.forget("ada@example.com")
    lists.rejoin_group(7, "ada@example.com")
    lists.unsubscribe_globally(["ada@example.com"])
    read(lists, Kind.UNSUBSCRIBES)
    assert "suppression/bounces" in caplog.text  # they do log
    assert "ada" not in caplog.text


def test_who_left_a_group_is_told_of_that_group_alone(lists, simulator):
    simulator.service.suppressions.leave_group(7, "ada@example.com", ODD, at=5)
    simulator.service.suppressions.leave_group(8, "bob@example.com", at=5)
    assert [one.address for one in lists.left_group(7)] == ["ada@example.com", ODD]
    for _ in range(2):
        lists.rejoin_group(7, ODD)
    assert simulator.service.suppressions.group(7) == ("ada@example.com",)


@pytest.mark.parametrize(
    "ask",
    [
        lambda lists: read(lists, Kind.BOUNCES),
        lambda lists: lists.left_group(7),
        lambda lists: lists.unsubscribe_globally(["ada@example.com"]),
        lambda lists: lists.resubscribe_globally("ada@example.com"),
        lambda lists: lists.forget("ada@example.com"),
    ],
)
def test_too_many_requests_and_failures_are_worth_another_try(lists, simulator, ask):
    simulator.faults.add(parse_fault("lists-429:1:40"), parse_fault("lists-500"))
    with pytest.raises(Busy) as told:
        ask(lists)
    assert told.value.retry_after == 40
    with pytest.raises(Busy):
        ask(lists)
    ask(lists)


def test_a_key_that_may_not_ask_is_refused(simulator, clock):
    provider = SendGridProvider(SecretStr("none"), host=simulator.url, clock=clock)
    with pytest.raises(Rejected, match="SENDGRID_API_KEY"):
        provider.listed(Kind.BOUNCES, since=0, until=1, offset=0)
    provider.close()


def test_an_answer_that_is_no_list_never_passes_for_an_empty_one(lists, simulator, monkeypatch):
    page = b"<!doctype html><title>Welcome to the hotel</title>"
    monkeypatch.setattr(simulator.service.suppressions, "answer", lambda *_: (200, page))
    with pytest.raises(Busy, match="not a list"):
        read(lists, Kind.BOUNCES)
    with pytest.raises(Busy, match="not a list"):
        lists.left_group(7)


def test_entries_that_are_none_are_left_out_and_counted_for_the_page(lists, simulator, monkeypatch):
    entries = [{"email": "ada@example.com", "created": 5}, {"email": 7, "created": 5}, "odd"]
    entries += [{"email": "bob@example.com", "created": at} for at in ("5", None, -1, 2**40)]
    entries += [{"email": "x@example.com"}] * (PAGE - 6)
    monkeypatch.setattr(simulator.service.suppressions, "answer", lambda *_: (200, entries))
    page = read(lists, Kind.BOUNCES)
    assert [one.address for one in page.people] == ["ada@example.com"]
    assert page.more


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "suppression/bounces?limit=501", b"", 400),
        ("GET", "suppression/bounces?limit=0", b"", 400),
        ("GET", "suppression/bounces?offset=x", b"", 400),
        ("GET", "suppression/nonsense", b"", 404),
        ("DELETE", "suppression/bounces", b"{}", 400),
        ("DELETE", "suppression/bounces", b'{"emails": ["nobody@example.com"]}', 204),
        ("DELETE", "asm/groups/7/suppressions/nobody%40example.com", b"", 404),
        ("POST", "asm/suppressions/global", b"{}", 400),
        ("POST", "asm/suppressions/global", b"[", 400),
        ("POST", "asm/suppressions/global", b'{"recipient_emails": [1]}', 400),
    ],
)
def test_the_stand_in_refuses_what_the_service_does(simulator, method, path, content, status):
    place, _, query = path.partition("?")
    reply = simulator.service.answer(method, f"/v3/{place}", "Bearer SG.x", content, query=query)
    assert reply.status == status
