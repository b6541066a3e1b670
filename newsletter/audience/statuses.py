"""How somebody stands at the program a file comes from: still there, gone, not to be mailed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.audience.cells import flag, one_line, shown
from newsletter.audience.moments import moment, moment_text
from newsletter.domain.audience import Field, Suppression
from newsletter.errors import AudienceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LONGEST_REASON = 40
STAYED = ("subscribed", "active", "enabled", "confirmed", "cold")
LEFT = (
    *("unsubscribed", "cancelled", "canceled", "disabled", "inactive", "archived"),
    *("unconfirmed", "pending", "non-subscribed", "nonsubscribed", "transactional"),
)
REASONS = {
    **dict.fromkeys(("cleaned", "bounced", "bounce", "hard bounced"), "bounced"),
    **dict.fromkeys(("complained", "complaint", "spam", "spam report"), "complained"),
    **dict.fromkeys(("blocklisted", "blacklisted", "blocked"), "blocklisted"),
    "invalid": "invalid",
    "unsubscribed from everything": "unsubscribed",
}
"""Words of other programs for an address that must not be mailed, and ours for why."""

_FIELDS = frozenset(
    {
        Field.STATUS,
        Field.SUPPRESSED,
        Field.BOUNCED_AT,
        Field.UNSUBSCRIBED_AT,
        Field.MAILABLE,
        Field.UNMAILABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Status:
    """`left` is when somebody left all lists of the row; `suppression` forbids any mail."""

    left: datetime | None = None
    suppression: Suppression | None = None


STAYS = Status()


def status(said: Mapping[Field, str], at: datetime) -> Status:
    """Where somebody stands by all that a row says of it; of several, what forbids more counts.

    What the row does not date is dated `at`. AudienceError for words that are not known, rather
    than mailing somebody who must not be.
    """
    if _FIELDS.isdisjoint(said):
        return STAYS
    if Field.SUPPRESSED in said:
        return Status(suppression=_suppression(said[Field.SUPPRESSED], at))
    bounced, left = past(said, Field.BOUNCED_AT, at), past(said, Field.UNSUBSCRIBED_AT, at)
    word = said.get(Field.STATUS, STAYED[0]).lower()
    reason = REASONS.get(word, "bounced" if bounced else "")
    if reason:
        return Status(suppression=Suppression(reason, bounced or left or at))
    if word not in STAYED + LEFT:
        raise AudienceError(
            f"“{shown(word)}” is no status that is known, such as subscribed, unsubscribed or "
            "bounced; if that column is about something else, give it another name with --map"
        )
    refused = flag("unmailable", said.get(Field.UNMAILABLE, "no"))
    allowed = flag("mailable", said.get(Field.MAILABLE, "yes"))
    gone = word in LEFT or refused or not allowed
    return Status(left=left or (at if gone else None))


def past(said: Mapping[Field, str], field: Field, at: datetime) -> datetime | None:
    """The moment a field names, which must not lie after `at`; None where it says nothing."""
    return not_after(at, moment(said[field])) if field in said else None


def not_after(at: datetime, when: datetime) -> datetime:
    """`when`, unless it has not come yet."""
    if when > at:
        raise AudienceError("a date of something that was lies in the future")
    return when


def suppression_text(suppression: Suppression) -> str:
    """Why and since when, as `status` reads it back."""
    return f"{suppression.reason} {moment_text(suppression.at)}"


def _suppression(text: str, at: datetime) -> Suppression:
    reason, _, when = text.rpartition(" ")
    if not reason or not when[:1].isdigit():
        reason, when = text, ""
    return Suppression(
        one_line("suppressed", reason, LONGEST_REASON), not_after(at, moment(when)) if when else at
    )
