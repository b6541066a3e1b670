"""Paid pieces: readers must see that they are (FTC 16 CFR 255; in Germany section 6 DDG)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import HTML, TEXT, CheckedVersion, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

SPONSOR = "sponsor"
"""The component whose briefs somebody paid for."""

SPONSOR_UNLABELLED = error(
    "sponsor-unlabelled",
    "A paid piece is not labelled as advertising in a part of the mail.",
    "Let the theme print its word for advertising above it, in html and in text.",
    safety=True,
)
RULES = (SPONSOR_UNLABELLED,)

_LABEL = re.compile(
    r"\b(?:advert\w*|sponsor\w*|promoted|paid|partner content|anzeige|werbung|publicité|annonce"
    r"|sponsorisé|publicidad|anuncio|patrocinad\w*|pubblicità|reclame|annons|annoncering)\b",
    re.IGNORECASE,
)
# A label stands right above the piece, or right beneath its headline.
_BEFORE, _AFTER = 200, 120


def check_sponsor(version: CheckedVersion) -> Iterator[Finding]:
    """Every brief of a sponsor has the label beside its headline, in html and in text."""
    parts = ((HTML, version.page.text), (TEXT, version.rendition.text))
    for headline in _paid(version):
        for part, text in parts:
            if not _is_labelled(headline, " ".join(text.split())):
                yield SPONSOR_UNLABELLED.broken(part, f"“{headline[:60]}” has no label")


def _paid(version: CheckedVersion) -> Iterator[str]:
    for section in version.checked.issue.sections:
        for brief in section.briefs:
            if SPONSOR in (brief.component, brief.component or section.component):
                yield " ".join(brief.headline.split())


def _is_labelled(headline: str, text: str) -> bool:
    places = [found.start() for found in re.finditer(re.escape(headline), text, re.IGNORECASE)]
    return not places or any(
        _LABEL.search(text[max(0, place - _BEFORE) : place])
        or _LABEL.search(text[place + len(headline) : place + len(headline) + _AFTER])
        for place in places
    )
