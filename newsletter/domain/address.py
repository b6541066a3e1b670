"""E-mail addresses: the form that is mailed and the form that makes a person unique."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

# The plain addresses nearly everybody has; anything else goes through a full validator.
_PLAIN = re.compile(
    r"(?=.{3,254}\Z)(?=.{1,64}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]\Z"
)


@dataclass(frozen=True, slots=True)
class Address:
    """`mailed` goes on the envelope; `canonical` is compared: ASCII domain, all in lower case."""

    mailed: str
    canonical: str


def plain_address(text: str) -> Address | None:
    """The address when `text` is a plain ASCII one, else None (ask the full validator)."""
    if not _PLAIN.match(text):
        return None
    local, _, domain = text.rpartition("@")
    return Address(mailed=f"{local}@{domain.lower()}", canonical=text.lower())


def address_digest(pepper: bytes, canonical: str) -> str:
    """32 hexadecimal digits that recognise an address after the address itself was erased."""
    return hmac.digest(pepper, canonical.encode(), "sha256").hex()[:32]


def blank(digest: str) -> str:
    """What stands for the address of somebody erased where each person's must be another."""
    return f"erased:{digest}"


def masked(address: str) -> str:
    """How an address may appear on a screen or in a log: `a***@e***.org`."""
    local, _, domain = address.rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}***@{name[:1]}***.{ending}"
