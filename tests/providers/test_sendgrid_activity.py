"""The Email Activity: an acceptance found is proof, silence is none, and it is asked sparingly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr

from newsletter.errors import Busy, Rejected, Uncertain
from newsletter.ports import Lookup
from newsletter.providers.sendgrid.activity import SendGridWithActivity
from newsletter.providers.sendgrid.transport import Timeouts
from newsletter.providers.simulator.activity import PER_MINUTE
from newsletter.providers.simulator.faults import Fault, FaultKind


@pytest.fixture
def account(clock):
    made = []

    def make(host, key="SG.test"):
        timeouts = Timeouts(connect=2.0, read=2.0)
        made.append(SendGridWithActivity(SecretStr(key), host=host, clock=clock, timeouts=timeouts))
        return made[-1]

    yield make
    for provider in made:
        provider.close()


def test_only_an_account_with_activity_can_be_asked(account, simulator, sendgrid):
    assert isinstance(account(simulator.url), Lookup)
    assert not isinstance(sendgrid, Lookup)


def test_request_whose_answer_was_lost_is_found(account, simulator, make_mailing, clock):
    provider = account(simulator.url)
    simulator.faults.add(Fault(FaultKind.RESET_AFTER))
    with pytest.raises(Uncertain):
        provider.submit(make_mailing(3, attempt="a" * 32))
    assert provider.took("a" * 32, since=clock.now()) is True


def test_request_that_never_arrived_is_not_known_which_proves_nothing(
    account, simulator, make_mailing, clock
):
    provider = account(simulator.url)
    provider.submit(make_mailing(3, attempt="a" * 32))
    simulator.faults.add(Fault(FaultKind.RESET_BEFORE))
    with pytest.raises(Uncertain):
        provider.submit(make_mailing(3, attempt="b" * 32))
    assert provider.took("b" * 32, since=clock.now()) is None


def test_more_questions_than_allowed_are_busy_until_a_minute_is_over(account, simulator, clock):
    provider = account(simulator.url)
    for _ in range(PER_MINUTE):
        provider.took("a" * 32, since=clock.now())
    with pytest.raises(Busy):
        provider.took("a" * 32, since=clock.now())
    clock.advance(61)
    assert provider.took("a" * 32, since=clock.now()) is None


def test_what_it_has_forgotten_is_not_asked_for(account, clock):
    provider = account("http://127.0.0.1:9")
    assert provider.took("a" * 32, since=clock.now() - timedelta(days=31)) is None


def test_nobody_there_is_busy(account, clock):
    with pytest.raises(Busy, match="not reached"):
        account("http://127.0.0.1:9").took("a" * 32, since=clock.now())


def test_key_without_the_right_is_refused(account, simulator, clock):
    with pytest.raises(Rejected, match="SENDGRID_API_KEY"):
        account(simulator.url, key="no-key-of-sendgrid").took("a" * 32, since=clock.now())


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"messages": 3}', b"\xff", b""])
def test_odd_answer_proves_nothing(account, answering, clock, body):
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    provider = account(answering(head + body))
    assert provider.took("a" * 32, since=clock.now()) is None
