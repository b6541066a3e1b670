"""How lists of mail show one before it is opened: how much of sender, subject and preheader. Pure.

What cuts is the width in pixels, so these are characters of ordinary text at the type size each
program comes with, rounded to fives: a guide, not a promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import combining, east_asian_width


@dataclass(frozen=True, slots=True)
class MailList:
    """The list of a mail program. Where `shared`, the preheader gets what the subject leaves of
    `subject` characters; else it has lines of its own with `preheader` characters.
    """

    key: str
    title: str
    phone: bool
    sender: int
    subject: int
    preheader: int = 0
    shared: bool = False


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One mail in a list, as far as it is shown; `lost` names what was cut, with how much."""

    where: MailList
    sender: str
    subject: str
    preheader: str
    lost: tuple[tuple[str, int], ...]


MAIL_LISTS = (
    MailList("iphone", "Apple Mail on a phone", True, 25, 40, 80),
    MailList("gmail-app", "Gmail app", True, 25, 35, 40),
    MailList("outlook-app", "Outlook app", True, 25, 40, 80),
    MailList("gmail-web", "Gmail on the web", False, 20, 105, shared=True),
    MailList("outlook-windows", "Outlook for Windows", False, 30, 50, 50),
    MailList("apple-mail", "Apple Mail on a Mac", False, 30, 45, 90),
    MailList("yahoo", "Yahoo Mail", False, 20, 100, shared=True),
)


def inbox_rows(*, sender: str, subject: str, preheader: str) -> tuple[InboxRow, ...]:
    """A mail in each of `MAIL_LISTS`."""
    return tuple(_row(where, sender, subject, preheader) for where in MAIL_LISTS)


def _row(where: MailList, sender: str, subject: str, preheader: str) -> InboxRow:
    room = where.subject - width(subject) - 3 if where.shared else where.preheader
    shown = {
        "sender": cut(sender, where.sender),
        "subject": cut(subject, where.subject),
        "preheader": cut(preheader, room),
    }
    whole = {"sender": sender, "subject": subject, "preheader": preheader}
    lost = tuple(
        (name, len(text) - len(shown[name].removesuffix("…")))
        for name, text in whole.items()
        if shown[name] != text
    )
    return InboxRow(where, **shown, lost=lost)


def cut(text: str, room: int) -> str:
    """The text, or as much of it as fits `room` columns with an ellipsis."""
    if width(text) <= room:
        return text
    kept = text
    while kept and width(kept) > room - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…" if kept.strip() else ""


def width(text: str) -> int:
    """Columns of a text: two for a wide character, none for an accent on the one before."""
    return sum(0 if combining(one) else 1 + (east_asian_width(one) in "WF") for one in text)
