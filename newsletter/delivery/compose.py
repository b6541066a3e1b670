"""From frozen rows to what one provider request carries. Pure: values in, a mailing out."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Mailing, Message, Recipient
from newsletter.domain.rendition import Part
from newsletter.domain.token import sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from newsletter.domain.campaign import Campaign, Claim, PlannedDelivery
    from newsletter.domain.rendition import Rendition, Token

UNSUBSCRIBE = "unsubscribe_url"

# Controls, line separators, bidirectional overrides and lone surrogates never reach a mail.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def compose_message(campaign: Campaign, rendition: Rendition) -> Message:
    """What every reader of one version gets."""
    return Message(
        campaign=str(campaign.id),
        sender=campaign.envelope.sender,
        reply_to=campaign.envelope.reply_to,
        subject=rendition.subject,
        html=rendition.html,
        text=rendition.text,
        tokens=rendition.tokens,
        list_id=campaign.envelope.list_id,
    )


def compose_mailing(message: Message, claim: Claim, *, base_url: str, key: bytes) -> Mailing:
    """The mailing of a claimed batch; `key` signs the unsubscribe links."""
    tokens = message.tokens
    return Mailing(
        attempt=claim.attempt,
        message=message,
        recipients=tuple(
            [compose_recipient(tokens, one, base_url=base_url, key=key) for one in claim.deliveries]
        ),
    )


def compose_recipient(
    tokens: tuple[Token, ...], person: PlannedDelivery, *, base_url: str, key: bytes
) -> Recipient:
    """One person: their link, and a value for each token, escaped for where it stands."""
    url = f"{base_url}/u/{sign(key, person.subscription, person.id)}"
    fields = person.fields or {}
    values = [
        url if token.field == UNSUBSCRIBE else _reader_value(token, fields) for token in tokens
    ]
    return Recipient(str(person.id), person.address, tuple(values), url)


def _reader_value(token: Token, fields: Mapping[str, object]) -> str:
    raw = fields.get(token.field.removeprefix("reader."))
    value = _UNPRINTABLE.sub("", str(raw)).strip() if raw is not None else ""
    value = value or token.fallback
    return html.escape(value) if token.part is Part.HTML else value
