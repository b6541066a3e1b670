"""The accounts mail leaves by: what cannot work is refused when the settings are read."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from newsletter import config
from newsletter.config import Asm, SendGrid, Sending, Smtp
from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.errors import ConfigError


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_port_is_the_usual_one(security, port):
    assert Smtp(host="localhost", security=security).number == port


def test_port_may_be_another():
    assert Smtp(host="mail.example.com", port=2525).number == 2525


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_plain_connection_stays_on_this_machine(host):
    assert Smtp(host=host, security="none").host == host


@pytest.mark.parametrize("host", ["mail.example.com", "10.0.0.1", "localhost.example.com"])
def test_plain_connection_to_another_machine_is_refused(host):
    with pytest.raises(ValidationError, match="use starttls or tls"):
        Smtp(host=host, security="none")


@pytest.mark.parametrize("host", ["", "mail example.com", "mail.example.com\n", "-x", "a/b"])
def test_host_that_is_none_is_refused(host):
    with pytest.raises(ValidationError):
        Smtp(host=host)


def test_smtp_needs_its_server():
    with pytest.raises(ValidationError, match="no mail server"):
        Sending(provider="smtp")


@pytest.mark.parametrize(
    ("written", "noted"),
    [
        ([], UNTRACKED),
        (["opens"], Tracking.OPENS),
        (["clicks", "opens"], Tracking.OPENS | Tracking.CLICKS),
        (["clicks", "clicks"], Tracking.CLICKS),
    ],
)
def test_tracking_says_what_is_noted(written, noted):
    assert Sending(provider="sendgrid", tracking=written).noted == noted


def test_nothing_is_noted_unless_asked_for():
    assert Sending().noted == UNTRACKED


@pytest.mark.parametrize("account", [{}, {"provider": "smtp", "smtp": {"host": "localhost"}}])
def test_who_cannot_track_says_so(account):
    with pytest.raises(ValidationError, match="tracking needs provider: sendgrid; a mail server"):
        Sending(tracking=["opens"], **account)


@pytest.mark.parametrize("written", ["opens", ["reads"], False])
def test_tracking_that_is_none_is_refused(written):
    with pytest.raises(ValidationError):
        Sending(provider="sendgrid", tracking=written)


@pytest.mark.parametrize(
    "options",
    [
        {"categories": ["a"] * 2},
        {"categories": [f"c{number}" for number in range(9)]},
        {"categories": ["ü"]},
        {"categories": ["x" * 256]},
        {"ip_pool_name": "p"},
        {"ip_pool_name": "p" * 65},
        {"asm": {"group_id": 0}},
        {"asm": {"group_id": 1, "groups_to_display": list(range(1, 27))}},
        {"asm": {"groups_to_display": [1]}},
        {"host": "https://api.eu.sendgrid.com", "activity": True},
    ],
)
def test_option_sendgrid_would_refuse_is_refused_here(options):
    with pytest.raises(ValidationError):
        SendGrid(**options)


def test_most_that_sendgrid_takes_is_taken():
    options = SendGrid(
        categories=[f"c{number}" for number in range(8)],
        ip_pool_name="p" * 64,
        asm={"group_id": 1, "groups_to_display": list(range(1, 26))},
    )
    assert options.asm == Asm(group_id=1, groups_to_display=tuple(range(1, 26)))


def test_password_comes_from_the_environment_alone():
    password = config.smtp_password({"NEWSLETTER_SMTP_PASSWORD": "right"})
    assert password.get_secret_value() == "right"
    assert "right" not in repr(password)
    with pytest.raises(ConfigError, match="NEWSLETTER_SMTP_PASSWORD"):
        config.smtp_password({})
