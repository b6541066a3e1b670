"""The accounts mail leaves by: SendGrid's, and a mail server's. Secrets are in the environment."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import EmailStr, Field, StringConstraints, model_validator

from newsletter.config.values import Line, Strict, WebAddress

OWN_CATEGORIES = 2
"""Of SendGrid's ten categories a mail, so many are set by us: `newsletter` and the campaign."""

HostName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:-]{0,252}$")]
Category = Annotated[Line, StringConstraints(min_length=1, max_length=255, pattern=r"^[ -~]+$")]
DomainName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$")]
GroupId = Annotated[int, Field(ge=1)]


class Asm(Strict):
    """One of SendGrid's unsubscribe groups, and those a reader is shown beside it."""

    group_id: GroupId
    groups_to_display: Annotated[tuple[GroupId, ...], Field(max_length=25)] = ()


class SendGrid(Strict):
    """The SendGrid account; the key itself is in the environment (SENDGRID_API_KEY).

    Limits: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
    """

    host: WebAddress = "https://api.sendgrid.com"
    categories: Annotated[tuple[Category, ...], Field(max_length=10 - OWN_CATEGORIES)] = ()
    ip_pool_name: Annotated[Line, StringConstraints(min_length=2, max_length=64)] | None = None
    asm: Asm | None = None
    sandbox: bool = False
    activity: bool = False

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if len(set(self.categories)) < len(self.categories):
            raise ValueError("names a category twice")
        if self.activity and ".eu." in self.host:
            raise ValueError("activity has no data for the European region; leave it out")
        return self


class Security(StrEnum):
    """How the connection to a mail server is kept from others' eyes."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


_USUAL_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


class Dkim(Strict):
    """A signature for each mail (RFC 6376): `key_file` is a PEM file, from the workspace."""

    selector: DomainName
    domain: DomainName
    key_file: Path


class Smtp(Strict):
    """A mail server; the password of `user` is in the environment (NEWSLETTER_SMTP_PASSWORD)."""

    host: HostName
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Security = Security.STARTTLS
    user: Line = ""
    bounces_to: EmailStr | None = None
    dkim: Dkim | None = None

    @model_validator(mode="after")
    def _never_in_the_open(self) -> Self:
        if self.security is Security.NONE and not _this_machine(self.host):
            raise ValueError(
                "security: none is for a mail server on this machine; use starttls or tls"
            )
        return self

    @property
    def number(self) -> int:
        """The port, the usual one where none is named."""
        return self.port or _USUAL_PORTS[self.security]


def _this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
