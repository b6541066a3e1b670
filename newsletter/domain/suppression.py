"""Why an address must not be mailed, which of these reasons a person may lift, and which are the
provider's business too.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What stands in a suppression."""

    BOUNCED = "bounced"
    SOFT_BOUNCES = "soft bounces"
    COMPLAINED = "complained"
    INVALID = "invalid"  # no such address, the provider says
    UNSUBSCRIBED = "unsubscribed"  # from everything, while we did not know the person
    BY_HAND = "by hand"
    ERASED = "erased"


WORTH_TELLING = (Reason.COMPLAINED, Reason.UNSUBSCRIBED, Reason.BY_HAND)
"""What a person wished: it holds for whatever else the account sends. Bounces are the provider's
own finding.
"""

OWN_WISH = (Reason.UNSUBSCRIBED, Reason.ERASED)
"""What a person wished, and takes back by confirming a sign-up; complaints and bounces stay."""


def obstacle(reason: str, *, force: bool) -> str | None:
    """Why a suppression must not be lifted, with the remedy if there is one; None where it may."""
    if reason == Reason.ERASED:
        return "the person was erased; only a sign-up that they confirm brings them back"
    if reason == Reason.COMPLAINED and not force:
        return (
            "the person reported your mail as spam; mailing them again harms every other reader's "
            "delivery; add --force if they asked for it themselves"
        )
    return None
