"""Where a request came from (A84), and which languages its browser prefers."""

from __future__ import annotations

import logging

import pytest
from starlette.requests import Request

from newsletter.domain.signup import neighbourhood
from newsletter.errors import ConfigError
from newsletter.web.visitor import gatehouse, preferred_languages


def request(peer="192.0.2.7", **headers):
    sent = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "client": (peer, 1), "headers": sent})


@pytest.mark.parametrize(
    ("trusted", "peer", "said", "found"),
    [
        ((), "192.0.2.7", "203.0.113.9", "192.0.2.7"),
        (("127.0.0.1",), "192.0.2.7", "203.0.113.9", "192.0.2.7"),
        (("127.0.0.1",), "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        (("127.0.0.1",), "127.0.0.1", "8.8.8.8, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1", "10.0.0.0/8"), "127.0.0.1", "8.8.8.8, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        (("::1",), "::1", "2001:db8::1", "2001:db8::1"),
        (("127.0.0.1",), "127.0.0.1", "", "127.0.0.1"),
        (("127.0.0.1",), "127.0.0.1", "127.0.0.1", "127.0.0.1"),
        (("127.0.0.1",), "127.0.0.1", "203.0.113.9:41234", "203.0.113.9"),
        (("127.0.0.1",), "127.0.0.1", "[2001:db8::1]:41234", "2001:db8::1"),
        (("127.0.0.1",), "127.0.0.1", "fe80::1%" + "x" * 99, "fe80::1"),
        (("127.0.0.1",), "127.0.0.1", "unknown", "127.0.0.1"),
        (("127.0.0.1",), "127.0.0.1", "203.0.113.9, " + "x" * 999, "127.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(trusted, peer, said, found):
    headers = {"x_forwarded_for": said} if said else {}
    assert gatehouse(trusted).network(request(peer, **headers)) == found


def test_a_proxy_nobody_named_is_told_once(caplog):
    caplog.set_level(logging.WARNING)
    gate = gatehouse(())
    for _ in range(3):
        gate.network(request("127.0.0.1", x_forwarded_for="203.0.113.9"))
    assert caplog.text.count("signup.forwarded_by does not name") == 1
    assert "203.0.113.9" not in caplog.text


def test_a_proxy_that_is_no_address_stops_the_start():
    with pytest.raises(ConfigError, match="has “proxy”, which is no network address"):
        gatehouse(("proxy",))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("", []),
        ("de-AT,de;q=0.9,en;q=0.8", ["de-AT", "de", "en"]),
        ("en;q=0.1, fr;q=0.9", ["fr", "en"]),
        ("*, es;q=x, fr;q=0", []),
        ("a" * 600, ["a" * 500]),
    ],
)
def test_the_browsers_languages_in_order(said, wanted):
    assert preferred_languages(request(accept_language=said)) == wanted


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", ""),
    ],
)
def test_what_shares_an_allowance(address, network):
    assert neighbourhood(address) == network
