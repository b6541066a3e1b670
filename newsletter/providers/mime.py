"""One reader's mail as bytes: set once for all readers of a message, then filled for each.

Both parts are quoted-printable (RFC 2045, 6.7): a value stands on lines of its own between soft
line breaks, so the encoding of the rest never depends on it. No line begins with a dot, so a mail
server takes it as it is (RFC 5321, 4.5.2). The same attempt gives the same bytes.
"""

from __future__ import annotations

import functools
import hashlib
import re
from binascii import b2a_qp
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part
from newsletter.providers.headers import ONE_CLICK, ascii_address, ascii_line, one_line

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.domain.mailing import Message, Recipient
    from newsletter.domain.rendition import Token

_LINE_END = "\r\n"
_SOFT_BREAK = b"=\r\n"
_LINE = 72  # a value this short needs no break of its own
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class MailForm:
    """A message, set as MIME but for what is each reader's own.

    Raises Rejected(MESSAGE) where a header of the issue's own would break.
    """

    def __init__(self, message: Message) -> None:
        self._message = message
        sender = ascii_address(message.sender.email, "sender's address")
        self._domain = sender.rpartition("@")[2]
        self._personal_subject = any(token.part is Part.SUBJECT for token in message.tokens)
        self._subject = _encoded_subject(one_line(message.subject, "subject"))
        self._pieces: list[bytes] = [b""]
        self._slots: list[tuple[int, int]] = []  # place among the pieces, place of the token
        boundary = f"=_{hashlib.sha256(message.html.encode()).hexdigest()[:32]}"
        self._add(_shared_headers(message, sender, boundary))
        for subtype, part, body in (
            ("plain", Part.TEXT, message.text),
            ("html", Part.HTML, message.html),
        ):
            self._add(_part_head(boundary, subtype))
            self._set(body, part)
            self._add(b"\r\n")  # the last line end before a boundary is the boundary's
        self._add(f"--{boundary}--\r\n".encode())

    def filled(self, recipient: Recipient, *, attempt: str, date: datetime) -> bytes:
        """The mail of one recipient, whom `headers.unfit` has let pass, with CRLF line ends."""
        pieces = self._pieces.copy()
        pieces[0] = self._own_headers(recipient, attempt, date) + pieces[0]
        quoted: dict[str, bytes] = {}  # most slots hold one of the reader's few links
        for place, token in self._slots:
            value = recipient.values[token]
            if value not in quoted:
                quoted[value] = _quoted_value(value)
            pieces[place] = quoted[value]
        return b"".join(pieces)

    def _own_headers(self, recipient: Recipient, attempt: str, date: datetime) -> bytes:
        subject = self._subject
        if self._personal_subject:
            subject = _encoded_subject(
                exchanged(self._message.subject, self._message.tokens, recipient, Part.SUBJECT)
            )
        return (
            f"Date: {_header_date(date)}\r\n"
            f"Message-ID: <{attempt}.{recipient.delivery}@{self._domain}>\r\n"
            f"To: {recipient.address}\r\n"
            f"Subject: {subject}\r\n"
            f"List-Unsubscribe: <{recipient.unsubscribe_url}>\r\n"
        ).encode()

    def _set(self, body: str, part: Part) -> None:
        """Add a body, with a slot for every token of this part."""
        places = {
            token.placeholder: place
            for place, token in enumerate(self._message.tokens)
            if token.part is part
        }
        lines = body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
        end = 0
        for match in _pattern(tuple(places)).finditer(lines) if places else ():
            self._add(_quoted(lines[end : match.start()]))
            self._slots.append((len(self._pieces), places[match[0]]))
            self._pieces += [b"", b""]
            end = match.end()
        self._add(_quoted(lines[end:]))

    def _add(self, content: bytes) -> None:
        self._pieces[-1] += content


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


def _shared_headers(message: Message, sender: str, boundary: str) -> bytes:
    """What stands in every reader's mail, and the empty line after it."""
    name = one_line(message.sender.name, "sender's name") if message.sender.name else ""
    reply = ascii_address(message.reply_to, "reply address") if message.reply_to else ""
    return (
        f"From: {_mailbox(name, sender)}\r\n"
        + (f"Reply-To: {reply}\r\n" if reply else "")
        + f"List-Unsubscribe-Post: {ONE_CLICK}\r\n"
        f"List-Id: {ascii_line(message.list_id, 'List-Id')}\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'
    ).encode()


def _mailbox(name: str, address: str) -> str:
    """`Name <address>`, the name quoted or in encoded words as it needs."""
    if _is_plain(name):
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', header_name='From').encode(linesep=_LINE_END)} <{address}>"


def _part_head(boundary: str, subtype: str) -> bytes:
    return (
        f"--{boundary}\r\n"
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()


@functools.lru_cache(maxsize=256)
def _encoded_subject(subject: str) -> str:
    """Folded, and in encoded words (RFC 2047) where ASCII is not enough or looks like one."""
    charset = "us-ascii" if _is_plain(subject) else "utf-8"
    return Header(subject, charset, header_name="Subject").encode(linesep=_LINE_END)


def _is_plain(value: str) -> bool:
    return value.isascii() and "=?" not in value


@functools.lru_cache(maxsize=4)
def _header_date(date: datetime) -> str:
    return format_datetime(date)


def _quoted_value(value: str) -> bytes:
    if 0 < len(value) <= _LINE and _stands_alone(value):
        return value.encode() + _SOFT_BREAK
    return _wrapped(value.encode(), is_text=False)


def _stands_alone(value: str) -> bool:
    """Whether a value needs no quoting in a line of its own. A pattern takes ten times as long."""
    return (
        value.isascii()
        and value.isprintable()
        and "=" not in value
        and value[0] not in ". "
        and value[-1] != " "
    )


def _quoted(text: str) -> bytes:
    """A stretch of a body; it ends where a line begins, be it by a soft break."""
    if not text or text.endswith("\n"):
        return _lines(b2a_qp(text.encode(), istext=True))
    return _wrapped(text.encode(), is_text=True)


def _wrapped(content: bytes, *, is_text: bool) -> bytes:
    """Quoted, up to a soft break. The letter added for a while leaves room for its `=`."""
    quoted = _lines(b2a_qp(content + b"x", istext=is_text)[:-1])
    return quoted if quoted.endswith(_SOFT_BREAK) else quoted + _SOFT_BREAK


def _lines(quoted: bytes) -> bytes:
    """With CRLF line ends, and no dot at a line's begin."""
    while _LEADING_DOT.search(quoted):
        quoted = _LEADING_DOT.sub(b"=2E=\n", quoted)
    return quoted.replace(b"\n", b"\r\n")
