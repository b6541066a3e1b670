"""The records a domain publishes about its mail: SPF (RFC 7208), DKIM (6376), DMARC (7489)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FREEMAIL = frozenset(
    {
        "aol.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com",
        "icloud.com", "laposte.net", "libero.it", "live.com", "mac.com", "mail.com", "mail.ru",
        "me.com", "msn.com", "orange.fr", "outlook.com", "proton.me", "protonmail.com", "qq.com",
        "t-online.de", "web.de", "yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.es", "yahoo.fr",
        "yandex.ru", "ymail.com", "163.com",
    }
)  # fmt: skip
"""Domains whose owners let nobody else send in their name (DMARC quarantine or reject)."""

# What makes a receiving server ask the DNS once more; ten such terms are allowed (RFC 7208, 4.6.4).
_ASKING = re.compile(
    r"[-+~?]?(?:include:|a(?:[:/]|\Z)|mx(?:[:/]|\Z)|ptr|exists:)|redirect=", re.IGNORECASE
)
_REFERRING = re.compile(r"(?:[-+~?]?include:|redirect=)(\S+)\Z", re.IGNORECASE)
_ALL = re.compile(r"([-+~?]?)all\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """`all` is what happens to all other servers: `-`, `~`, `?`, `+`, or '' where nothing says."""

    all: str
    lookups: int
    refers_to: tuple[str, ...]
    redirects: bool


def read_spf(text: str) -> SpfRecord | None:
    """An SPF record, or None where the text is none."""
    version, *terms = text.split() or [""]
    if version.lower() != "v=spf1":
        return None
    ends = [found[1] or "+" for term in terms if (found := _ALL.match(term))]
    return SpfRecord(
        all=ends[0] if ends else "",
        lookups=sum(1 for term in terms if _ASKING.match(term)),
        refers_to=tuple(found[1] for term in terms if (found := _REFERRING.match(term))),
        redirects=any(term.lower().startswith("redirect=") for term in terms),
    )


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """`policy` is none, quarantine, reject, or '' where it is missing or is no policy.

    `strict_spf` and `strict_dkim`: the domain itself, not one of its organisation, must match.
    """

    policy: str
    reports: bool
    strict_spf: bool
    strict_dkim: bool


def read_dmarc(text: str) -> DmarcRecord | None:
    """A DMARC record, or None where the text is none."""
    if not re.match(r"v\s*=\s*DMARC1\s*(?:;|\Z)", text):
        return None
    tags = read_tags(text)
    policy = tags.get("p", "").lower()
    return DmarcRecord(
        policy=policy if policy in {"none", "quarantine", "reject"} else "",
        reports=bool(tags.get("rua")),
        strict_spf=tags.get("aspf", "r").lower() == "s",
        strict_dkim=tags.get("adkim", "r").lower() == "s",
    )


def read_tags(text: str) -> Mapping[str, str]:
    """`tag=value; …` as DKIM and DMARC write it; blanks inside a value mean nothing."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, _, value in pairs}
