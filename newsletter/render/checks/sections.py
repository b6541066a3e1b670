"""The issue's build: sections with briefs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from newsletter.domain.version import versions
from newsletter.render.checks.rules import Checked, error, line, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

ISSUE_EMPTY = error(
    "issue-empty", "The issue has no brief at all.", "Add one under `###`, or run `gather`."
)
SECTION_EMPTY = warning(
    "section-empty",
    "A section has neither a brief nor an introduction and is left out.",
    "Fill it, or remove its heading.",
)
VERSION_EMPTY = warning(
    "version-empty",
    "The audiences leave nothing to read for some readers, who would get an empty mail.",
    "Add a brief for them, or mail the others alone: `segment:` in the front matter.",
)
RULES = (ISSUE_EMPTY, SECTION_EMPTY, VERSION_EMPTY)


def check_sections(checked: Checked) -> Iterator[Finding]:
    """At least one brief; no section without any, but for a divider, which is a mere heading."""
    if not checked.issue.briefs:
        yield ISSUE_EMPTY.broken("issue.md", "there is nothing to read")
    for section in checked.issue.sections:
        if section.component != "divider" and not section.briefs and not section.intro.strip():
            yield SECTION_EMPTY.broken(line(section), f"“{section.title}” is empty")


def check_versions(checked: Checked) -> Iterator[Finding]:
    """At least one brief for everybody; an issue without any is another finding."""
    if checked.issue.briefs:
        for version in versions(checked.issue):
            if not version.issue.briefs:
                found = VERSION_EMPTY.broken("issue.md", "there is nothing to read for them")
                yield replace(found, version=version.key)
