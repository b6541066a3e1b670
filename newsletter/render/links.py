"""Where an issue's links lead: our own campaign words (UTM) in place of anybody else's.

`utm_content` names the brief, so that a report can speak of stories. Pure.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from newsletter.domain.issue import Brief


@dataclass(frozen=True, slots=True)
class Tagging:
    """Values of `utm_source`, `utm_medium` and `utm_campaign`."""

    source: str
    medium: str
    campaign: str


def brief_id(brief: Brief) -> str:
    """12 hexadecimal digits that stay while the brief's headline does, or its gathered item."""
    return brief.item or hashlib.sha256(brief.headline.encode()).hexdigest()[:12]


def tagged(url: str, tagging: Tagging | None, content: str) -> str:
    """A web address with our campaign words and nobody else's; any other address as it is.

    The rest of the query keeps its order and its bytes, the fragment its place.
    """
    if tagging is None or not url.lower().startswith(("http://", "https://")):
        return url
    address, mark, fragment = url.partition("#")
    page, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and not part.lower().startswith("utm_")]
    words = {
        "utm_source": tagging.source,
        "utm_medium": tagging.medium,
        "utm_campaign": tagging.campaign,
        "utm_content": content,
    }
    ours = [f"{name}={quote(value, safe='')}" for name, value in words.items() if value]
    return f"{page}?{'&'.join([*kept, *ours])}{mark}{fragment}"
