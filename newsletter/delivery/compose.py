"""From frozen rows to what one provider request carries. Pure: values in, a mailing out."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Mailing, Message, Recipient
from newsletter.domain.rendition import Part
from newsletter.domain.token import sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    people = compose_recipients(message.tokens, claim.deliveries, base_url=base_url, key=key)
    return Mailing(attempt=claim.attempt, message=message, recipients=people)


def compose_recipients(
    tokens: tuple[Token, ...], people: Iterable[PlannedDelivery], *, base_url: str, key: bytes
) -> tuple[Recipient, ...]:
    """Each person's link, and a value for each token, escaped for where it stands.

    The hottest loop of a send: what is the same for all is worked out before it.
    """
    place = f"{base_url}/u/"
    personal = [(at, token) for at, token in enumerate(tokens) if token.field != UNSUBSCRIBE]
    recipients = []
    for delivery, subscription, address, fields in people:
        url = place + sign(key, subscription, delivery)
        values = [url] * len(tokens)
        for at, token in personal:
            values[at] = _reader_value(token, fields or {})
        recipients.append(Recipient(str(delivery), address, tuple(values), url))
    return tuple(recipients)


def _reader_value(token: Token, fields: Mapping[str, object]) -> str:
    raw = fields.get(token.field.removeprefix("reader."))
    value = _UNPRINTABLE.sub("", str(raw)).strip() if raw is not None else ""
    value = value or token.fallback
    return html.escape(value) if token.part is Part.HTML else value
