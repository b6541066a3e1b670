"""Kinds of values that settings share."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")) or any(char.isspace() for char in value):
        raise ValueError("should be a web address such as https://example.com")
    return value.rstrip("/")


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("should be a time zone such as America/New_York")
    return value


def _one_line(value: str) -> str:
    if any(ord(char) < 32 or char in "\x7f\x85\u2028\u2029" for char in value):
        raise ValueError("should be one line without control characters")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
TimeZone = Annotated[str, AfterValidator(_zone)]
Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_one_line)]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class Strict(BaseModel):
    """A group of settings: unknown names are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
