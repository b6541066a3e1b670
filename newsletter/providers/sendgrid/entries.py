"""Takes the body of a webhook post apart, so that one odd entry does not hide the others. Pure.

A sound body is read at once. Any other is cut into its entries, and each is read for itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEEPEST = 64
"""Levels of brackets; SendGrid's events have two."""

# A string that never ends is taken to its end: looking for the next quotation mark inside it, and
# from there again, would take a time that grows with the square of the body.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What could not be understood, as a body that can be read again later, with the reason."""

    reason: str
    raw: bytes


def entries(body: bytes) -> Iterable[Any]:
    """The values in a body's array, `Unreadable` in place of those that cannot be trusted.

    Those are NaN, lone surrogates, numbers without end, and objects that have a name twice, of
    which parsers keep either (RFC 8259, 4). Never raises.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return _one_by_one(body, f"no JSON: {error.msg}")
    if not isinstance(found, list):
        return (Unreadable("no JSON array", body),)
    names = body.count(b'":')
    plain = names == sum(map(len, filter(_is_object, found)))
    return found if plain or names == _names(found) else _one_by_one(body, "no JSON")


def alone(entry: bytes) -> bytes:
    """One entry as a body of its own."""
    return b"[" + entry + b"]"


def _one_by_one(body: bytes, reason: str) -> Iterable[Any]:
    cut = _cut(body)
    return (Unreadable(reason, body),) if cut is None else map(_read, cut)


def _read(raw: bytes) -> Any:
    try:
        value = orjson.loads(raw)
        json.loads(raw, object_pairs_hook=_once)
    except orjson.JSONDecodeError as error:
        return Unreadable(f"no JSON: {error.msg}", alone(raw))
    except _TwiceError:
        return Unreadable("a name stands twice", alone(raw))
    return value


class _TwiceError(Exception):
    """An object has a name twice."""


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise _TwiceError
    return read


def _cut(body: bytes) -> list[bytes] | None:
    """The entries of an array as they are written; None where its brackets do not close."""
    depth = start = 0
    cut = []
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark in (b"[", b"{"):
            depth += 1
            start = start or token.end()
        elif mark in (b"]", b"}"):
            depth -= 1
        if depth > DEEPEST:
            return None
        if (depth == 1 and mark == b",") or not depth:
            cut.append(body[start : token.start()])
            start = token.end()
        if not depth:
            return None if body[start:].strip() else cut
    return None


def _names(value: Any) -> int:
    """How many names stand in a value, at every depth."""
    if isinstance(value, list):
        return sum(map(_names, value))
    return len(value) + sum(map(_names, value.values())) if isinstance(value, dict) else 0


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
