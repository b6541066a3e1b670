"""DKIM: the key that signatures of the sender's domain are held against (RFC 6376)."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.domain.diagnosis import Diagnosis
from newsletter.domain.finding import Level
from newsletter.domain.mail_records import read_tags
from newsletter.usecases.authentication.names import (
    SENDGRID_SHOWS,
    Names,
    dangling,
    organisation,
    silent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.providers.dns import Ask

SHORTEST_KEY = 1024
_SENDGRID = ".sendgrid.net"


def dkim(names: Names, ask: Ask) -> Iterator[Diagnosis]:
    """Each selector, and whether there is one for the sender's organisation at all."""
    for selector in names.selectors:
        yield from _key(names, selector, ask)
    yield from _signer(names)


def _key(names: Names, selector: str, ask: Ask) -> Iterator[Diagnosis]:
    place = f"{selector}._domainkey.{names.signer}"
    what = f"DKIM {selector}"
    records, alias = ask(place, "TXT"), ask(place, "CNAME")
    if records is None:
        yield silent(what)
    elif trouble := dangling(place, ask, exists=records.exists):
        yield Diagnosis(what, Level.ERROR, trouble)
    elif wrong := _key_trouble(records.values):
        publish = (
            f"publish the CNAME for {place}, {SENDGRID_SHOWS}"
            if names.by_sendgrid
            else f"publish the key as a TXT record at {place}"
        )
        yield Diagnosis(what, Level.ERROR, f"{wrong}; {publish}")
    elif names.by_sendgrid and not all(
        target.lower().endswith(_SENDGRID) for target in (alias.values if alias else ())
    ):
        target = ", ".join(alias.values) if alias else ""
        yield Diagnosis(what, Level.WARNING, f"{place} leads to {target} and not to SendGrid")
    else:
        yield Diagnosis(what, None, f"{place} holds a key")


def _key_trouble(values: tuple[str, ...]) -> str | None:
    """What is wrong with the records at a selector, or None."""
    keys = [tags for value in values if "p" in (tags := read_tags(value))]
    if len(keys) != 1:
        return f"there are {len(keys)} keys, which counts as none" if keys else "there is no key"
    held = keys[0]["p"]
    if not held:
        return "the key was withdrawn (p= is empty)"
    if keys[0].get("k", "rsa").lower() != "rsa":
        return None
    try:
        key = load_der_public_key(base64.b64decode(held, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return "the key cannot be read"
    if isinstance(key, RSAPublicKey) and key.key_size < SHORTEST_KEY:
        return f"the key has {key.key_size} bits, and servers want {SHORTEST_KEY} at least"
    return None


def _signer(names: Names) -> Iterator[Diagnosis]:
    if not names.selectors:
        yield Diagnosis(
            "DKIM",
            Level.WARNING,
            "cannot be looked up: if your mail server signs, set sending.authentication.selectors; "
            "if not, sign with sending.smtp.dkim",
        )
    elif organisation(names.signer) != organisation(names.domain):
        yield Diagnosis(
            "DKIM",
            Level.ERROR,
            f"signs for {names.signer}, which is not aligned with {names.domain}; DMARC fails",
        )
