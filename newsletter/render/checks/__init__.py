"""Everything a finished issue is checked for before a person approves it.

A check is a plain function from what is checked to findings; `RULES` lists every rule they know,
for the documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.finding import Level
from newsletter.render.checks import (
    dates,
    footer,
    images,
    leftovers,
    links,
    markup,
    message,
    sections,
)
from newsletter.render.checks.rules import Checked, Rule

if TYPE_CHECKING:
    from newsletter.config import Publication
    from newsletter.domain.finding import Finding
    from newsletter.domain.issue import Issue
    from newsletter.domain.rendition import Rendition

RULES: tuple[Rule, ...] = (
    *message.RULES,
    *sections.RULES,
    *links.RULES,
    *images.RULES,
    *dates.RULES,
    *leftovers.RULES,
    *footer.RULES,
    *markup.RULES,
)
CHECKS = (
    message.check_message,
    sections.check_sections,
    sections.check_headlines,
    links.check_addresses,
    links.check_page_addresses,
    links.check_duplicates,
    links.check_briefs_link,
    images.check_images,
    images.check_page_images,
    dates.check_weekdays,
    leftovers.check_secrets,
    leftovers.check_placeholders,
    leftovers.check_tokens,
    footer.check_unsubscribe,
    footer.check_postal_address,
    markup.check_size,
    markup.check_css,
    markup.check_active,
)
_ORDER = (Level.ERROR, Level.WARNING, Level.NOTE)


def check(
    issue: Issue, renditions: tuple[Rendition, ...], *, publication: Publication
) -> tuple[Finding, ...]:
    """Every finding once: errors first, then in the order of the checks."""
    checked = Checked(issue, renditions, publication)
    found = dict.fromkeys(finding for run in CHECKS for finding in run(checked))
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.level)))
