"""DKIM signatures (RFC 6376) for mail that no provider signs on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dkim

from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletter.config import Dkim

SIGNED = (
    "from",
    "reply-to",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
"""RFC 8058 (section 4) asks that a signature covers the last two."""


def signer(settings: Dkim, key: bytes) -> Callable[[bytes], bytes]:
    """What puts a signature before a mail; ConfigError where `key` is no private key in PEM."""
    headers = [name.encode() for name in SIGNED]

    def sign(mail: bytes) -> bytes:
        signature: bytes = dkim.sign(
            mail,
            settings.selector.encode(),
            settings.domain.encode(),
            key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=headers,
        )
        return signature + mail

    try:
        sign(b"From: desk@example.com\r\n\r\n")
    except (dkim.DKIMException, ValueError) as error:
        raise ConfigError(
            f"sending.smtp.dkim.key_file {settings.key_file} is no RSA private key in PEM "
            f"({type(error).__name__}); make one with `openssl genrsa -out dkim.pem 2048`"
        ) from None
    return sign
