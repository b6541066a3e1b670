"""Somebody entered an address in a form: what was asked for, until its mailbox confirms it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.domain.address import Address
    from newsletter.domain.consent import Proof
    from newsletter.domain.segment import Value

BETWEEN_MAILS = timedelta(hours=24)
"""No address gets two confirmation mails within this time, whoever asks."""

_IPV6_NETWORK = 64  # what one customer of a provider has, at the least


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody entered: `lists` are keys, `language` is that of the form."""

    address: Address
    lists: tuple[str, ...]
    language: str
    name: str = ""
    attributes: Mapping[str, Value] | None = None
    tracking: bool = False


@dataclass(frozen=True, slots=True)
class Signup:
    """A wish that was kept, when and by which form it came, and what became of it."""

    id: int
    wish: Wish
    asked_at: datetime
    proof: Proof
    confirmed_at: datetime | None = None


def neighbourhood(network: str) -> str:
    """The network that shares one allowance with an address: itself, or an IPv6 /64.

    '' where it is no address at all.
    """
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    plain = ipaddress.IPv6Address(int(address))  # without the zone of a link-local one
    return str(ipaddress.ip_network((plain, _IPV6_NETWORK), strict=False))
