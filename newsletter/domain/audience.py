"""People: what is known of one, what a file says of one, and what became of an import."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass
from datetime import timedelta
from enum import StrEnum
from operator import add
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.domain.address import Address
    from newsletter.domain.segment import Value

ATTRIBUTE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
"""What an attribute may be called, in imports and in segments."""

TAG_NAME = re.compile("[^\x00-\x1f\x7f\x85\u2028\u2029,;]{1,40}\\Z")
"""What a tag may be called: one line without the signs that stand between tags in a file."""


class Field(StrEnum):
    """What a file may say of a person beside attributes; no attribute has one of these names."""

    EMAIL = "email"
    NAME = "name"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"
    TAGS = "tags"
    LISTS = "lists"  # those subscribed to
    UNSUBSCRIBED = "unsubscribed"  # lists left
    SUPPRESSED = "suppressed"  # why, and since when
    FREQUENCY = "frequency"
    PAUSED_UNTIL = "paused_until"
    TRACKING = "tracking"
    STATUS = "status"  # a word another program has for where somebody stands
    SUBSCRIBED_AT = "subscribed_at"
    UNSUBSCRIBED_AT = "unsubscribed_at"
    BOUNCED_AT = "bounced_at"
    MAILABLE = "mailable"  # whether they may be mailed at all
    UNMAILABLE = "unmailable"
    ATTRIBUTES = "attributes"  # a JSON object of them


class Standing(StrEnum):
    """Whether a person can be mailed now, and if not, why."""

    ACTIVE = "active"
    PAUSED = "paused"  # until a day they chose
    PENDING = "pending"  # asked for mail, and has not confirmed it
    UNSUBSCRIBED = "unsubscribed"  # on no list
    SUPPRESSED = "suppressed"


class Frequency(StrEnum):
    """How often a person wants mail of one list at most."""

    EVERY = "every"  # every issue
    WEEKLY = "weekly"
    MONTHLY = "monthly"


APART = {Frequency.WEEKLY: timedelta(days=6), Frequency.MONTHLY: timedelta(days=27)}
"""The least time between two mails of a list to one person. A little less than the word says, so
that an issue which leaves earlier in the day than the last one is not kept from anybody."""


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
    """All that is known of one person. `pending` says that a sign-up waits to be confirmed."""

    id: int
    address: Address
    attributes: Mapping[str, Value]
    subscriptions: tuple[Subscription, ...]
    suppression: Suppression | None
    name: str = ""
    language: str | None = None
    time_zone: str | None = None
    tags: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EVERY
    paused_until: datetime | None = None
    tracking: bool | None = None
    pending: bool = False

    def standing(self, at: datetime) -> Standing:
        """Where the person stands at a moment; what weighs more comes first."""
        if self.suppression is not None:
            return Standing.SUPPRESSED
        if any(one.unsubscribed_at is None for one in self.subscriptions):
            paused = self.paused_until is not None and self.paused_until > at
            return Standing.PAUSED if paused else Standing.ACTIVE
        return Standing.PENDING if self.pending else Standing.UNSUBSCRIBED


class ListStanding(NamedTuple):
    """A list in a file: subscribed since a moment (None: since the import), left at another."""

    key: str
    since: datetime | None = None
    until: datetime | None = None


class Entry(NamedTuple):
    """One person as an import or an export carries them; what is empty is not said.

    A named tuple, for there are as many as readers.
    """

    address: Address
    attributes: Mapping[str, Value]
    lists: tuple[ListStanding, ...] = ()
    name: str = ""
    language: str | None = None
    time_zone: str | None = None
    tags: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EVERY
    paused_until: datetime | None = None
    tracking: bool | None = None
    suppression: Suppression | None = None


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
    `newly_suppressed` counts addresses, `tagged` tags given, and the other three subscriptions:
    made, ended because the file says so, and ended earlier, which no file undoes.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    suppressed: int = 0
    repeated: int = 0
    newly_suppressed: int = 0
    tagged: int = 0
    subscribed: int = 0
    unsubscribed: int = 0
    kept_unsubscribed: int = 0

    def __add__(self, other: Admission) -> Admission:
        """Both together."""
        return Admission(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be imported. `row` counts rows of data, `line` lines of the file."""

    row: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The end of an import. `bad` holds the first of `bad_rows`, `failed` names the file that has
    them all; nothing stands if not `kept`.
    """

    rows: int
    admission: Admission
    bad_rows: int
    kept: bool
    bad: tuple[BadRow, ...] = ()
    failed: str | None = None
