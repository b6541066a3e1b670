"""The columns other programs export, told by their headers, and what becomes of each.

Headers of Mailchimp, listmonk, Ghost, Substack and SendGrid are those of real exports; Kit lets
people choose columns, so only the names of its own are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from newsletter.domain.audience import Field

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

IGNORED = ""
"""What a column becomes that nobody needs."""


@dataclass(frozen=True, slots=True)
class Preset:
    """`targets` has a field, an attribute or IGNORED for each plain header (`mapping.plain`).

    A header with all of `signature` is this program's. Where the beginning of a file's name tells
    how its people stand, `by_name` has the word for it; `only_by_name` says that nothing else does.
    `full_name` are the columns that together are the name.
    """

    key: str
    title: str
    signature: frozenset[str]
    targets: Mapping[str, str]
    by_name: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    only_by_name: bool = False
    full_name: tuple[str, ...] = ()

    def status(self, file_name: str) -> str:
        """The word for how everybody in a file of this name stands, '' where it tells nothing."""
        return next(
            (word for start, word in self.by_name.items() if file_name.lower().startswith(start)),
            "",
        )

    def fits(self, names: Collection[str], file_name: str) -> bool:
        """Whether a file of this name with these headers is this program's."""
        known = self.signature <= set(names)
        return known and (not self.only_by_name or bool(self.status(file_name)))


def _ignored(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, IGNORED)


MAILCHIMP = Preset(
    "mailchimp",
    "Mailchimp",
    frozenset({"email_address", "leid", "euid"}),
    {
        "email_address": Field.EMAIL,
        "first_name": "first_name",
        "last_name": "last_name",
        "optin_time": Field.SUBSCRIBED_AT,
        "confirm_time": Field.SUBSCRIBED_AT,
        "unsub_time": Field.UNSUBSCRIBED_AT,
        "clean_time": Field.BOUNCED_AT,
        "status": Field.STATUS,
        "timezone": Field.TIME_ZONE,
        "tags": Field.TAGS,
        "cc": "country",
        "region": "region",
        "notes": "notes",
        **_ignored(
            *("member_rating", "optin_ip", "confirm_ip", "latitude", "longitude", "gmtoff"),
            *("dstoff", "last_changed", "leid", "euid", "unsub_campaign_title"),
            *("unsub_campaign_id", "unsub_reason", "unsub_reason_other"),
            *("clean_campaign_title", "clean_campaign_id"),
        ),
    },
    by_name={
        "unsubscribed": "unsubscribed",
        "cleaned": "cleaned",
        "nonsubscribed": "nonsubscribed",
    },
    full_name=("first_name", "last_name"),
)
LISTMONK = Preset(
    "listmonk",
    "listmonk",
    frozenset({"uuid", "email", "name", "attributes", "status"}),
    {
        "email": Field.EMAIL,
        "name": Field.NAME,
        "attributes": Field.ATTRIBUTES,
        "status": Field.STATUS,
        "created_at": Field.SUBSCRIBED_AT,
        **_ignored("uuid", "updated_at"),
    },
)
GHOST = Preset(
    "ghost",
    "Ghost",
    frozenset({"email", "subscribed_to_emails", "complimentary_plan"}),
    {
        "email": Field.EMAIL,
        "name": Field.NAME,
        "note": "note",
        "subscribed_to_emails": Field.MAILABLE,
        "created_at": Field.SUBSCRIBED_AT,
        "deleted_at": Field.UNSUBSCRIBED_AT,
        "labels": Field.TAGS,
        "tiers": "tiers",
        "products": "tiers",
        **_ignored("id", "complimentary_plan", "stripe_customer_id", "gift_id"),
    },
)
SUBSTACK = Preset(
    "substack",
    "Substack",
    frozenset({"email", "active_subscription", "email_disabled"}),
    {
        "email": Field.EMAIL,
        "name": Field.NAME,
        "email_disabled": Field.UNMAILABLE,
        "created_at": Field.SUBSCRIBED_AT,
        "plan": "plan",
        "active_subscription": "paid",
        **_ignored("expiry", "first_payment_at", "prefer_digests"),
    },
)
KIT = Preset(
    "kit",
    "Kit",
    frozenset({"email", "first_name", "status", "created_at"}),
    {
        "email": Field.EMAIL,
        "email_address": Field.EMAIL,
        "first_name": "first_name",
        "status": Field.STATUS,
        "state": Field.STATUS,
        "created_at": Field.SUBSCRIBED_AT,
        "subscribed_at": Field.SUBSCRIBED_AT,
        "tags": Field.TAGS,
        **_ignored("id", "subscriber_id"),
    },
    full_name=("first_name",),
)
SENDGRID = Preset(
    "sendgrid",
    "SendGrid contacts",
    frozenset({"email", "contact_id", "created_at"}),
    {
        "email": Field.EMAIL,
        "first_name": "first_name",
        "last_name": "last_name",
        "created_at": Field.SUBSCRIBED_AT,
        **_ignored(
            *("contact_id", "updated_at", "alternate_emails", "phone_number_id", "external_id"),
            *("anonymous_id", "address_line_1", "address_line_2", "postal_code", "phone_number"),
            *("whatsapp", "line", "facebook", "unique_name"),
        ),
    },
    full_name=("first_name", "last_name"),
)
SENDGRID_SUPPRESSIONS = Preset(
    "sendgrid-suppressions",
    "SendGrid suppressions",
    frozenset({"email", "created"}),
    {
        "email": Field.EMAIL,
        "created": Field.BOUNCED_AT,
        **_ignored("status", "reason", "ip"),
    },
    by_name={
        "suppression_bounces": "bounced",
        "suppression_spam_reports": "spam report",
        "suppression_invalid_emails": "invalid",
        "suppression_unsubscribes": "unsubscribed from everything",
        "suppression_blocks": "",
    },
    only_by_name=True,
)
PRESETS = (MAILCHIMP, LISTMONK, GHOST, SUBSTACK, SENDGRID, SENDGRID_SUPPRESSIONS, KIT)
