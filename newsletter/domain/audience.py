"""People: what is known of one, what an import brings, and what became of an import."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.domain.address import Address
    from newsletter.domain.segment import Value

ATTRIBUTE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
"""What an attribute may be called, in imports and in segments."""


class Frequency(StrEnum):
    """How often a person wants mail of one list at most."""

    EVERY = "every"  # every issue
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One person on one list, with the consent it rests on. `unsubscribed_at` ends it."""

    id: int
    list_key: str
    consent_source: str
    subscribed_at: datetime
    unsubscribed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why and since when an address must not be mailed at all."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Subscriber:
    """All that is known of one person."""

    id: int
    address: Address
    attributes: Mapping[str, Value]
    subscriptions: tuple[Subscription, ...]
    suppression: Suppression | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One person as an import or an export carries them: attributes, and lists subscribed to."""

    address: Address
    attributes: Mapping[str, Value]
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListSize:
    """How many people a list has: to be mailed, unsubscribed, and subscribed but suppressed."""

    subscribed: int
    unsubscribed: int
    suppressed: int


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of the entries of an import.

    added + updated + unchanged + suppressed + repeated is the number of entries: `suppressed`
    addresses are left out whole, `repeated` ones stood nearby in the same file and were merged.
    `subscribed` and `kept_unsubscribed` count subscriptions.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    suppressed: int = 0
    repeated: int = 0
    subscribed: int = 0
    kept_unsubscribed: int = 0

    def __add__(self, other: Admission) -> Admission:
        """Both together."""
        return Admission(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.suppressed + other.suppressed,
            self.repeated + other.repeated,
            self.subscribed + other.subscribed,
            self.kept_unsubscribed + other.kept_unsubscribed,
        )


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be imported. `row` counts rows of data, `line` lines of the file."""

    row: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The end of an import. `bad` holds the first of `bad_rows`; nothing stands if not `kept`."""

    rows: int
    admission: Admission
    bad_rows: int
    kept: bool
    bad: tuple[BadRow, ...] = field(default=())
