"""The issue's build: sections with briefs, headlines that differ."""

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
DUPLICATE_HEADLINE = warning(
    "duplicate-headline", "Two briefs have the same headline.", "Remove one, or tell them apart."
)
RULES = (ISSUE_EMPTY, SECTION_EMPTY, DUPLICATE_HEADLINE)


def check_sections(checked: Checked) -> Iterator[Finding]:
    """At least one brief; no section without any."""
    if not checked.issue.briefs:
        yield ISSUE_EMPTY.broken("issue.md", "there is nothing to read")
    for section in checked.issue.sections:
        if not section.briefs and not section.intro.strip():
            yield SECTION_EMPTY.broken(line(section), f"“{section.title}” is empty")


def check_headlines(checked: Checked) -> Iterator[Finding]:
    """No headline twice, in whatever case and spacing."""
    first: dict[str, str] = {}
    for brief in checked.issue.briefs:
        words = " ".join(brief.headline.casefold().split())
        if words in first:
            yield DUPLICATE_HEADLINE.broken(line(brief), f"{first[words]} has the same headline")
        first.setdefault(words, line(brief))
