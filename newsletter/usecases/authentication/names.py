"""Which names the DNS is asked for, and what holds of any of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from publicsuffixlist import PublicSuffixList

from newsletter.domain.diagnosis import Diagnosis
from newsletter.domain.finding import Level

if TYPE_CHECKING:
    from newsletter.config import Sending
    from newsletter.providers.dns import Ask

SENDGRID_SHOWS = "SendGrid shows it under Settings, Sender Authentication"


@dataclass(frozen=True, slots=True)
class Names:
    """Where to look. `return_path` is None where nobody said; `signer` is DKIM's domain."""

    domain: str
    signer: str
    selectors: tuple[str, ...]
    return_path: str | None
    links: str | None
    by_sendgrid: bool


def names_of(sending: Sending, email: str) -> Names:
    """The names to ask for, from the settings and the sender's address."""
    told, domain = sending.authentication, email.rpartition("@")[2].lower()
    by_sendgrid = sending.provider == "sendgrid"
    selectors, signer, return_path = told.selectors, domain, told.return_path
    if by_sendgrid:
        selectors = selectors or ("s1", "s2")
    elif sending.smtp is not None:
        if sending.smtp.dkim is not None:
            selectors = selectors or (sending.smtp.dkim.selector,)
            signer = sending.smtp.dkim.domain
        bounces = sending.smtp.bounces_to or email
        return_path = return_path or bounces.rpartition("@")[2].lower()
    return Names(domain, signer, selectors, return_path, told.links, by_sendgrid)


def dangling(name: str, ask: Ask, *, exists: bool) -> str | None:
    """An alias of what is not there: whoever registers that speaks in your name (A104)."""
    if exists:
        return None
    alias = ask(name, "CNAME")
    if alias is None or not alias.values:
        return None
    return (
        f"{name} leads to {alias.values[0]}, which does not exist; whoever takes that name could "
        "send as you, so remove the CNAME or renew it"
    )


def silent(what: str) -> Diagnosis:
    """No server answered, which proves nothing."""
    return Diagnosis(what, Level.WARNING, "the DNS did not answer; try again later")


def organisation(domain: str) -> str:
    """The registered domain a name belongs to: `example.co.uk` of `news.example.co.uk`."""
    return _suffixes().privatesuffix(domain.lower()) or domain.lower()


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
