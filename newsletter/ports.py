"""The seams to the outside whose implementers lie in a lower layer than their users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.domain.mailing import Mailing, Receipt


class Clock(Protocol):
    """Where the time comes from; always aware, always UTC."""

    def now(self) -> datetime:
        """The present moment."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Randomness(Protocol):
    """Where unguessable identifiers come from."""

    def token(self) -> str:
        """32 hexadecimal digits."""


class EmailProvider(Protocol):
    """Takes one batch of personalised mails in one request.

    `submit` returns a receipt only when the provider accepted the whole request, and raises only
    `Rejected` (refused for certain), `Busy` (not accepted, try later) or `Uncertain`.
    """

    @property
    def name(self) -> str:
        """`sendgrid` or `outbox`."""

    @property
    def largest_batch(self) -> int:
        """How many recipients one request may carry."""

    def submit(self, mailing: Mailing) -> Receipt:
        """Hand one mailing over; see the class for what may be raised."""
