"""Secrets: only from the environment, never from a file that is shared."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from pydantic import SecretStr

from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_KEY = "NEWSLETTER_SECRET_KEY"  # noqa: S105 - the name of the variable, not its value
OLD_SECRET_KEYS = "NEWSLETTER_SECRET_KEYS_OLD"  # noqa: S105 - the same
SENDGRID_KEY = "SENDGRID_API_KEY"
SMTP_PASSWORD = "NEWSLETTER_SMTP_PASSWORD"  # noqa: S105 - the name of the variable, not its value
WEBHOOK_KEY = "SENDGRID_WEBHOOK_PUBLIC_KEY"
NOTICES_KEY = "NEWSLETTER_NOTICES_KEY"

SHORTEST_SECRET = 16
"""Characters of a workspace secret; `openssl rand -hex 32` makes 64."""


def secret_key(environment: Mapping[str, str] = os.environ) -> bytes:
    """The workspace secret; ConfigError when it is unset or short."""
    secret = environment.get(SECRET_KEY, "")
    if len(secret) < SHORTEST_SECRET:
        raise ConfigError(
            f"the environment has no {SECRET_KEY} of at least {SHORTEST_SECRET} characters; make "
            "one with `openssl rand -hex 32`, keep it safe, and export it: links and tokens depend "
            "on it"
        )
    return secret.encode()


def old_secret_keys(environment: Mapping[str, str] = os.environ) -> tuple[bytes, ...]:
    """Former workspace secrets whose links still open, commas or line breaks between them.

    ConfigError for a short one. Spaces around each do not count.
    """
    secrets = re.split(r"[,\n]", environment.get(OLD_SECRET_KEYS, ""))
    named = tuple(secret.strip() for secret in secrets if secret.strip())
    if any(len(secret) < SHORTEST_SECRET for secret in named):
        raise ConfigError(
            f"{OLD_SECRET_KEYS} holds a key of fewer than {SHORTEST_SECRET} characters; separate "
            f"whole former values of {SECRET_KEY} by commas or line breaks"
        )
    return tuple(secret.encode() for secret in dict.fromkeys(named))


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


def notices_key(environment: Mapping[str, str] = os.environ) -> bytes:
    """What signs the notices that are posted to `notices.webhook`; ConfigError as `secret_key`."""
    key = environment.get(NOTICES_KEY, "")
    if len(key) < SHORTEST_SECRET:
        raise ConfigError(
            f"notices.webhook is set, but the environment has no {NOTICES_KEY} of at least "
            f"{SHORTEST_SECRET} characters; make one with `openssl rand -hex 32`, export it, and "
            "give it to whoever receives the notices"
        )
    return key.encode()
