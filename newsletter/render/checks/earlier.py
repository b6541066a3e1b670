"""What a brief may not be: told before, held over for later, or under embargo."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from newsletter.render.checks.rules import Checked, error, line, note, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.domain.finding import Finding

RAN_BEFORE = warning(
    "ran-before",
    "A brief tells what an earlier issue told: the same page, or the same story.",
    "Remove it, or say what is new.",
)
FOLLOW_UP = note(
    "follow-up",
    "A brief tells more of a story that an earlier issue told.",
    "See that it begins with what is new, and does not contradict the earlier one.",
)
EMBARGO = error(
    "embargo",
    "A brief under embargo stands in an issue dated before its moment.",
    "Hold it over with `newsletter hold`, or date the issue later.",
    safety=True,
)
EMBARGO_TODAY = warning(
    "embargo-today",
    "A brief is under embargo until an hour of the issue's own day.",
    "Send after that hour.",
)
HELD_OVER = warning(
    "held-over",
    "A brief that is held over stands in the issue.",
    "Remove its comment `held over`, or move it back to candidates.md.",
)
RULES = (RAN_BEFORE, FOLLOW_UP, EMBARGO, EMBARGO_TODAY, HELD_OVER)


def check_earlier(checked: Checked) -> Iterator[Finding]:
    """Nothing twice, unless there is more to tell."""
    for brief in checked.issue.briefs:
        ran = checked.known.ran.get(brief.line)
        if ran is None:
            continue
        where = f"{ran.issue} as “{ran.headline[:60]}” ({ran.evidence})"
        if ran.follow_up:
            yield FOLLOW_UP.broken(line(brief), f"follows {where}; new here: {', '.join(ran.new)}")
        else:
            yield RAN_BEFORE.broken(line(brief), f"ran in {where}")


def check_days(checked: Checked) -> Iterator[Finding]:
    """Nothing before its day."""
    day = checked.issue.date
    for brief in checked.issue.briefs:
        if brief.held_over is not None:
            yield HELD_OVER.broken(line(brief), f"held over until {brief.held_over}")
        if brief.embargo is None or brief.embargo.date() < day:
            continue
        told = f"under embargo until {brief.embargo:%Y-%m-%d %H:%M}"
        if brief.embargo.date() > day:
            yield EMBARGO.broken(line(brief), f"{told}, the issue is of {day}")
        elif brief.embargo.time() > time():
            yield EMBARGO_TODAY.broken(line(brief), told)
