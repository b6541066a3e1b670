"""The seams to the outside whose implementers lie in a lower layer than their users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.job import Job, Queue
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


@runtime_checkable
class Timekeeping(Protocol):
    """A provider whose answers tell the time."""

    def told_time(self) -> datetime | None:
        """What its clock shows, to the second; None where the answer does not say.

        Busy where it was not reached.
        """


class JobRunner(Protocol):
    """How work is spread: over threads of this process, or over workers on any number of hosts.

    It is never the record of what was done: see `domain.job`.
    """

    def enqueue(self, job: Job, connection: Connection) -> None:
        """Have it done once the transaction of `connection` is committed, and not if it is undone.

        One that waits already is not added again. StoreError where the database is gone.
        """

    def working(
        self, do: Callable[[Job], None], *, queues: Collection[Queue], concurrency: int
    ) -> AbstractContextManager[None]:
        """Take jobs from these queues for as long as the block lasts, so many of each at once, in
        threads: no queue waits for another.

        At its end the jobs under way are waited for; who wants them to end soon tells `do`. What
        `do` raises is logged, and keeps no other job from being done.
        """
