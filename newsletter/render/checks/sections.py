"""The issue's build: sections with briefs."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
RULES = (ISSUE_EMPTY, SECTION_EMPTY)


def check_sections(checked: Checked) -> Iterator[Finding]:
    """At least one brief; no section without any, but for a divider, which is a mere heading."""
    if not checked.issue.briefs:
        yield ISSUE_EMPTY.broken("issue.md", "there is nothing to read")
    for section in checked.issue.sections:
        if section.component != "divider" and not section.briefs and not section.intro.strip():
            yield SECTION_EMPTY.broken(line(section), f"“{section.title}” is empty")
