"""Who asks: the network address a request came from, and the languages its browser prefers."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from newsletter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

log = logging.getLogger(__name__)

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_LANGUAGES = 10


@dataclass(slots=True)
class Gatehouse:
    """Tells where a request came from; `trusted` are our own proxies, whose word counts."""

    trusted: tuple[Network, ...]
    _warned: bool = field(default=False, init=False)

    def network(self, request: Request) -> str:
        """The address of whoever asked, '' where it is not known.

        X-Forwarded-For is believed from our own proxies only, and of it the last address that is
        none of theirs: whatever stands before that, anybody may have written (A84).
        """
        peer = request.client.host if request.client else ""
        said = request.headers.getlist("x-forwarded-for")
        if not self._is_ours(peer):
            if said and not self._warned and _is_loopback(peer):
                self._warned = True
                log.warning(
                    "requests come through a proxy at %s, which signup.forwarded_by does not name: "
                    "all readers count as one network",
                    peer,
                )
            return peer
        hops = [_address(hop) for hop in ",".join(said).split(",")]
        return next((hop for hop in reversed(hops) if not self._is_ours(hop)), "") or peer

    def _is_ours(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self.trusted)


def gatehouse(forwarded_by: Iterable[str]) -> Gatehouse:
    """A gatehouse that trusts these addresses and networks; ConfigError for one that is none."""
    trusted = []
    for one in forwarded_by:
        try:
            trusted.append(ipaddress.ip_network(one, strict=False))
        except ValueError:
            raise ConfigError(
                f"signup.forwarded_by has “{one}”, which is no network address; "
                "write one such as 127.0.0.1 or 10.0.0.0/8"
            ) from None
    return Gatehouse(tuple(trusted))


def preferred_languages(request: Request) -> list[str]:
    """The languages of Accept-Language (RFC 9110, 12.5.4), the most preferred first."""
    weighed = []
    for part in request.headers.get("accept-language", "")[:500].split(",")[:MOST_LANGUAGES]:
        language, _, weight = part.partition(";q=")
        try:
            share = float(weight or 1)
        except ValueError:
            continue
        if share > 0 and language.strip() not in ("", "*"):
            weighed.append((-share, language.strip()))
    return [language for _, language in sorted(weighed, key=lambda one: one[0])]


def _address(hop: str) -> str:
    """The address in a hop of X-Forwarded-For, where some proxies write a port; '' for none."""
    plain = hop.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        return str(ipaddress.ip_address(plain.partition("%")[0]))
    except ValueError:
        return ""


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
