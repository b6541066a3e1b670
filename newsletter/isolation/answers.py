"""Reading what a child answers: it may be lying, so only our plain values come out of it."""

from __future__ import annotations

import dataclasses
import io
import pickle
from enum import Enum
from typing import Any

from newsletter import errors
from newsletter.errors import IsolationError, NewsletterError

_PLAIN = {
    ("builtins", "frozenset"),
    ("builtins", "set"),
    ("datetime", "date"),
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
}


class _Values(pickle.Unpickler):
    """Makes frozen dataclasses, enumerations and named tuples of the domain, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.startswith("newsletter.domain.") and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and _is_value(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no plain value")


def _is_value(kind: type) -> bool:
    return dataclasses.is_dataclass(kind) or issubclass(kind, Enum | tuple)


def read_answer(answer: bytes) -> Any:
    """The result; the mistake it tells of, raised; IsolationError where the call itself failed."""
    try:
        outcome, *parts = _Values(io.BytesIO(answer)).load()
    except Exception as error:
        raise IsolationError("it gave an answer that is not understood") from error
    if outcome == "done":
        return parts[0]
    if outcome == "mistake":
        raise _mistake(*map(_text, parts[:3]), line=parts[3])
    raise IsolationError(_text(parts[0]) or "it failed")


def _mistake(kind: str | None, message: str | None, file: str | None, *, line: Any) -> Exception:
    found = getattr(errors, kind or "", None)
    if not (isinstance(found, type) and issubclass(found, NewsletterError)):
        found = NewsletterError
    made = NewsletterError.__new__(found)
    NewsletterError.__init__(
        made, message or "", file=file, line=line if isinstance(line, int) else None
    )
    return made


def _text(part: Any) -> str | None:
    return None if part is None else str(part)
