"""One connection to a mail server: opened and authenticated, then mail after mail, pipelined.

Where the server allows (RFC 2920) a mail's content travels together with the next mail's MAIL, RCPT
and DATA, so that each mail takes one round trip.
"""

from __future__ import annotations

import smtplib
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from newsletter.config import Security
from newsletter.errors import Busy, Refusal, Rejected
from newsletter.providers.smtp.answers import (
    Answer,
    Fate,
    Step,
    answer_to_content,
    refused_or_deferred,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    from pydantic import SecretStr

    from newsletter.config import Smtp

_UNSENT_LIMIT = 30_000  # milliseconds the kernel may go on trying to deliver what we wrote
_LONGEST_LINE = 8192  # bytes of a reply; RFC 5321 (4.5.3.1.5) grants 512
_END = b".\r\n"
_STEPS = ((Step.SENDER, (250,)), (Step.RECIPIENT, (250, 251, 252)), (Step.START, (354,)))


class Letter(NamedTuple):
    """One mail: to whom, and its bytes with CRLF line ends, no line of which begins with a dot."""

    address: str
    content: bytes


class _Reply(NamedTuple):
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, and to wait for an answer (RFC 5321, 4.5.3.2 asks for ten minutes)."""

    connect: float = 30.0
    answer: float = 600.0


@dataclass(frozen=True, slots=True)
class Account:
    """Where to connect and as whom, without a password as nobody.

    `bounces_to` is the envelope's sender, `hello` our own name.
    """

    settings: Smtp
    password: SecretStr | None
    context: ssl.SSLContext
    hello: str
    bounces_to: str
    timeouts: Timeouts


class _GoingAwayError(Exception):
    """The server has announced, or shown, that nothing more comes of this connection."""


class Connection:
    """An open connection. Raises Busy or Rejected(ACCOUNT) where none can be had.

    `broken` tells that nothing more can be sent over it, `last_words` what was heard of that.
    """

    def __init__(self, account: Account) -> None:
        self._smtp = _opened(account)
        self._replies = cast("BinaryIO", self._smtp.file)
        self._pipelined = self._smtp.has_extn("pipelining")
        self._sized = self._smtp.has_extn("size")  # RFC 1870
        self._bounces_to = account.bounces_to
        self.broken = False
        self.last_words = ""

    def close(self) -> None:
        """Say goodbye, where anybody still listens."""
        if not self.broken:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self._smtp.close()

    def drop(self, last_words: str = "") -> None:
        """End it without a word: what was not confirmed is not accepted."""
        self.broken = True
        self.last_words = last_words
        self._smtp.close()

    def transfer(self, letters: Iterable[Letter]) -> Iterator[Answer]:
        """Hand letters over in order, and yield the answer to each.

        Ends early, with `broken` set, where the connection ends: of the letters that got no answer
        no content has left.
        """
        waiting = iter(letters)
        letter = next(waiting, None)
        replies = self._ask(*self._opening(letter))
        try:
            while letter is not None:
                refusal, ending = self._offered(replies)
                following = next(waiting, None)
                commands = (letter.content + _END,) if refusal is None else ending
                replies = self._ask(*commands, *self._opening(following))
                yield refusal or self._confirmed(replies)
                if refusal is not None:
                    for _ in ending:
                        next(replies)
                letter = None if self.broken else following
        except (OSError, smtplib.SMTPException) as error:
            self.drop(type(error).__name__)
        except _GoingAwayError as error:
            self.drop(str(error))

    def _opening(self, letter: Letter | None) -> tuple[bytes, ...]:
        if letter is None:
            return ()
        size = f" SIZE={len(letter.content)}" if self._sized else ""
        return (
            f"MAIL FROM:<{self._bounces_to}>{size}\r\n".encode(),
            f"RCPT TO:<{letter.address}>\r\n".encode(),
            b"DATA\r\n",
        )

    def _ask(self, *commands: bytes) -> Iterator[_Reply]:
        """The replies to commands, which travel together where the server allows."""
        if self._pipelined and commands:
            self._smtp.send(b"".join(commands))
        for command in commands:
            if not self._pipelined:
                self._smtp.send(command)
            yield self._reply()

    def _reply(self) -> _Reply:
        """One reply (RFC 5321, 4.2), code 0 where it is none; smtplib would take four times as long
        for it, and there are four a mail.
        """
        text = b""
        while True:
            line = self._replies.readline(_LONGEST_LINE)
            if not line.endswith(b"\n"):
                raise smtplib.SMTPServerDisconnected("the connection ended within a reply")
            text += line[4:]
            if line[3:4] != b"-":
                code = int(line[:3]) if line[:3].isdigit() else 0
                return _Reply(code, text.decode("ascii", "replace"))

    def _offered(self, replies: Iterator[_Reply]) -> tuple[Answer | None, tuple[bytes, ...]]:
        """None where the content may follow; else the refusal, and what ends the transaction."""
        refusal: Answer | None = None
        ending: tuple[bytes, ...] = (b"RSET\r\n",)
        for step, wanted in _STEPS:
            code, text = next(replies)
            if code in wanted:
                if refusal is not None and step is Step.START:
                    ending = (_END, *ending)  # RFC 2920, 3.1: an empty content for nobody
            elif code == 421 or not 400 <= code <= 599:
                raise _GoingAwayError(Answer(Fate.DEFERRED, code, text).told)
            elif refusal is None:
                refusal = refused_or_deferred(step, code, text)
        return refusal, ending

    def _confirmed(self, replies: Iterator[_Reply]) -> Answer:
        """The answer to a content; from its first byte on a lost answer proves nothing."""
        try:
            answer = answer_to_content(*next(replies))
        except (OSError, smtplib.SMTPException) as error:
            answer = Answer(Fate.DOUBTED, text=type(error).__name__)
        if answer.fate is Fate.DOUBTED:
            self.drop(answer.told)
        return answer


def _opened(account: Account) -> smtplib.SMTP:
    place = f"{account.settings.host}:{account.settings.number}"
    try:
        return _greeted(account)
    except smtplib.SMTPNotSupportedError as error:
        raise Rejected(
            f"the mail server {place} does not offer what sending.smtp asks for ({error}); "
            "check sending.smtp.port, security and user",
            refusal=Refusal.ACCOUNT,
        ) from None
    except smtplib.SMTPResponseException as error:
        raise _unwelcome(place, error) from None
    except (OSError, smtplib.SMTPException) as error:
        why = getattr(error, "verify_message", "") or type(error).__name__
        raise Busy(
            f"no connection to {place} ({why}); check the network and sending.smtp"
        ) from error


def _greeted(account: Account) -> smtplib.SMTP:
    smtp = _connected(account)
    try:
        if account.settings.security is Security.STARTTLS:
            smtp.starttls(context=account.context)
        smtp.ehlo_or_helo_if_needed()
        if account.password is not None:
            smtp.login(account.settings.user, account.password.get_secret_value())
        _tune(cast(socket.socket, smtp.sock), account.timeouts)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _connected(account: Account) -> smtplib.SMTP:
    settings, seconds = account.settings, account.timeouts.connect
    where = (settings.host, settings.number, account.hello)
    if settings.security is Security.TLS:
        return smtplib.SMTP_SSL(*where, timeout=seconds, context=account.context)
    return smtplib.SMTP(*where, timeout=seconds)


def _tune(connection: socket.socket, timeouts: Timeouts) -> None:
    """Small commands leave at once; bytes of a dead process arrive soon or never (RFC 5482)."""
    connection.settimeout(timeouts.answer)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNSENT_LIMIT)


def _unwelcome(place: str, error: smtplib.SMTPResponseException) -> Busy | Rejected:
    """What a 4xx or 5xx to a greeting, a hello or a login means."""
    raw = error.smtp_error
    text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else str(raw)
    told = Answer(Fate.REFUSED, error.smtp_code, text).told
    if 500 <= error.smtp_code <= 599:
        return Rejected(
            f"the mail server {place} let nobody in ({told}); "
            "check sending.smtp.user and NEWSLETTER_SMTP_PASSWORD, then resume",
            refusal=Refusal.ACCOUNT,
            status=error.smtp_code,
        )
    return Busy(f"the mail server {place} is not ready ({told}); it is tried again in a while")
