"""What briefs claim has to stand in the source text that was kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.claims import ClaimKind, claims_of
from newsletter.render.checks.rules import Checked, error, line, note, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.claims import Claim
    from newsletter.domain.finding import Finding
    from newsletter.domain.issue import Brief

CLAIM_QUOTATION = error(
    "claim-quotation",
    "Words stand between quotation marks that the source does not have.",
    "Quote what was said, to the letter, or say it in your own words without the marks.",
)
CLAIM_NUMBER = warning(
    "claim-number",
    "A number, amount, percentage, weight or date of a brief does not stand in its source.",
    "Correct it, or write “about” or “more than” where you rounded.",
)
CLAIM_NAME = warning(
    "claim-name",
    "A name in a brief does not stand in its source.",
    "Look at its spelling and whether it belongs here; silence the check where you know better.",
)
CLAIM_SOURCE = note(
    "claim-source",
    "No source text was kept of briefs with numbers or quotations, so nobody compared them.",
    "Compare them with their sources yourself, or gather these first.",
)
RULES = (CLAIM_QUOTATION, CLAIM_NUMBER, CLAIM_NAME, CLAIM_SOURCE)

_RULES_OF = {
    ClaimKind.QUOTATION: CLAIM_QUOTATION,
    ClaimKind.NUMBER: CLAIM_NUMBER,
    ClaimKind.DATE: CLAIM_NUMBER,
    ClaimKind.NAME: CLAIM_NAME,
}
_SHOWN = 100


def check_claims(checked: Checked) -> Iterator[Finding]:
    """Each claim of a brief that its source does not make, beside the passage that comes closest.

    Only where sources were kept at all: an issue written by hand has none.
    """
    language = checked.publication.language.partition("-")[0]
    sources = checked.known.sources
    without: list[Brief] = []
    for brief in checked.issue.briefs:
        source = sources.get(brief.item or "")
        if source is None:
            if brief.link and _has_figures(brief):
                without.append(brief)
            continue
        seen: set[str] = set()
        for text in (brief.headline, brief.text):
            for claim in claims_of(text, source, language=language):
                if not claim.supported and claim.text not in seen:
                    seen.add(claim.text)
                    yield _RULES_OF[claim.kind].broken(line(brief), _told(claim))
    if without and sources:
        places = ", ".join(str(brief.line) for brief in without)
        yield CLAIM_SOURCE.broken(
            line(without[0]), f"{len(without)} of the briefs have no source text (lines {places})"
        )


def _told(claim: Claim) -> str:
    shown = claim.text if len(claim.text) <= _SHOWN else f"{claim.text[:_SHOWN]}…"
    marked = f"“{shown}” is not in the source"
    return f"{marked}; nearest there: “{claim.nearest}”" if claim.nearest else marked


def _has_figures(brief: Brief) -> bool:
    text = f"{brief.headline} {brief.text}"
    return any(char.isdigit() for char in text) or "“" in text or '"' in text
