"""Where an issue's links lead: our own campaign words (UTM) in place of others' tracking words, and
our own redirect before them where a publication wants to be able to mend them later.

`utm_content` names the brief, so that a report can speak of stories. Pure.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from newsletter.domain.issue import Brief


_TRACKING = re.compile(
    r"(?:utm_\w+|mc_[ce]id|_hs(?:enc|mi)|fbclid|gclid|dclid|msclkid|igshid|igsh|mkt_tok|yclid"
    r"|twclid|ttclid|li_fat_id|oly_(?:anon|enc)_id|vero_id|_ga|_gl)\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Tagging:
    """Values of `utm_source`, `utm_medium` and `utm_campaign`."""

    source: str
    medium: str
    campaign: str


def brief_id(brief: Brief) -> str:
    """12 hexadecimal digits that stay while the brief's headline does, or its gathered item."""
    return brief.item or hashlib.sha256(brief.headline.encode()).hexdigest()[:12]


def is_tracking(name: str) -> bool:
    """Whether a query's name tells a site who came from where, and no page needs it."""
    return bool(_TRACKING.match(name))


def tagged(url: str, tagging: Tagging | None, content: str) -> str:
    """A web address with our campaign words, if any, and nobody else's tracking words; any other
    address as it is.

    The rest of the query keeps its order and its bytes, the fragment its place.
    """
    if not url.lower().startswith(("http://", "https://")):
        return url
    address, mark, fragment = url.partition("#")
    page, _, query = address.partition("?")
    parts = query.split("&")
    kept = [part for part in parts if part and not is_tracking(part.partition("=")[0])]
    if tagging is None:
        if len(kept) == len(parts):
            return url
        return f"{page}{'?' if kept else ''}{'&'.join(kept)}{mark}{fragment}"
    words = {
        "utm_source": tagging.source,
        "utm_medium": tagging.medium,
        "utm_campaign": tagging.campaign,
        "utm_content": content,
    }
    ours = [f"{name}={quote(value, safe='')}" for name, value in words.items() if value]
    return f"{page}?{'&'.join([*kept, *ours])}{mark}{fragment}"


def link_key(target: str, brief: str) -> str:
    """12 hexadecimal digits for a link of a brief: the same in every version and rendering."""
    return hashlib.sha256(f"{brief}\n{target}".encode()).hexdigest()[:12]


def redirected(target: str, redirect: str, brief: str) -> str:
    """A web address by way of our own below `redirect`, the same for all readers; any other
    address, and every one where `redirect` is '', as it is.
    """
    if not redirect or not target.lower().startswith(("http://", "https://")):
        return target
    return f"{redirect}/{link_key(target, brief)}"
