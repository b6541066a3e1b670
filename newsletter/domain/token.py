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

_NUMBER_BITS = 48
_NUMBERS_BYTES = 12
_MARK_BYTES = 12
_WORD = re.compile(r"[A-Za-z0-9_-]{32}\Z")


class Purpose(StrEnum):
    """What a word opens."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"


def derive_key(secret: bytes, purpose: str) -> bytes:
    """The key of one purpose (32 bytes)."""
    return hmac.new(secret, b"newsletter:" + purpose.encode(), hashlib.sha256).digest()


def sign(key: bytes, subscription: int, delivery: int) -> str:
    """The word for one subscription and the delivery it was printed in; both below 2**48."""
    numbers = (subscription << _NUMBER_BITS | delivery).to_bytes(_NUMBERS_BYTES, "big")
    mark = hmac.digest(key, numbers, "sha256")[:_MARK_BYTES]
    return base64.urlsafe_b64encode(numbers + mark).decode()


def verify(key: bytes, word: str) -> tuple[int, int] | None:
    """(subscription, delivery) when the word is ours, else None."""
    if not _WORD.match(word):
        return None
    raw = base64.urlsafe_b64decode(word)
    numbers, mark = raw[:-_MARK_BYTES], raw[-_MARK_BYTES:]
    if not hmac.compare_digest(mark, hmac.digest(key, numbers, "sha256")[:_MARK_BYTES]):
        return None
    return divmod(int.from_bytes(numbers, "big"), 1 << _NUMBER_BITS)
