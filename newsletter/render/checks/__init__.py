"""Everything a finished issue is checked for before a person approves it.

A check is a plain function to findings, from the issue as it was written or from one version as
its readers get it; `RULES` lists every rule they know, for the documentation.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.domain.finding import Level
from newsletter.render.checks import (
    claims,
    contrast,
    dates,
    earlier,
    fields,
    footer,
    images,
    leftovers,
    links,
    mail,
    markup,
    message,
    sections,
    silence,
    sponsor,
    stories,
    structure,
    support,
    visits,
)
from newsletter.render.checks.known import Known
from newsletter.render.checks.rules import Checked, CheckedVersion, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from newsletter.config import Publication
    from newsletter.domain.finding import Finding
    from newsletter.domain.issue import Issue
    from newsletter.domain.rendition import Rendition

RULES: tuple[Rule, ...] = (
    *message.RULES,
    *sections.RULES,
    *stories.RULES,
    *earlier.RULES,
    *claims.RULES,
    *links.RULES,
    *visits.RULES,
    *images.RULES,
    *dates.RULES,
    *leftovers.RULES,
    *fields.RULES,
    *footer.RULES,
    *sponsor.RULES,
    *markup.RULES,
    *structure.RULES,
    *contrast.RULES,
    *support.RULES,
    *mail.RULES,
    *silence.RULES,
)
ISSUE_CHECKS = (
    message.check_subject,
    message.check_preheader,
    sections.check_sections,
    sections.check_versions,
    stories.check_repeats,
    stories.check_briefs_link,
    earlier.check_earlier,
    earlier.check_days,
    claims.check_claims,
    links.check_addresses,
    links.check_words,
    visits.check_answers,
    images.check_images,
    dates.check_weekdays,
    leftovers.check_secrets,
    leftovers.check_placeholders,
    fields.check_fields,
    sponsor.check_sold,
    mail.check_spam,
)
VERSION_CHECKS = (
    links.check_page_addresses,
    images.check_page_images,
    leftovers.check_page_secrets,
    leftovers.check_tokens,
    footer.check_unsubscribe,
    footer.check_preferences,
    footer.check_postal_address,
    sponsor.check_sponsor,
    markup.check_size,
    markup.check_css,
    markup.check_active,
    structure.check_headings,
    structure.check_language,
    structure.check_tables,
    contrast.check_contrast,
    support.check_support,
    mail.check_message,
    mail.check_text,
)
_ORDER = (Level.ERROR, Level.WARNING, Level.NOTE)
_LINE = re.compile(r":\d+\Z")


def check(
    issue: Issue,
    renditions: tuple[Rendition, ...],
    *,
    publication: Publication,
    known: Known | None = None,
    levels: Mapping[str, Level | None] | None = None,
) -> tuple[Finding, ...]:
    """Every finding once: errors first, then in the order of the checks.

    `levels` are the publication's own, None for a check switched off. ConfigError where they, or
    the shares of mail programs in `known`, name something unknown.
    """
    checked = Checked(issue, publication, known or Known())
    found = dict.fromkeys(finding for run in ISSUE_CHECKS for finding in run(checked))
    found |= dict.fromkeys(_of_versions(checked, renditions))
    rules = {rule.code: rule for rule in RULES}
    left = silence.without_silenced(
        silence.with_levels(found, rules, levels or {}), rules, issue.silence
    )
    return tuple(sorted(left, key=lambda finding: _ORDER.index(finding.level)))


def _of_versions(checked: Checked, renditions: tuple[Rendition, ...]) -> Iterator[Finding]:
    """Findings of the versions; what is true of all of them is told once, of none in particular.

    The same thing stands in other lines of other versions, so lines do not tell two apart.
    """
    first: dict[Finding, Finding] = {}
    versions: dict[Finding, list[str]] = {}
    for rendition in renditions:
        version = CheckedVersion(checked, rendition)
        for finding in dict.fromkeys(one for run in VERSION_CHECKS for one in run(version)):
            key = replace(finding, place=_LINE.sub("", finding.place))
            first.setdefault(key, finding)
            keys = versions.setdefault(key, [])
            if rendition.version not in keys:
                keys.append(rendition.version)
    for key, finding in first.items():
        everywhere = len(versions[key]) == len(renditions)
        yield finding if everywhere else replace(finding, version=", ".join(versions[key]))
