"""One spelling per address, so that the same story is recognised however it was linked."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_TRACKING = re.compile(
    r"(?:utm_.*|mc_[ce]id|_hs(?:enc|mi)|__hs.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid"
    r"|twclid|ttclid|igshid|igsh|li_fat_id|mkt_tok|oly_(?:anon|enc)_id|vero_id|wickedid|s_cid"
    r"|cmpid|ncid|_ga|_gl|ref_src|ref_url|mbid|ml_subscriber(?:_hash)?|ck_subscriber_id)\Z",
    re.IGNORECASE,
)
_DEFAULT_PORT = {"http": ":80", "https": ":443"}


def canonical_url(url: str) -> str:
    """`url` without tracking parameters and fragment, scheme and host in lower case.

    Everything else stays byte for byte, the order of parameters too; text that is no address comes
    back unchanged.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    scheme = parts.scheme.lower()
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORT.get(scheme, "\n"))
    kept = [pair for pair in parts.query.split("&") if not _TRACKING.match(pair.partition("=")[0])]
    return urlunsplit((scheme, host, parts.path or ("/" if host else ""), "&".join(kept), ""))
