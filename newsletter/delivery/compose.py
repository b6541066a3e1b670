"""From frozen rows to what one provider request carries. Pure: values in, a mailing out."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from newsletter.domain.mailing import Mailing, Message, Recipient
from newsletter.domain.rendition import LIST_TITLE, PREFERENCES_URL, UNSUBSCRIBE_URL, Part
from newsletter.domain.token import preferences_key, sign_all
from newsletter.errors import Refusal, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletter.domain.campaign import Claim, Envelope, PlannedDelivery
    from newsletter.domain.rendition import Rendition, Token

LONGEST_VALUES = 10_000
"""Characters of all values of one reader; SendGrid takes no more bytes of substitutions."""

_UNFIT = (AttributeError, LookupError, TypeError, ValueError, RecursionError)

# Controls, line separators, bidirectional overrides and lone surrogates never reach a mail.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def compose_message(label: str, envelope: Envelope, rendition: Rendition) -> Message:
    """What every reader of one version gets: the list's title is the same for all of them.

    `label` is what the provider calls it.
    """
    parts = {Part.HTML: rendition.html, Part.TEXT: rendition.text, Part.SUBJECT: rendition.subject}
    for token in rendition.tokens:
        if token.field == LIST_TITLE:
            title = envelope.list_title or token.fallback
            shown = html.escape(title) if token.part is Part.HTML else title
            parts[token.part] = parts[token.part].replace(token.placeholder, shown)
    return Message(
        campaign=label,
        sender=envelope.sender,
        reply_to=envelope.reply_to,
        subject=parts[Part.SUBJECT],
        html=parts[Part.HTML],
        text=parts[Part.TEXT],
        tokens=tuple(token for token in rendition.tokens if token.field != LIST_TITLE),
        list_id=envelope.list_id,
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
        tracking=claim.tracking,
    )


def compose_recipients(
    tokens: tuple[Token, ...], people: Iterable[PlannedDelivery], *, base_url: str, key: bytes
) -> tuple[Recipient, ...]:
    """Each person's links, and a value for each token, escaped for where it stands.

    The hottest loop of a send: what is the same for all is worked out before it.
    """
    people, place = tuple(people), f"{base_url}/u/"
    pairs = [(person[1], person[0]) for person in people]
    words = sign_all(key, pairs)
    preferences = [at for at, token in enumerate(tokens) if token.field == PREFERENCES_URL]
    pages = sign_all(preferences_key(key), pairs) if preferences else words
    links = (UNSUBSCRIBE_URL, PREFERENCES_URL)
    personal = [(at, token) for at, token in enumerate(tokens) if token.field not in links]
    recipients = []
    for (delivery, _, address, fields), word, page in zip(people, words, pages, strict=True):
        url = place + word
        values = (url,) * len(tokens)
        if preferences:
            values = _with_preferences(values, preferences, f"{base_url}/p/{page}")
        if personal:
            values = _personal_values(values, personal, fields or {})
        recipients.append(Recipient(str(delivery), address, values, url))
    return tuple(recipients)


def _with_preferences(links: tuple[str, ...], places: list[int], url: str) -> tuple[str, ...]:
    values = list(links)
    for at in places:
        values[at] = url
    return tuple(values)


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
