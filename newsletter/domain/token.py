"""Signed, opaque links for readers: numbers in, a short word out, one key per purpose.

The key is derived from the workspace secret with HMAC per purpose, so a word made for one purpose
opens nothing else. A word is two numbers of 6 bytes and 12 bytes of HMAC: 24 bytes are exactly 32
characters, so each word has one spelling. Marks are compared in constant time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

_NUMBER_BITS = 48
_NUMBERS_BYTES = 12
_MARK_BYTES = 12
_BLOCK = 64  # bytes of SHA-256
_WORD_LENGTH = 32
_WORD = re.compile(r"[A-Za-z0-9_-]{32}\Z")

AHEAD = 300
"""Seconds by which the clock of another machine of ours may be ahead when it signs."""


class Purpose(StrEnum):
    """What a word opens, and its two numbers."""

    UNSUBSCRIBE = "unsubscribe"  # subscription, delivery; for ever
    PREFERENCES = "preferences"  # subscription, delivery; for ever
    CONFIRM = "confirm"  # sign-up, moment
    UNDO = "undo"  # subscription, moment: takes an unsubscribe back
    PROOF = "proof"  # notice, moment: shows an issue to its editors
    FORM = "form"  # whatever the form is of, moment: it was shown by us


def derive_key(secret: bytes, purpose: str) -> bytes:
    """The key of one purpose (32 bytes)."""
    return hmac.new(secret, b"newsletter:" + purpose.encode(), hashlib.sha256).digest()


def preferences_key(key: bytes) -> bytes:
    """The key of the preferences page, from that of the unsubscribe links: whoever makes the one
    link makes the other, and a word for one opens nothing at the other.
    """
    return derive_key(key, Purpose.PREFERENCES)


def purpose_key(secret: bytes, purpose: Purpose) -> bytes:
    """The key of a purpose, as the links in mails are signed with it."""
    if purpose is Purpose.PREFERENCES:
        return preferences_key(derive_key(secret, Purpose.UNSUBSCRIBE))
    return derive_key(secret, purpose)


@dataclass(frozen=True, slots=True)
class Keys:
    """The workspace's secrets: the first signs, and what any of them signed opens."""

    secrets: tuple[bytes, ...]

    def sign(self, purpose: Purpose, first: int, second: int) -> str:
        """A word that never expires; DeliveryError for a number of 2**48 or more."""
        return sign(purpose_key(self.secrets[0], purpose), first, second)

    def sign_at(self, purpose: Purpose, number: int, at: datetime) -> str:
        """A word that carries the moment it was made, to the second."""
        return self.sign(purpose, number, int(at.timestamp()))

    def opened(self, purpose: Purpose, word: str) -> tuple[int, int] | None:
        """The two numbers when the word is ours, else None.

        Every secret is tried whatever the others said, so that all words take the same time.
        """
        found = [verify(purpose_key(secret, purpose), word) for secret in self.secrets]
        return next((numbers for numbers in found if numbers is not None), None)

    def opened_at(
        self, purpose: Purpose, word: str, *, now: datetime, lasts: timedelta
    ) -> tuple[int, datetime] | None:
        """The number and the moment of a word by `sign_at` when it is ours and made no longer ago
        than it `lasts`, else None.
        """
        number, made = self.opened(purpose, word) or (0, None)
        if made is None or not -AHEAD <= int(now.timestamp()) - made <= lasts.total_seconds():
            return None
        return number, datetime.fromtimestamp(made, UTC)


def sign(key: bytes, subscription: int, delivery: int) -> str:
    """The word for one subscription and the delivery it was printed in; both below 2**48."""
    return sign_all(key, ((subscription, delivery),))[0]


def sign_all(key: bytes, pairs: Iterable[tuple[int, int]]) -> list[str]:
    """The words of many, for a million are signed in a send: the halves of the HMAC (RFC 2104) that
    hang on the key alone are worked out once, and all words are spelt at once.

    DeliveryError where a number is below 0, or 2**48 or more: it would pass for another's.
    """
    inner, outer = _halves(key)
    parts: list[bytes] = []
    for subscription, delivery in pairs:
        if (subscription | delivery) >> _NUMBER_BITS:
            raise _unfit(subscription, delivery)
        numbers = (subscription << _NUMBER_BITS | delivery).to_bytes(_NUMBERS_BYTES, "big")
        half, mark = inner.copy(), outer.copy()
        half.update(numbers)
        mark.update(half.digest())
        parts += (numbers, mark.digest()[:_MARK_BYTES])
    spelt = base64.urlsafe_b64encode(b"".join(parts)).decode()
    return [spelt[at : at + _WORD_LENGTH] for at in range(0, len(spelt), _WORD_LENGTH)]


def _halves(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The two hashes of an HMAC before its message; keys of ours are 32 bytes."""
    padded = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    return (
        hashlib.sha256(bytes(byte ^ 0x36 for byte in padded)),
        hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)),
    )


def verify(key: bytes, word: str) -> tuple[int, int] | None:
    """(subscription, delivery) when the word is ours, else None."""
    if not _WORD.match(word):
        return None
    raw = base64.urlsafe_b64decode(word)
    numbers, mark = raw[:-_MARK_BYTES], raw[-_MARK_BYTES:]
    if not hmac.compare_digest(mark, hmac.digest(key, numbers, "sha256")[:_MARK_BYTES]):
        return None
    return divmod(int.from_bytes(numbers, "big"), 1 << _NUMBER_BITS)


def _unfit(*numbers: int) -> DeliveryError:
    return DeliveryError(
        f"a link cannot carry the number {max(numbers, key=abs)}: numbers of the database must be "
        "0 to 2**48 - 1; look whether its counters were set by hand"
    )
