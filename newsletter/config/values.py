"""Kinds of values that settings share."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from newsletter.domain.audience import Field

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LENGTH_OF_TIME = re.compile(r"([0-9]{1,6})\s*([smhd])")


class Misplaced(ValueError):
    """A mistake of the group that is checked, or of all settings, that stands at a place in it."""

    def __init__(self, message: str, *place: str) -> None:
        super().__init__(message)
        self.place = place


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")) or any(char.isspace() for char in value):
        raise ValueError("should be a web address such as https://example.com")
    return value.rstrip("/")


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("should be a time zone such as America/New_York")
    return value


def _attribute(value: str) -> str:
    if value in set(Field):
        raise ValueError("something else of a person is called so; choose another name")
    return value


def _one_line(value: str) -> str:
    if any(ord(char) < 32 or char in "\x7f\x85\u2028\u2029" for char in value):
        raise ValueError("should be one line without control characters")
    return value


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _LENGTH_OF_TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("should be a number and one of s, m, h and d, as in 30m")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def duration_text(length: timedelta) -> str:
    """A length of time in the largest unit that tells it whole: 30m, 90s, 2h."""
    seconds = int(length.total_seconds())
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}" if seconds else "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema({"type": "string"}),
]
CheckLevel = Annotated[
    Literal["off", "note", "warning", "error"],
    # YAML reads a bare `off` as false.
    BeforeValidator(lambda value: "off" if value is False else value),
]
WebAddress = Annotated[str, AfterValidator(_web_address)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_one_line)]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
KEY = r"^[a-z][a-z0-9_-]{0,39}$"
Key = Annotated[str, StringConstraints(pattern=KEY)]

AttributeName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), AfterValidator(_attribute)
]


class Strict(BaseModel):
    """A group of settings: unknown names are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
