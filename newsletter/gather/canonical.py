"""One spelling per address, so that the same story is recognised however it was linked."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

from publicsuffixlist import PublicSuffixList

_TRACKING = re.compile(
    r"(?:utm_.*|mc_[ce]id|_hs(?:enc|mi)|__hs.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid"
    r"|twclid|ttclid|igshid|igsh|li_fat_id|mkt_tok|oly_(?:anon|enc)_id|vero_id|wickedid|s_cid"
    r"|cmpid|ncid|_ga|_gl|ref_src|ref_url|mbid|ml_subscriber(?:_hash)?|ck_subscriber_id"
    r"|wt_mc|wt_zmc|xtor|at_(?:medium|campaign)|pk_(?:campaign|kwd)|mtm_.*|smid|guccounter)\Z",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"https?://[a-z0-9.-]+/[^\s?#\x00-\x1f]*\Z")
_DEFAULT_PORT = {"http": ":80", "https": ":443"}
# Google's viewer and its cache hold the publisher's own address in their path; `s` means https
# (developers.google.com/amp/cache/overview).
_VIEWER = re.compile(r"/(?:amp|[civ])/(s/)?([^/]+\.[^/]+)(/.*|$)")
_AMP_PATH = re.compile(r"(?<=.)/amp/?$|^/amp(?=/.)|\.amp(?=\.html?$)|(?<=.)\.amp$", re.IGNORECASE)
_AMP_PAIRS = re.compile(r"(?:amp(?:=(?:1|true|amp)?)?|outputType=amp)\Z", re.IGNORECASE)
_OTHER_FORM = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.[^.])")
_START_PAGE = re.compile(r"/(?:index\.(?:html?|php))?$", re.IGNORECASE)


def canonical_url(url: str) -> str:
    """`url` without tracking parameters, fragment and AMP form, scheme and host in lower case.

    It leads to the same story and may be followed. Everything else stays byte for byte, the order
    of parameters too; text that is no address comes back unchanged.
    """
    while not _is_plain(url) and (folded := _folded(url)) != url:
        url = folded
    return url


def address_key(url: str) -> str:
    """What every spelling of one address has in common; to compare, not to follow.

    Beyond `canonical_url` it leaves out the scheme, `www.`, the mobile forms `m.` and `mobile.`,
    the closing slash, `index.html` and the order of parameters.
    """
    parts = _parts(canonical_url(url))
    if parts is None or not parts.netloc:
        return url
    pairs = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    path = _START_PAGE.sub("", parts.path)
    return _OTHER_FORM.sub("", parts.netloc) + path + (f"?{pairs}" if pairs else "")


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one registrable domain (publicsuffix.org)."""
    first, second = _domain(one), _domain(other)
    return first is not None and first == second


def is_number(url: str) -> bool:
    """Whether an address names its host by number, so that it belongs to no site."""
    parts = _parts(url)
    try:
        return parts is not None and bool(ip_address(parts.hostname or ""))
    except ValueError:
        return False


def _is_plain(url: str) -> bool:
    """Whether there is nothing to fold, as in most addresses: told without taking them apart."""
    return _PLAIN.match(url) is not None and "amp" not in url.lower()


def _folded(url: str) -> str:
    parts = _parts(url)
    if parts is None or parts.scheme not in _DEFAULT_PORT or not parts.netloc:
        return url
    scheme = parts.scheme
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORT[scheme])
    if inner := _viewed(host, parts.path):
        return inner + (f"?{parts.query}" if parts.query else "")
    kept = [
        pair
        for pair in parts.query.split("&")
        if not _TRACKING.match(pair.partition("=")[0]) and not _AMP_PAIRS.match(pair)
    ]
    path = _AMP_PATH.sub("", parts.path) or "/"
    return urlunsplit((scheme, host, path, "&".join(kept), ""))


def _viewed(host: str, path: str) -> str | None:
    """The publisher's address in that of Google's AMP viewer or cache."""
    in_cache = host.endswith(".cdn.ampproject.org")
    if not in_cache and not (host == "www.google.com" and path.startswith("/amp/")):
        return None
    found = _VIEWER.match(path)
    if found is None:
        return None
    return f"{'https' if found[1] else 'http'}://{found[2]}{found[3]}"


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _domain(url: str) -> str | None:
    parts = _parts(url)
    host = parts.hostname if parts else None
    return _suffixes().privatesuffix(host) or host if host else None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
