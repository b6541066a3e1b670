"""Dates as people and programs write them into files."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from newsletter.errors import AudienceError

_EPOCH = re.compile(r"[0-9]{9,10}\Z")
# 2026-01-31 10:00:00.5 +0000 UTC and 2026-01-31 10:00:00 UTC, as Go and Ruby print a moment
_SPACED_ZONE = re.compile(r"(.*[0-9]) (?:([+-][0-9]{4})(?: [A-Z]{1,5})?|UTC|GMT)\Z")


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """An aware moment in UTC from ISO 8601, with or without a time, or seconds since 1970.

    Where no zone is named it is UTC. AudienceError for anything else, and for days and months in an
    order that must be guessed.
    """
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text), UTC)
    spaced = _SPACED_ZONE.match(text)
    try:
        read = datetime.fromisoformat("".join(spaced.groups("")) if spaced else text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise AudienceError(
            "a date is not understood; write it as 2026-01-31 or 2026-01-31T10:00:00Z"
        ) from None


def moment_text(value: datetime) -> str:
    """A moment as `moment` reads it, to the microsecond where it has any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
