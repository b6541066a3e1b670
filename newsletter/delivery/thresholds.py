"""When what came back of a campaign is reason enough to pause it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.config.sending import Thresholds
    from newsletter.store.returns import Returned

WORSE = 2.0
"""A threshold a person has accepted pauses again once the share is so many times what it was."""

FEWEST = 2
"""Mails that went wrong below this many are chance, not a share: one complaint of 200 is 0.5 %."""


@dataclass(frozen=True, slots=True)
class Trip:
    """A threshold that was reached: which, the share that reached it, and that in words."""

    threshold: str
    share: float
    reason: str


def tripped(
    returned: Returned, thresholds: Thresholds, accepted: Mapping[str, float], *, after: int
) -> Trip | None:
    """The first threshold reached by what came back of at least `after` mails, or None.

    `accepted` holds the shares at which it paused before and a person let it go on.
    """
    if returned.submitted < max(after, 1):
        return None
    looks = (
        ("complaints", returned.complaints, thresholds.complaints, "were complained about"),
        ("bounces", returned.bounces, thresholds.bounces, "bounced"),
        ("errors", returned.errors, thresholds.errors, "were rejected or dropped by the provider"),
    )
    for name, count, threshold, what in looks:
        share = count / returned.submitted
        if count < min(FEWEST, returned.submitted):
            continue
        if share >= max(threshold, WORSE * accepted.get(name, 0.0)):
            reason = (
                f"paused by sending.thresholds.{name}: {count:,} of {returned.submitted:,} mails "
                f"{what}, which is {share:.2%} where {threshold:.2%} was set; look at the list and "
                "the issue, then resume or cancel"
            )
            return Trip(name, share, reason)
    return None
