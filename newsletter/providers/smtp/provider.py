"""A mail server as an EmailProvider: kept connections, one for each thread that submits."""

from __future__ import annotations

import functools
import ssl
import threading
from typing import TYPE_CHECKING

from newsletter.errors import Busy, ProviderError, Refusal, Rejected
from newsletter.providers.headers import ascii_address, unfit, unfit_recipients
from newsletter.providers.mime import MailForm
from newsletter.providers.smtp.answers import Answer, Fate, must_stop, receipt
from newsletter.providers.smtp.connection import Account, Connection, Letter, Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import SecretStr

    from newsletter.config import Smtp
    from newsletter.domain.mailing import Mailing, Receipt
    from newsletter.ports import Clock


class SmtpProvider:
    """Submits mailings to a mail server; safe to share among threads.

    Each mail is the server's own to accept, so where it does not treat all alike, `submit` raises
    Partly. A mailing is small, for a process killed in the middle leaves all of it in doubt.
    `sender` is who mails are from; bounces go to them unless the settings say otherwise. `sign`
    puts a signature before a finished mail.
    """

    name = "smtp"
    largest_batch = 100

    def __init__(
        self,
        settings: Smtp,
        *,
        password: SecretStr | None,
        sender: str,
        clock: Clock,
        sign: Callable[[bytes], bytes] = bytes,
        context: ssl.SSLContext | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        bounces_to = ascii_address(settings.bounces_to or sender, "address that gets the bounces")
        self._account = Account(
            settings=settings,
            password=password,
            context=context or ssl.create_default_context(),
            hello=bounces_to.rpartition("@")[2],
            bounces_to=bounces_to,
            timeouts=timeouts or Timeouts(),
        )
        self._clock = clock
        self._sign = sign
        self._form = functools.lru_cache(maxsize=8)(MailForm)
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def submit(self, mailing: Mailing) -> Receipt:
        """Hand one mailing over; see ports.EmailProvider."""
        self._check(mailing)
        form, date = self._form(mailing.message), self._clock.now()
        answers: list[Answer] = []

        def letters() -> Iterator[Letter]:
            for recipient in mailing.recipients[len(answers) :]:
                mail = form.filled(recipient, attempt=mailing.attempt, date=date)
                yield Letter(recipient.address, self._sign(mail))

        trouble = None
        try:
            self._transfer(letters, answers, len(mailing.recipients))
        except ProviderError as error:
            trouble = error
        return receipt(answers, len(mailing.recipients), trouble)

    def close(self) -> None:
        """Say goodbye on every kept connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _transfer(
        self, letters: Callable[[], Iterator[Letter]], answers: list[Answer], recipients: int
    ) -> None:
        """Fill `answers`, over a new connection where one ends that was of some use.

        Raises Busy or Rejected where no connection can be had for those that have no answer yet.
        """
        while len(answers) < recipients:
            connection, kept = self._connection()
            before = len(answers)
            for answer in connection.transfer(letters()):
                answers.append(answer)
                if answer.fate is Fate.ACCEPTED or len(answers) == recipients:
                    continue
                if must_stop(answers):
                    connection.drop()
                    return
            if not connection.broken:
                self._keep(connection)
            elif not kept and not _any_accepted(answers[before:]):
                raise Busy(
                    f"the mail server ended the connection ({connection.last_words}); "
                    "it is tried again in a while"
                )

    def _connection(self) -> tuple[Connection, bool]:
        """A connection, and whether it was kept from before (and so may have ended unnoticed)."""
        with self._lock:
            if self._idle:
                return self._idle.pop(), True
        return Connection(self._account), False

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            self._idle.append(connection)

    def _check(self, mailing: Mailing) -> None:
        if not 0 < len(mailing.recipients) <= self.largest_batch:
            raise Rejected(
                f"one batch carries 1 to {self.largest_batch:,} recipients, not "
                f"{len(mailing.recipients):,}; set sending.batch_size lower",
                refusal=Refusal.SIZE,
            )
        if bad := unfit(mailing.message, mailing.recipients):
            raise unfit_recipients(bad)


def _any_accepted(answers: list[Answer]) -> bool:
    return any(answer.fate is Fate.ACCEPTED for answer in answers)
