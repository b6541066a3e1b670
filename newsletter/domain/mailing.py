"""What one request to an e-mail provider carries, in no provider's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.domain.rendition import Token


class Tracking(IntFlag):
    """What a provider notes of the readers of a mailing, all of whom agreed. The numbers are
    stored.
    """

    OPENS = 1
    CLICKS = 2

    @property
    def words(self) -> str:
        """`opens and clicks`; '' for nothing."""
        return " and ".join(f"{one.name}".lower() for one in self)


UNTRACKED = Tracking(0)

SPECIMEN = "specimen"
"""The campaign's label on mail outside every campaign: tests and proofs."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, as in a From header."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What every reader of one version gets; shared by all its mailings, so providers may cache.

    `tokens` are exchanged per recipient in html, text and subject. `list_id` is the List-Id header
    (RFC 2919). `campaign` is an opaque label.
    """

    campaign: str
    sender: Mailbox
    subject: str
    html: str
    text: str
    tokens: tuple[Token, ...]
    list_id: str
    reply_to: str | None = None


class Recipient(NamedTuple):
    """One person of a mailing. `values` stand in the order of the message's tokens, escaped.

    `unsubscribe_url` feeds List-Unsubscribe (RFC 8058): https, opaque, theirs alone. A named tuple,
    for a frozen dataclass takes four times as long to make, a million times an issue.
    """

    delivery: str
    address: str
    values: tuple[str, ...]
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Mailing:
    """One request: a message, its recipients, and the attempt id that comes back in events.

    With `send_at` the provider keeps it until then; `recall` is the provider's own id under which
    it can be told to discard it before. Providers that can note no opens and clicks ignore
    `tracking`.
    """

    attempt: str
    message: Message
    recipients: tuple[Recipient, ...]
    send_at: datetime | None = None
    recall: str = ""
    tracking: Tracking = UNTRACKED


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider accepted the whole mailing; `reference` is its own id for the request, and
    `begun_at` is when the first byte of it left, where the provider tells.
    """

    reference: str
    status: int
    begun_at: datetime | None = None
