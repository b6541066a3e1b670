"""What the inbox shows: subject and preheader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.render.checks.rules import HEADER_PLACE, Checked, error, warning
from newsletter.render.tokens import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

LONGEST_SUBJECT = 60

SUBJECT_MISSING = error(
    "subject-missing",
    "The issue has no subject.",
    "Write `subject:` in the front matter of issue.md.",
)
SUBJECT_LONG = warning(
    "subject-long",
    f"The subject is longer than {LONGEST_SUBJECT} characters, and phones cut it.",
    "Shorten it, or put what matters first.",
)
PREHEADER_MISSING = warning(
    "preheader-missing",
    "There is no preheader, so inboxes show the first words of the mail instead.",
    "Write `preheader:` in the front matter of issue.md.",
)
RULES = (SUBJECT_MISSING, SUBJECT_LONG, PREHEADER_MISSING)


def check_message(checked: Checked) -> Iterator[Finding]:
    """Subject there and short; preheader there."""
    subject = sample(checked.issue.subject).strip()
    if not subject:
        yield SUBJECT_MISSING.broken(HEADER_PLACE, "the subject is empty")
    if len(subject) > LONGEST_SUBJECT:
        yield SUBJECT_LONG.broken(HEADER_PLACE, f"the subject has {len(subject)} characters")
    if not checked.issue.preheader.strip():
        yield PREHEADER_MISSING.broken(HEADER_PLACE, "the preheader is empty")
