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
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBER_BITS = 48
_NUMBERS_BYTES = 12
_MARK_BYTES = 12
_BLOCK = 64  # bytes of SHA-256
_WORD_LENGTH = 32
_WORD = re.compile(r"[A-Za-z0-9_-]{32}\Z")


class Purpose(StrEnum):
    """What a word opens."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"


def derive_key(secret: bytes, purpose: str) -> bytes:
    """The key of one purpose (32 bytes)."""
    return hmac.new(secret, b"newsletter:" + purpose.encode(), hashlib.sha256).digest()


def preferences_key(key: bytes) -> bytes:
    """The key of the preferences page, from that of the unsubscribe links: whoever makes the one
    link makes the other, and a word for one opens nothing at the other.
    """
    return derive_key(key, Purpose.PREFERENCES)


def sign(key: bytes, subscription: int, delivery: int) -> str:
    """The word for one subscription and the delivery it was printed in; both below 2**48."""
    return sign_all(key, ((subscription, delivery),))[0]


def sign_all(key: bytes, pairs: Iterable[tuple[int, int]]) -> list[str]:
    """The words of many, for a million are signed in a send: the halves of the HMAC (RFC 2104) that
    hang on the key alone are worked out once, and all words are spelt at once.
    """
    inner, outer = _halves(key)
    parts: list[bytes] = []
    for subscription, delivery in pairs:
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
