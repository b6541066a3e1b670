"""From frozen rows to what one provider request carries. Pure: values in, a mailing out."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Mailing, Message, Recipient
from newsletter.domain.rendition import Part
from newsletter.domain.token import sign_all
from newsletter.errors import Refusal, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.domain.campaign import Campaign, Claim, PlannedDelivery
    from newsletter.domain.rendition import Rendition, Token

UNSUBSCRIBE = "unsubscribe_url"

LONGEST_VALUES = 10_000
"""Characters of all values of one reader; SendGrid takes no more bytes of substitutions."""

_UNFIT = (AttributeError, LookupError, TypeError, ValueError, RecursionError)

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
    """The mailing of a claimed batch; `key` signs the unsubscribe links.

    Raises Rejected with the positions of people whose own values cannot be put into a mail.
    """
    tokens, deliveries = message.tokens, claim.deliveries
    try:
        people = compose_recipients(tokens, deliveries, base_url=base_url, key=key)
    except _UNFIT:
        raise _unfit(tokens, deliveries, base_url=base_url, key=key) from None
    return Mailing(
        attempt=claim.attempt,
        message=message,
        recipients=people,
        send_at=claim.send_at,
        recall=claim.recall,
    )


def compose_recipients(
    tokens: tuple[Token, ...], people: Iterable[PlannedDelivery], *, base_url: str, key: bytes
) -> tuple[Recipient, ...]:
    """Each person's link, and a value for each token, escaped for where it stands.

    The hottest loop of a send: what is the same for all is worked out before it.
    """
    people, place = tuple(people), f"{base_url}/u/"
    words = sign_all(key, [(person[1], person[0]) for person in people])
    personal = [(at, token) for at, token in enumerate(tokens) if token.field != UNSUBSCRIBE]
    recipients = []
    for (delivery, _, address, fields), word in zip(people, words, strict=True):
        url = place + word
        values = (url,) * len(tokens)
        if personal:
            values = _personal_values(values, personal, fields or {})
        recipients.append(Recipient(str(delivery), address, values, url))
    return tuple(recipients)


def _personal_values(
    links: tuple[str, ...], personal: list[tuple[int, Token]], fields: Mapping[str, object]
) -> tuple[str, ...]:
    """The values of one reader, where not all are links; ValueError where they are too long."""
    values = list(links)
    for at, token in personal:
        values[at] = _reader_value(token, fields)
    if sum(map(len, values)) > LONGEST_VALUES:
        raise ValueError("the values of one reader are too long for a mail")
    return tuple(values)


def _unfit(
    tokens: tuple[Token, ...], people: tuple[PlannedDelivery, ...], *, base_url: str, key: bytes
) -> Rejected:
    """The refusal of those people of whom no recipient can be made."""
    positions = []
    for position, person in enumerate(people):
        try:
            compose_recipients(tokens, (person,), base_url=base_url, key=key)
        except _UNFIT:
            positions.append(position)
    return Rejected(
        f"{len(positions)} people have attributes that cannot be put into a mail; correct them",
        refusal=Refusal.RECIPIENTS,
        positions=tuple(positions),
    )


def _reader_value(token: Token, fields: Mapping[str, object]) -> str:
    raw = fields.get(token.field.removeprefix("reader."))
    value = _UNPRINTABLE.sub("", str(raw)).strip() if raw is not None else ""
    value = value or token.fallback
    return html.escape(value) if token.part is Part.HTML else value
