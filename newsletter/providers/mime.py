"""One reader's mail as a MIME message: the same bytes whenever it is written again."""

from __future__ import annotations

import functools
import hashlib
import re
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part
from newsletter.providers.headers import (
    ascii_address,
    ascii_line,
    message_id,
    one_line,
    unfit,
    unfit_recipients,
    unsubscribe_headers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.domain.mailing import Message, Recipient
    from newsletter.domain.rendition import Token

# Longer lines than usual: the default would fold List-Unsubscribe into encoded words.
POLICY = policy.SMTP.clone(max_line_length=998)


def email_message(message: Message, recipient: Recipient, *, date: datetime) -> EmailMessage:
    """The mail of one recipient, tokens exchanged, text before html.

    Raises Rejected where a header would break: MESSAGE for the issue's own, RECIPIENTS (position
    0) for this recipient's.
    """
    if bad := unfit(message, (recipient,)):
        raise unfit_recipients(bad)
    mail = EmailMessage(policy=POLICY)
    for name, value in _headers(message, recipient, date).items():
        mail[name] = value
    mail.set_content(exchanged(message.text, message.tokens, recipient, Part.TEXT))
    html = exchanged(message.html, message.tokens, recipient, Part.HTML)
    mail.add_alternative(html, subtype="html")
    mail.set_boundary(_boundary(message, recipient))
    return mail


def exchanged(template: str, tokens: tuple[Token, ...], recipient: Recipient, part: Part) -> str:
    """The template with every token of this part replaced, in one pass: values stay as they are."""
    values = {
        token.placeholder: value
        for token, value in zip(tokens, recipient.values, strict=True)
        if token.part is part
    }
    if not values:
        return template
    return _pattern(tuple(values)).sub(lambda match: values[match[0]], template)


@functools.lru_cache(maxsize=64)
def _pattern(placeholders: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(placeholders, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


def _headers(message: Message, recipient: Recipient, date: datetime) -> Mapping[str, str | Address]:
    sender = ascii_address(message.sender.email, "sender's address")
    name = one_line(message.sender.name, "sender's name") if message.sender.name else ""
    subject = exchanged(message.subject, message.tokens, recipient, Part.SUBJECT)
    headers: dict[str, str | Address] = {
        "From": Address(name, addr_spec=sender),
        "To": recipient.address,
        "Subject": one_line(subject, "subject"),
        "Date": format_datetime(date),
        "Message-ID": message_id(message, recipient),
        "List-Id": ascii_line(message.list_id, "List-Id"),
    }
    if message.reply_to:
        headers["Reply-To"] = ascii_address(message.reply_to, "reply address")
    return headers | unsubscribe_headers(recipient)


def _boundary(message: Message, recipient: Recipient) -> str:
    """Drawn from the delivery's id, as the library would otherwise draw lots for every mail."""
    return "=_" + hashlib.sha256(message_id(message, recipient).encode()).hexdigest()[:32]
