"""The seams to the outside whose implementers lie in a lower layer than their users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

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
    `Rejected` (refused for certain), `Busy` (not accepted, try later), `Uncertain`, or, where the
    provider answers person by person, `Partly`.
    """

    @property
    def name(self) -> str:
        """`sendgrid`, `smtp` or `outbox`."""

    @property
    def largest_batch(self) -> int:
        """How many recipients one request may carry."""

    def submit(self, mailing: Mailing) -> Receipt:
        """Hand one mailing over; see the class for what may be raised."""


@runtime_checkable
class Recalling(Protocol):
    """A provider that keeps a mailing until its moment and can discard it before.

    Each method raises `Rejected`, `Busy` or `Uncertain` as `EmailProvider.submit` does.
    """

    def new_recall(self) -> str:
        """A fresh id, made by the provider, for `Mailing.recall`."""

    def discard(self, recall: str) -> None:
        """Ask that whatever was or will be submitted under this id is thrown away; repeatable."""

    def discarded(self, recall: str) -> bool:
        """Whether the provider confirms that it will throw it away."""


@runtime_checkable
class Lookup(Protocol):
    """A provider that can be asked, after an answer was lost, whether it took the request."""

    def took(self, attempt: str, *, since: datetime) -> bool | None:
        """True: it did. False or None: nothing was found, which proves nothing."""
