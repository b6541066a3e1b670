"""Paid pieces: what is sold stands there as it was sold, and readers see that it is paid for
(FTC 16 CFR 255; in Germany section 6 DDG).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.domain.sponsor import COMPONENT, differences, found, sold_twice
from newsletter.render.checks.rules import (
    HTML,
    TEXT,
    Checked,
    CheckedVersion,
    error,
    line,
    warning,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding
    from newsletter.domain.issue import Issue
    from newsletter.domain.sponsor import Due

SPONSOR_UNLABELLED = error(
    "sponsor-unlabelled",
    "A paid piece is not labelled as advertising in a part of the mail.",
    "Let the theme print its word for advertising above it, in html and in text.",
    safety=True,
)
_PLACE = "Take its block out of issue.md; `newsletter sponsors ISSUE --place` writes it anew."
SPONSOR_MISSING = error(
    "sponsor-missing",
    "A piece that was sold for this issue does not stand in it.",
    "Run `newsletter sponsors ISSUE --place`, or take the date out of sponsors.yaml.",
)
SPONSOR_ALTERED = error(
    "sponsor-altered", "A sold piece stands there otherwise than it was sold.", _PLACE
)
SPONSOR_UNWRITTEN = error(
    "sponsor-unwritten",
    "A piece was sold for this issue, and nobody has written it yet.",
    "Give it a `headline:` and a `text:` in sponsors.yaml; then `newsletter sponsors ISSUE "
    "--place`.",
)
SPONSOR_SOLD_TWICE = error(
    "sponsor-sold-twice",
    "One place of this issue is sold to two slots.",
    "Give one of them another `place:`, `section:` or date in sponsors.yaml.",
)
SPONSOR_OWED = warning(
    "sponsor-owed",
    "A piece that an earlier issue failed to run is owed, and does not stand here either.",
    "Run `newsletter sponsors ISSUE --place`.",
)
SPONSOR_UNSOLD = warning(
    "sponsor-unsold",
    "A paid piece stands here that is not sold for this issue.",
    "Take it out, or add the date to sponsors.yaml.",
)
SPONSOR_NAMELESS = warning(
    "sponsor-nameless",
    "A sold piece does not say who paid for it.",
    "Give it a `label:` in sponsors.yaml, such as Sponsored by and the name.",
)
SPONSOR_DEAD_DATE = warning(
    "sponsor-dead-date",
    "A slot was sold for a day that has passed without an issue.",
    "Correct the date in sponsors.yaml; until then the piece is owed.",
)
RULES = (
    SPONSOR_UNLABELLED,
    SPONSOR_MISSING,
    SPONSOR_ALTERED,
    SPONSOR_UNWRITTEN,
    SPONSOR_SOLD_TWICE,
    SPONSOR_OWED,
    SPONSOR_UNSOLD,
    SPONSOR_NAMELESS,
    SPONSOR_DEAD_DATE,
)

_LABEL = re.compile(
    r"\b(?:advert\w*|sponsor\w*|promoted|paid|partner content|anzeige|werbung|publicité|annonce"
    r"|sponsorisé|publicidad|anuncio|patrocinad\w*|pubblicità|reclame|annons|annoncering)\b",
    re.IGNORECASE,
)
_FILE = "sponsors.yaml"
# A label stands right above the piece, or right beneath its headline.
_BEFORE, _AFTER = 200, 120


def check_sold(checked: Checked) -> Iterator[Finding]:
    """Every piece that is due stands there, once, as it was sold; no other does."""
    issue, due = checked.issue, checked.known.due
    for one in due:
        yield from _standing(one, issue)
    for first, second in sold_twice(due):
        message = (
            f"place {second.place} of “{second.section}” is sold to “{first.slot}” of "
            f"{first.sponsor} and to “{second.slot}” of {second.sponsor}"
        )
        yield SPONSOR_SOLD_TWICE.broken(f"{_FILE}:{second.line}", message)
    sold = {one.booking.slot for one in due}
    for brief in issue.briefs:
        if brief.sponsor and brief.sponsor not in sold:
            yield SPONSOR_UNSOLD.broken(line(brief), f"“{brief.sponsor}” is not sold for it")
    for slot in checked.known.dead:
        booking = slot.booking
        message = f"“{booking.slot}” of {booking.sponsor} was sold for {slot.day}"
        yield SPONSOR_DEAD_DATE.broken(f"{_FILE}:{booking.line}", message)


def _standing(one: Due, issue: Issue) -> Iterator[Finding]:
    booking = one.booking
    what, place = f"“{booking.slot}” of {booking.sponsor}", f"{_FILE}:{booking.line}"
    standing = found(issue, booking.slot)
    if booking.piece is None:
        yield SPONSOR_UNWRITTEN.broken(place, f"{what} has no headline yet")
        return
    if not standing and one.owed_since is None:
        yield SPONSOR_MISSING.broken(place, f"{what} is missing")
    elif not standing:
        yield SPONSOR_OWED.broken(place, f"{what} is owed since {one.owed_since}")
    elif wrong := differences(booking, issue):
        yield SPONSOR_ALTERED.broken(line(standing[0][2]), f"{what}: {', '.join(wrong)}")
    if not booking.label:
        yield SPONSOR_NAMELESS.broken(place, f"{what} has no label")


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
            if COMPONENT in (brief.component, brief.component or section.component):
                yield " ".join(brief.headline.split())


def _is_labelled(headline: str, text: str) -> bool:
    places = [found.start() for found in re.finditer(re.escape(headline), text, re.IGNORECASE)]
    return not places or any(
        _LABEL.search(text[max(0, place - _BEFORE) : place])
        or _LABEL.search(text[place + len(headline) : place + len(headline) + _AFTER])
        for place in places
    )
