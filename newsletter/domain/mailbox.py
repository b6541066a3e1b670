"""Which provider keeps a mailbox, as far as its domain tells: companies' own domains are others."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class MailboxProvider(StrEnum):
    """The large ones that publish rules for senders, and all others."""

    GMAIL = "gmail"
    YAHOO = "yahoo"
    MICROSOFT = "microsoft"
    APPLE = "apple"
    OTHERS = "others"


_DOMAINS: Mapping[str, MailboxProvider] = {
    domain: provider
    for provider, domains in {
        MailboxProvider.GMAIL: "gmail.com googlemail.com",
        MailboxProvider.YAHOO: "ymail.com rocketmail.com aol.com aim.com myyahoo.com",
        MailboxProvider.MICROSOFT: "msn.com passport.com windowslive.com",
        MailboxProvider.APPLE: "icloud.com me.com mac.com",
    }.items()
    for domain in domains.split()
}
_NAMES: Mapping[str, MailboxProvider] = {
    "yahoo": MailboxProvider.YAHOO,
    "hotmail": MailboxProvider.MICROSOFT,
    "outlook": MailboxProvider.MICROSOFT,
    "live": MailboxProvider.MICROSOFT,
}
"""First parts of domains that these have in many countries, as in yahoo.co.uk."""

_ENDINGS = (2, 3)
_LONGEST_ENDING = 3


@lru_cache(maxsize=65_536)
def provider_of(domain: str) -> MailboxProvider:
    """The provider of a domain in small letters."""
    known = _DOMAINS.get(domain)
    if known is not None:
        return known
    name, *rest = domain.split(".")
    country = len(rest) + 1 in _ENDINGS and all(len(part) <= _LONGEST_ENDING for part in rest)
    return _NAMES.get(name, MailboxProvider.OTHERS) if country else MailboxProvider.OTHERS
