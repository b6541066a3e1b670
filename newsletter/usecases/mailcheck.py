"""Is one mail, as it arrived, what mailbox providers ask of bulk mail: signed and easy to leave."""

from __future__ import annotations

import email
import re
from email import policy
from typing import TYPE_CHECKING

from newsletter.domain.diagnosis import Diagnosis
from newsletter.domain.finding import Level
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

UNSUBSCRIBE, ONE_CLICK = "List-Unsubscribe", "List-Unsubscribe-Post"

_TAG = re.compile(r"\s*([a-z]+)\s*=\s*([^;]*)")
_LINK = re.compile(r"<\s*(https://[^<>\s]+)\s*>")


def check_mail(file: Path) -> tuple[Diagnosis, ...]:
    """Look at an .eml file with all its headers; NewsletterError where there is none to read.

    The rules: RFC 8058, sections 3 and 4. The signature itself is not verified, for only the server
    that received the mail could; what it covers is read from its `h=`.
    """
    try:
        mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    except OSError as error:
        raise NewsletterError(
            f"{file} cannot be read ({error.strerror}); save a mail with all its headers there"
        ) from None
    if not mail["From"]:
        raise NewsletterError(
            f"{file} is no mail: it has no From; save it with all its headers, as “original”"
        )
    return (
        *_signatures(mail),
        _one_link(mail.get_all(UNSUBSCRIBE, [])),
        _one_click(mail.get_all(ONE_CLICK, [])),
    )


def _signatures(mail: EmailMessage) -> Iterator[Diagnosis]:
    signatures = [dict(_TAG.findall(str(value))) for value in mail.get_all("DKIM-Signature", [])]
    domain = mail["From"].addresses[0].domain.lower() if mail["From"].addresses else ""
    if not signatures:
        yield Diagnosis(
            "DKIM signature",
            Level.ERROR,
            "there is none; authenticate the domain at the provider, or set sending.smtp.dkim",
        )
        return
    aligned = [one for one in signatures if _is_of(domain, one.get("d", "").strip().lower())]
    if not aligned:
        yield Diagnosis(
            "DKIM signature",
            Level.ERROR,
            f"none is of {domain}, so DMARC does not count it; authenticate that domain",
        )
    for signature in aligned:
        covered = {name.strip().lower() for name in signature.get("h", "").split(":")}
        bare = [name for name in (UNSUBSCRIBE, ONE_CLICK) if name.lower() not in covered]
        yield Diagnosis(
            f"DKIM signature of {signature['d'].strip()}",
            Level.ERROR if bare else None,
            f"does not cover {' and '.join(bare)}; mailbox providers show no one-click link"
            if bare
            else "covers both unsubscribe headers",
        )


def _is_of(domain: str, signer: str) -> bool:
    """Whether a signer's domain is aligned with the sender's, as DMARC counts it when relaxed."""
    return bool(signer) and (
        domain == signer or domain.endswith(f".{signer}") or signer.endswith(f".{domain}")
    )


def _one_link(values: list[str]) -> Diagnosis:
    links = [link for value in values for link in _LINK.findall(str(value))]
    if len(values) == 1 and len(links) == 1:
        return Diagnosis(UNSUBSCRIBE, None, "one, with one https link")
    return Diagnosis(
        UNSUBSCRIBE,
        Level.ERROR,
        f"{len(values)} headers with {len(links)} https links, not one with one; "
        "switch off the provider's own subscription tracking",
    )


def _one_click(values: list[str]) -> Diagnosis:
    if [str(value).strip() for value in values] == ["List-Unsubscribe=One-Click"]:
        return Diagnosis(ONE_CLICK, None, "as RFC 8058 has it")
    return Diagnosis(
        ONE_CLICK, Level.ERROR, "should be there once and say List-Unsubscribe=One-Click"
    )
