"""What may stand in a mail header, whoever carries it: one line, ASCII where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.domain.rendition import Part
from newsletter.errors import Refusal, Rejected

if TYPE_CHECKING:
    from newsletter.domain.mailing import Message, Recipient

ONE_CLICK = "List-Unsubscribe=One-Click"
"""The only value RFC 8058 (section 3.1) allows for List-Unsubscribe-Post."""


def one_line(value: str, name: str) -> str:
    """`value` when it fits in one header line; Rejected(MESSAGE) naming `name` otherwise.

    Refuses what any mail program might take for a line break, and every other control character
    (CVE-2026-1299 and its relatives are header injections through such characters).
    """
    if not value.strip() or not all(char.isprintable() for char in value):
        raise Rejected(
            f"the {name} should be one line of printable text; correct it and approve again",
            refusal=Refusal.MESSAGE,
        )
    return value


def ascii_line(value: str, name: str) -> str:
    """As `one_line`, and ASCII only."""
    if not value.isascii():
        raise Rejected(
            f"the {name} should hold ASCII characters only; correct it and approve again",
            refusal=Refusal.MESSAGE,
        )
    return one_line(value, name)


def ascii_address(address: str, name: str) -> str:
    """The address with its domain in IDNA form; Rejected(MESSAGE) where that is not possible."""
    local, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not local or not domain or any(char in '<>()[],;:"\\' or char.isspace() for char in local):
        raise Rejected(
            f"the {name} is not an e-mail address that can be mailed from; "
            "correct it in config.yaml",
            refusal=Refusal.MESSAGE,
        )
    return ascii_line(f"{local}@{domain}", name)


def unsubscribe_headers(recipient: Recipient) -> dict[str, str]:
    """The pair RFC 8058 asks for. Check the recipient first with `unfit`."""
    return {
        "List-Unsubscribe": f"<{recipient.unsubscribe_url}>",
        "List-Unsubscribe-Post": ONE_CLICK,
    }


def unfit(message: Message, recipients: tuple[Recipient, ...]) -> tuple[int, ...]:
    """Positions of the recipients who have an address, a link or a value that breaks a mail."""
    in_subject = [place for place, token in enumerate(message.tokens) if token.part is Part.SUBJECT]
    if _fit(recipients, in_subject):  # all of them in one look, as nearly always
        return ()
    return tuple(
        place for place, recipient in enumerate(recipients) if not _fit((recipient,), in_subject)
    )


def unfit_recipients(positions: tuple[int, ...]) -> Rejected:
    """The refusal of a mailing for such recipients."""
    return Rejected(
        f"{len(positions)} of the recipients have an address, a link or a value that no mail can "
        "carry; correct those subscribers",
        refusal=Refusal.RECIPIENTS,
        positions=positions,
    )


def _fit(recipients: tuple[Recipient, ...], in_subject: list[int]) -> bool:
    values = "".join(["".join(one.values) for one in recipients])
    subjects = "".join([one.values[place] for one in recipients for place in in_subject])
    return (
        _plain("".join([one.address for one in recipients]))
        and _plain("".join([one.unsubscribe_url for one in recipients]))
        and _encodable(values)
        and subjects.isprintable()
    )


def _encodable(value: str) -> bool:
    """False for lone surrogates, which no charset can carry."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: str) -> bool:
    return (
        value.isascii()
        and value.isprintable()
        and not (" " in value or "<" in value or ">" in value)
    )
