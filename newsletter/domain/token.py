"""Signed, opaque links for readers: numbers in, a short word out, one key per purpose.

The key is derived from the workspace secret with HMAC per purpose, so a word made for one purpose
opens nothing else. Words are compared in constant time and only in their canonical spelling.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from enum import StrEnum

_SIGNATURE_BYTES = 12
_WORD = re.compile(r"[A-Za-z0-9_-]{18,64}\Z")


class Purpose(StrEnum):
    """What a word opens."""

    UNSUBSCRIBE = "unsubscribe"


def derive_key(secret: bytes, purpose: str) -> bytes:
    """The key of one purpose (32 bytes)."""
    return hmac.new(secret, b"newsletter:" + purpose.encode(), hashlib.sha256).digest()


def sign(key: bytes, subscription: int, delivery: int) -> str:
    """The word for one subscription and the delivery it was printed in."""
    payload = _packed(subscription, delivery)
    mark = hmac.digest(key, payload, "sha256")[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(payload + mark).rstrip(b"=").decode()


def verify(key: bytes, word: str) -> tuple[int, int] | None:
    """(subscription, delivery) when the word is ours and spelled canonically, else None."""
    if not _WORD.match(word):
        return None
    try:
        raw = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except (binascii.Error, ValueError):
        return None
    payload, mark = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    if not hmac.compare_digest(mark, hmac.digest(key, payload, "sha256")[:_SIGNATURE_BYTES]):
        return None
    numbers = _unpacked(payload)
    return numbers if numbers and sign(key, *numbers) == word else None


def _packed(first: int, second: int) -> bytes:
    width = max(1, (first.bit_length() + 7) // 8)
    rest = max(1, (second.bit_length() + 7) // 8)
    return bytes((width,)) + first.to_bytes(width, "big") + second.to_bytes(rest, "big")


def _unpacked(payload: bytes) -> tuple[int, int] | None:
    width = payload[0] if payload else 0
    if not 0 < width < len(payload) - 1:
        return None
    return int.from_bytes(payload[1 : 1 + width], "big"), int.from_bytes(
        payload[1 + width :], "big"
    )
