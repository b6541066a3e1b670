"""The provider over real sockets: outcomes agree with the ledger, connections are kept."""

from __future__ import annotations

import logging
import socket
import threading

import pytest
import sendgrid as official

from newsletter.config import SendGrid
from newsletter.errors import Busy, ConfigError, Refusal, Rejected, Uncertain
from newsletter.providers.sendgrid.transport import PooledClient, Timeouts, connection_pool
from newsletter.providers.simulator import parse_fault
from newsletter.providers.simulator.faults import Concern, FaultKind

WHOLE = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m1\r\nContent-Length: 0\r\n\r\n"


OUTCOMES = {
    "429:1": (Busy, 0),
    "429-reset:1:30": (Busy, 0),
    "500-before": (Uncertain, 0),
    "503-before": (Uncertain, 0),
    "500-after": (Uncertain, 1),
    "503-after": (Uncertain, 1),
    "hang-before": (Uncertain, 0),
    "hang-after": (Uncertain, 1),
    "reset-before": (Uncertain, 0),
    "reset-after": (Uncertain, 1),
    "truncated-after": (Uncertain, 1),
    "401": (Rejected, 0),
    "413": (Rejected, 0),
    "bad-address:1:2": (Rejected, 0),
    "captive": (Uncertain, 0),
}
PATIENCE = {"hang-before": 0.2, "hang-after": 2.0}
"""Seconds; the second has to be accepted before they have passed."""


@pytest.mark.parametrize("fault", OUTCOMES)
def test_every_fault_is_told_as_what_it_is(simulator, connect, make_mailing, fault):
    outcome, accepted = OUTCOMES[fault]
    provider = connect(simulator.url, read=PATIENCE.get(fault, 30.0))
    simulator.faults.add(parse_fault(fault))
    with pytest.raises(outcome) as caught:
        provider.submit(make_mailing())
    assert len(simulator.ledger.acceptances()) == accepted
    assert "@" not in str(caught.value)
    assert "SG." not in str(caught.value)


def test_no_kind_of_fault_is_untested():
    assert {parse_fault(fault).kind for fault in OUTCOMES} == {
        kind for kind in FaultKind if kind.concern is Concern.MAIL
    }


def test_fault_passes_and_the_next_try_is_accepted(simulator, sendgrid, make_mailing):
    simulator.faults.add(parse_fault("429:2"))
    for _ in range(2):
        with pytest.raises(Busy) as caught:
            sendgrid.submit(make_mailing())
        assert caught.value.retry_after is None
    assert sendgrid.submit(make_mailing()).status == 202


def test_reset_of_the_rate_limit_becomes_a_wait(simulator, sendgrid, make_mailing):
    simulator.faults.add(parse_fault("429-reset:1:30"))
    with pytest.raises(Busy) as caught:
        sendgrid.submit(make_mailing())
    assert caught.value.retry_after == 30


def test_refused_recipient_is_named_and_the_rest_pass(simulator, sendgrid, make_mailing):
    mailing = make_mailing(5)
    simulator.faults.add(parse_fault("bad-address:1:3"))
    with pytest.raises(Rejected) as caught:
        sendgrid.submit(mailing)
    assert caught.value.refusal is Refusal.RECIPIENTS
    assert caught.value.positions == (3,)


def test_address_that_sendgrid_refuses_is_named(sendgrid, make_mailing, make_recipient):
    people = [make_recipient(0), make_recipient(1, address="no-at-sign"), make_recipient(2)]
    with pytest.raises(Rejected) as caught:
        sendgrid.submit(make_mailing(recipients=people))
    assert caught.value.positions == (1,)


@pytest.mark.parametrize("length", range(1, len(WHOLE)))
def test_answer_cut_off_anywhere_is_uncertain(answering, connect, make_mailing, length):
    with pytest.raises(Uncertain):
        connect(answering(WHOLE[:length])).submit(make_mailing())


def test_whole_answer_is_a_receipt(answering, connect, make_mailing):
    receipt = connect(answering(WHOLE)).submit(make_mailing())
    assert (receipt.reference, receipt.status) == ("m1", 202)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Message-Id: m1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 202 Accepted\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m1\r\nContent-Length: 9\r\n\r\nhi",
        b"HTTP/1.1 204 No Content\r\nX-Message-Id: m1\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 407 Proxy\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_odd_answers_are_uncertain(answering, connect, make_mailing, answer):
    with pytest.raises(Uncertain):
        connect(answering(answer)).submit(make_mailing())


def test_refused_connection_is_busy(connect, make_mailing):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Busy, match=r"127\.0\.0\.1"):
        connect(f"http://127.0.0.1:{port}").submit(make_mailing())


def test_failed_tls_handshake_is_busy(answering, connect, make_mailing):
    host = answering(b"HTTP/1.1 400 no TLS here\r\n\r\n", read=False)
    with pytest.raises(Busy):
        connect(host.replace("http://", "https://")).submit(make_mailing())


def test_no_free_connection_is_busy(simulator, clock, make_mailing, connect):
    simulator.faults.add(parse_fault("hang-before:1:4"))
    provider = connect(simulator.url, connections=1)
    provider._api.client._timeouts = Timeouts(connect=1.0, read=30.0)
    outcomes = []

    def submit():
        try:
            provider.submit(make_mailing())
        except (Busy, Uncertain) as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [Busy, Uncertain]


def test_largest_batch_passes_whole(simulator, sendgrid, make_mailing):
    sendgrid.submit(make_mailing(sendgrid.largest_batch))
    (acceptance,) = simulator.ledger.acceptances()
    assert len(set(acceptance.people)) == 1000


def test_one_connection_carries_many_mailings(simulator, sendgrid, make_mailing):
    for number in range(5):
        sendgrid.submit(make_mailing(attempt=f"{number:032}"))
    assert simulator.connections == 1
    assert len(simulator.ledger.acceptances()) == 5


def test_threads_share_the_provider(simulator, sendgrid, make_mailing):
    def submit(number):
        sendgrid.submit(make_mailing(20, attempt=f"{number:032}"))

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.attempt for one in simulator.ledger.acceptances()}) == 12
    assert simulator.connections <= 8


def test_headers_of_one_call_stay_with_that_call():
    client = PooledClient(
        "http://127.0.0.1:1",
        headers={"Accept": "application/json"},
        private={"Authorization": "Bearer SG.x"},
        pool=connection_pool(1),
        timeouts=Timeouts(),
    )
    child = client.mail.send
    child._update_headers({"X-Once": "1"})
    assert "X-Once" not in client.request_headers
    assert "X-Once" not in client.mail.send.request_headers
    assert client.mail.send._build_url(None) == "http://127.0.0.1:1/v3/mail/send"


def test_official_client_stays_the_api(sendgrid):
    assert isinstance(sendgrid._api, official.SendGridAPIClient)
    assert sendgrid._api.client.mail.batch.post().to_dict["batch_id"]
    answer = sendgrid._api.client.user.scheduled_sends.get(query_params={"limit": 5})
    assert answer.to_dict == []


def test_debug_log_holds_neither_key_nor_address(sendgrid, make_mailing, caplog):
    caplog.set_level(logging.DEBUG)
    sendgrid.submit(make_mailing())
    assert "POST Request" in caplog.text
    assert "SG.test-key" not in caplog.text
    assert "example.org" not in caplog.text


@pytest.mark.parametrize("host", ["http://api.example.com", "http://127.evil.example", "ftp://x"])
def test_key_never_travels_in_the_open(connect, host):
    with pytest.raises(ConfigError, match="https"):
        connect(host)


@pytest.mark.parametrize("key", ["SG.a\n", "SG.a b", "SG.ü"])
def test_odd_key_is_refused_without_being_told(connect, key):
    with pytest.raises(ConfigError, match="SENDGRID_API_KEY") as caught:
        connect("https://api.example.com", key=key)
    assert key not in str(caught.value)


def test_unknown_key_is_refused_as_the_accounts(simulator, connect, make_mailing):
    with pytest.raises(Rejected) as caught:
        connect(simulator.url, key="wrong").submit(make_mailing())
    assert caught.value.refusal is Refusal.ACCOUNT


def test_sandbox_is_looked_at_and_never_called_accepted(simulator, connect, make_mailing):
    provider = connect(simulator.url, options=SendGrid(sandbox=True))
    with pytest.raises(Rejected, match="nothing wrong") as caught:
        provider.submit(make_mailing(2))
    assert caught.value.refusal is Refusal.ACCOUNT
    assert simulator.ledger.acceptances() == ()


def test_acceptance_in_spite_of_the_sandbox_is_an_acceptance(answering, connect, make_mailing):
    answer = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m1\r\nContent-Length: 0\r\n\r\n"
    provider = connect(answering(answer), options=SendGrid(sandbox=True))
    assert provider.submit(make_mailing(1)).reference == "m1"
