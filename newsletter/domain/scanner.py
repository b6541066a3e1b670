"""Filters that look at mail before its reader does, and programs, by network and by name.

Networks: Barracuda https://campus.barracuda.com/product/essentials/doc/78810332, Proofpoint
https://proofpoint.my.site.com/support/PPSup_SupportInfo. Names: what each product writes of itself
as it fetches. Most scanners hide both, so these are a few of many signs: see domain.visit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from newsletter.domain.visit import Sign

NETWORKS = tuple(
    ip_network(network)
    for network in (
        "64.235.144.0/20",  # Barracuda
        "209.222.80.0/21",
        "67.231.144.0/20",  # Proofpoint
        "91.209.104.0/24",
        "208.84.64.0/22",
        "208.86.200.0/22",
    )
)

_SCANNER = re.compile(
    r"barracuda|proofpoint|mimecast|urldefense|safelinks|ironport|trendmicro|\btmes\b|fireeye"
    r"|symantec|messagelabs|sophos|forti(?:mail|guard)|zscaler|checkpoint|cloudmark|virustotal"
    r"|bitdefender|kaspersky|mailscanner|preview/|googlesafety",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    # Not okhttp, with which mail programs of phones load pictures; and a Cubot is a phone.
    r"(?<!se)curl|wget|python|aiohttp|httpx|go-http|java/|apache-httpclient|libwww|lwp::|node-fetch"
    r"|axios|guzzle|headless|phantomjs|puppeteer|playwright|selenium|scrapy|(?<!cu)bot\b|spider"
    r"|crawler|externalhit",
    re.IGNORECASE,
)
_BROWSER = re.compile(
    r"mozilla/\S+ \(|opera/|thunderbird|outlook|applewebkit|mail/|imageproxy|mailproxy"
    r"|cfnetwork|dalvik",  # programs of phones
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def signs_of_name(agent: str) -> Sign:
    """What a visitor's name for itself (User-Agent) tells. Pictures that mailbox providers load
    in the reader's stead are asked for as the reader opens the mail, and count as a browser's.
    """
    if _SCANNER.search(agent):
        return Sign.SCANNER
    if _PROGRAM.search(agent):
        return Sign.PROGRAM
    return Sign.BROWSER if _BROWSER.search(agent) else Sign.NAMELESS


@lru_cache(maxsize=65_536)
def signs_of_network(address: str) -> tuple[Sign, str]:
    """What a network address tells, and the network (an IPv4 /24, an IPv6 /48) it belongs to, ''
    where it is no address.
    """
    try:
        host = ip_address(address)
    except ValueError:
        return Sign(0), ""
    known = any(host in network for network in NETWORKS if network.version == host.version)
    return Sign.SCANNER if known else Sign(0), _network(host)


def _network(host: IPv4Address | IPv6Address) -> str:
    length = 24 if isinstance(host, IPv4Address) else 48
    return str(ip_network((host, length), strict=False))
