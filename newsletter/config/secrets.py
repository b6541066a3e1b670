"""Secrets: only from the environment, never from a file that is shared."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import SecretStr

from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_KEY = "NEWSLETTER_SECRET_KEY"  # noqa: S105 - the name of the variable, not its value
SENDGRID_KEY = "SENDGRID_API_KEY"
SMTP_PASSWORD = "NEWSLETTER_SMTP_PASSWORD"  # noqa: S105 - the name of the variable, not its value
WEBHOOK_KEY = "SENDGRID_WEBHOOK_PUBLIC_KEY"


def secret_key(environment: Mapping[str, str] = os.environ) -> bytes:
    """The workspace secret; ConfigError when it is unset or short."""
    secret = environment.get(SECRET_KEY, "")
    if len(secret) < 16:
        raise ConfigError(
            f"the environment has no {SECRET_KEY} of at least 16 characters; make one with "
            f"`openssl rand -hex 32`, keep it safe, and export it: links and tokens depend on it"
        )
    return secret.encode()


def sendgrid_key(environment: Mapping[str, str] = os.environ) -> SecretStr:
    """The SendGrid API key; ConfigError when it is unset."""
    if not environment.get(SENDGRID_KEY):
        raise ConfigError(
            f"sending.provider is sendgrid, but the environment has no {SENDGRID_KEY}; export it, "
            "or set sending.provider to outbox to write .eml files instead"
        )
    return SecretStr(environment[SENDGRID_KEY])


def smtp_password(environment: Mapping[str, str] = os.environ) -> SecretStr:
    """The password of `sending.smtp.user`; ConfigError when it is unset."""
    if not environment.get(SMTP_PASSWORD):
        raise ConfigError(
            f"sending.smtp.user is set, but the environment has no {SMTP_PASSWORD}; export it, "
            "or leave the user out where the mail server asks for none"
        )
    return SecretStr(environment[SMTP_PASSWORD])
