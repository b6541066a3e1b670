"""SendGrid as an EmailProvider: one request per mailing, through the official client.

SendGrid has no idempotency key, so which of the three outcomes an answer means is decided here,
once, and on the side of caution: what may have been accepted is Uncertain.
"""

from __future__ import annotations

import functools
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import sendgrid
from python_http_client.exceptions import HTTPError

from newsletter.config import SENDGRID_KEY
from newsletter.domain.mailing import Receipt
from newsletter.errors import Busy, ConfigError, Refusal, Rejected, Uncertain
from newsletter.providers.sendgrid import payload
from newsletter.providers.sendgrid.answers import refusal
from newsletter.providers.sendgrid.scheduled import ScheduledSends
from newsletter.providers.sendgrid.suppressions import SuppressionLists
from newsletter.providers.sendgrid.told_time import ToldTime
from newsletter.providers.sendgrid.transport import (
    JSON,
    NETWORK_ERRORS,
    Body,
    PooledClient,
    Timeouts,
    connection_pool,
)

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import SecretStr

    from newsletter.config import SendGrid
    from newsletter.domain.mailing import Mailing
    from newsletter.ports import Clock


class SendGridProvider(ScheduledSends, SuppressionLists, ToldTime):
    """Submits mailings to the SendGrid account of `key`; safe to share among threads.

    `host` is config.SendGrid.host; plain http is allowed for this machine only. `options` are what
    the account asks for in each request. `connections` is how many requests may run at once. Raises
    ConfigError for a host or key that cannot be used.
    """

    name = "sendgrid"
    largest_batch = payload.LARGEST_BATCH

    def __init__(
        self,
        key: SecretStr,
        *,
        host: str,
        clock: Clock,
        options: SendGrid | None = None,
        timeouts: Timeouts | None = None,
        connections: int = 8,
    ) -> None:
        timeouts = timeouts or Timeouts()
        self._where = _checked_host(host)
        self._clock = clock
        self._sandbox = options is not None and options.sandbox
        self._envelope = functools.lru_cache(maxsize=16)(
            functools.partial(payload.envelope, options=options)
        )
        self._pool = connection_pool(connections)
        self._api = sendgrid.SendGridAPIClient(_checked_key(key), host=host)
        headers = dict(self._api.client.request_headers)
        self._api.client = PooledClient(
            host,
            private={"Authorization": headers.pop("Authorization")},
            headers=headers,
            pool=self._pool,
            timeouts=timeouts,
        )

    def submit(self, mailing: Mailing) -> Receipt:
        """Hand one mailing over; see ports.EmailProvider."""
        shared = self._envelope(mailing.message, tracking=mailing.tracking)
        content = payload.encoded(mailing, shared)
        body = Body(content, self._clock)
        try:
            answer = self._api.client.mail.send.post(
                request_body=body, request_headers={"Content-Type": JSON}
            )
        except HTTPError as error:
            raise refusal(
                error.status_code,
                error.headers,
                error.body,
                recipients=len(mailing.recipients),
                now=self._clock.now(),
            ) from None
        except NETWORK_ERRORS as error:
            raise self._unreached(error, begun=body.begun_at is not None) from error
        if self._sandbox and answer.status_code == 200:
            raise _only_looked_at()
        return _receipt(answer.status_code, answer.headers.get("X-Message-Id"), body.begun_at)

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.clear()

    def _unreached(self, error: Exception, *, begun: bool) -> Busy | Uncertain:
        """Nothing of the body was written: not accepted. One byte was: nobody can tell."""
        kind = type(error).__name__
        if begun:
            return Uncertain(
                f"the connection to {self._where} broke before its answer was complete ({kind}); "
                "its batch stays unknown until an event proves it"
            )
        return Busy(
            f"no connection to {self._where} ({kind}); check the network and sending.sendgrid.host"
        )


def _only_looked_at() -> Rejected:
    """The sandbox answers 200 to a request it found right, and sends nothing of it.

    https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sandbox-mode
    """
    return Rejected(
        "SendGrid found nothing wrong with the request and sent nothing, as sending.sendgrid."
        "sandbox asks; take the sandbox out of config.yaml to send",
        refusal=Refusal.ACCOUNT,
        status=200,
    )


def _receipt(status: int, reference: str | None, begun_at: datetime | None) -> Receipt:
    """Only a complete 202 with SendGrid's own id is an acceptance; proxies answer 200 and more."""
    if status != 202 or not reference:
        raise Uncertain(
            f"the answer {status} is not one that SendGrid gives to a mailing; "
            "look for a proxy in between; the batch stays unknown until an event proves it",
            status=status,
        )
    return Receipt(reference=reference, status=status, begun_at=begun_at)


def _checked_host(host: str) -> str:
    parts = urlsplit(host)
    name = parts.hostname or ""
    if parts.scheme != "https" and not _this_machine(name):
        raise ConfigError(
            "sending.sendgrid.host should begin with https://, or the key would travel in the open"
        )
    return name


def _this_machine(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _checked_key(key: SecretStr) -> str:
    secret = key.get_secret_value()
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ConfigError(
            f"the environment's {SENDGRID_KEY} holds a space, a line break or an odd character; "
            "export the key alone"
        )
    return secret
