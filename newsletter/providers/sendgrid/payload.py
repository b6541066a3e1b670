"""The body of SendGrid's v3 mail/send: as plain dicts, and as bytes made quickly.

A body is one part per mailing (people, ids, time) and one part per message (the rendered issue).
The second is large and always the same, so `envelope` encodes it once and `encoded` joins the two
without touching the html again.
https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
"""

from __future__ import annotations

import re
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

import orjson

from newsletter.domain.mailing import UNTRACKED, Recipient, Tracking
from newsletter.domain.rendition import PREFERENCES_URL, UNSUBSCRIBE_URL, Part
from newsletter.errors import Refusal, Rejected
from newsletter.providers.headers import (
    ascii_address,
    ascii_line,
    one_line,
    unfit,
    unfit_recipients,
    unsubscribe_headers,
)

if TYPE_CHECKING:
    from newsletter.config import SendGrid
    from newsletter.domain.mailing import Mailbox, Mailing, Message

LARGEST_BATCH = 1000
DELIVERY = "newsletter_delivery"
ATTEMPT = "newsletter_attempt"
CAMPAIGN = "newsletter_campaign"
"""Names of our custom args. Their own prefix keeps them from being overwritten in events."""


def body(mailing: Mailing, options: SendGrid | None = None) -> dict[str, Any]:
    """The whole body as plain dicts; `encoded` makes the same as bytes."""
    _check(mailing)
    placeholders = _placeholders(mailing)
    people = [_personalization(recipient, placeholders) for recipient in mailing.recipients]
    return (
        {"personalizations": people}
        | _identity(mailing)
        | message_part(mailing.message, options, mailing.tracking)
    )


def envelope(
    message: Message, options: SendGrid | None = None, tracking: Tracking = UNTRACKED
) -> bytes:
    """The encoded part that every mailing of this message shares, under the same `tracking`."""
    try:
        return orjson.dumps(message_part(message, options, tracking))
    except orjson.JSONEncodeError:
        raise Rejected(
            "the issue holds characters that are no valid text (lone surrogates); "
            "retype the passage and approve again",
            refusal=Refusal.MESSAGE,
        ) from None


def encoded(mailing: Mailing, shared: bytes) -> bytes:
    """The body of one request; `shared` is the envelope of the mailing's message and tracking.

    Raises Rejected where the mailing can never be accepted: more than 1,000 recipients (SIZE), or
    recipients that no mail can carry (RECIPIENTS, with their positions).
    """
    _check(mailing)
    own = orjson.dumps(_identity(mailing))
    return b"".join(
        (
            b'{"personalizations":[',
            _people(mailing),
            b"],",
            memoryview(own)[1:-1],
            b",",
            memoryview(shared)[1:],
        )
    )


def _check(mailing: Mailing) -> None:
    if not 0 < len(mailing.recipients) <= LARGEST_BATCH:
        raise Rejected(
            f"one request carries 1 to {LARGEST_BATCH:,} recipients, not "
            f"{len(mailing.recipients):,}; set sending.batch_size lower",
            refusal=Refusal.SIZE,
        )
    if bad := unfit(mailing.message, mailing.recipients):
        raise unfit_recipients(bad)


def _identity(mailing: Mailing) -> dict[str, Any]:
    """Ids and time: what differs from request to request, beside the people."""
    part: dict[str, Any] = {
        "custom_args": {ATTEMPT: mailing.attempt, CAMPAIGN: mailing.message.campaign}
    }
    if mailing.send_at is not None:
        part["send_at"] = int(mailing.send_at.timestamp())
    if mailing.recall:
        part["batch_id"] = mailing.recall
    return part


def _people(mailing: Mailing) -> bytes:
    """The personalizations, encoded: one per recipient, so that nobody sees another's address.

    Their shape is encoded once, with marks where the values go: four dicts a reader are half of
    the time of a send otherwise.
    """
    marks = tuple(f"@{place}@" for place in range(len(mailing.message.tokens)))
    model = Recipient("@delivery@", "@address@", marks, "@url@")
    shape = orjson.dumps(_personalization(model, _placeholders(mailing))).decode()
    shape = shape.replace("%", "%%")
    for mark in ("@address@", "<@url@>", "@delivery@", *marks):
        shape = shape.replace(f'"{mark}"', "%s")
    quoted = encode_basestring
    return ",".join(
        [
            shape
            % (
                quoted(one.address),
                quoted(f"<{one.unsubscribe_url}>"),
                quoted(one.delivery),
                *map(quoted, one.values),
            )
            for one in mailing.recipients
        ]
    ).encode()


def _placeholders(mailing: Mailing) -> list[str]:
    return [token.placeholder for token in mailing.message.tokens]


def message_part(
    message: Message, options: SendGrid | None = None, tracking: Tracking = UNTRACKED
) -> dict[str, Any]:
    """The issue and its settings: the same in every request of one message and tracking.

    Whatever the account has switched on is off here: subscription tracking would double our
    unsubscribe headers and keep a second list of its own, the others would rewrite approved bytes
    (campaign parameters in each URL, a footer; a pixel and links for who did not agree to it).
    """
    _distinct_placeholders(message)
    campaign = ascii_line(message.campaign, "campaign's label")
    part: dict[str, Any] = {
        "from": _sender(message.sender),
        "subject": one_line(message.subject, "subject"),
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": _html(message, tracking)},
        ],
        "headers": {"List-Id": ascii_line(message.list_id, "List-Id")},
        "categories": list(dict.fromkeys(("newsletter", campaign))),
        "tracking_settings": {
            "click_tracking": {"enable": Tracking.CLICKS in tracking, "enable_text": False},
            "open_tracking": {"enable": Tracking.OPENS in tracking},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
        "mail_settings": {"footer": {"enable": False}},
    }
    if message.reply_to:
        part["reply_to"] = {"email": ascii_address(message.reply_to, "reply address")}
    return part if options is None else _with_options(part, options)


def _html(message: Message, tracking: Tracking) -> str:
    """The HTML; where clicks are noted, readers leave and choose by links that lead there straight.

    SendGrid rewrites no link with this attribute before its address:
    https://www.twilio.com/docs/sendgrid/ui/account-and-settings/tracking#click-tracking
    """
    personal = [
        re.escape(token.placeholder)
        for token in message.tokens
        if token.field in (UNSUBSCRIBE_URL, PREFERENCES_URL) and token.part is Part.HTML
    ]
    if Tracking.CLICKS not in tracking or not personal:
        return message.html
    address = rf"""(?=\bhref=["'](?:{"|".join(personal)}))"""
    return re.sub(address, "clicktracking=off ", message.html)


def _with_options(part: dict[str, Any], options: SendGrid) -> dict[str, Any]:
    """What the account asks for beside. In the sandbox a request is looked at and thrown away."""
    part["categories"] = list(dict.fromkeys((*part["categories"], *options.categories)))
    if options.ip_pool_name is not None:
        part["ip_pool_name"] = options.ip_pool_name
    if options.asm is not None:
        part["asm"] = {"group_id": options.asm.group_id}
        if options.asm.groups_to_display:
            part["asm"]["groups_to_display"] = list(options.asm.groups_to_display)
    if options.sandbox:
        part["mail_settings"]["sandbox_mode"] = {"enable": True}
    return part


def _personalization(recipient: Recipient, placeholders: list[str]) -> dict[str, Any]:
    person: dict[str, Any] = {
        "to": [{"email": recipient.address}],
        "headers": unsubscribe_headers(recipient),
        "custom_args": {DELIVERY: recipient.delivery},
    }
    if placeholders:
        person["substitutions"] = dict(zip(placeholders, recipient.values, strict=True))
    return person


def _sender(sender: Mailbox) -> dict[str, str]:
    address = {"email": ascii_address(sender.email, "sender's address")}
    if not sender.name:
        return address
    if "," in sender.name or ";" in sender.name:
        raise Rejected(
            "SendGrid takes no comma or semicolon in a sender's name; "
            "change publication.from.name in config.yaml",
            refusal=Refusal.MESSAGE,
        )
    return address | {"name": one_line(sender.name, "sender's name")}


def _distinct_placeholders(message: Message) -> None:
    """SendGrid exchanges by name only, in every part: one name must not mean two things."""
    names = [token.placeholder for token in message.tokens]
    if len(set(names)) != len(names):
        raise Rejected(
            "two tokens of the issue share a placeholder; render and approve it again",
            refusal=Refusal.MESSAGE,
        )
