"""Consent as a chain of what happened, per person and list; nothing in it is ever changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ConsentKind(StrEnum):
    """What a link of the chain tells."""

    ASKED = "asked"  # somebody entered the address in a form
    CONFIRMED = "confirmed"  # whoever reads that mailbox said yes
    IMPORTED = "imported"  # a file said so; `source` names it
    JOINED = "joined"  # the person chose the list on the preferences page
    ADDED = "added"  # an operator did it
    LEFT = "left"  # the person unsubscribed, by page or mailbox
    RETURNED = "returned"  # the person undid that
    TRACKING_GIVEN = "tracking given"
    TRACKING_TAKEN = "tracking taken"


class Reason(StrEnum):
    """Why somebody left, if they said so."""

    TOO_OFTEN = "too often"
    NOT_RELEVANT = "not relevant"
    NEVER_ASKED = "never asked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Proof:
    """Where consent comes from: the form, file or page (`source`), the hash of the words that were
    shown, the network address of the request, the delivery whose link was used; of whom left, the
    reason.
    """

    source: str
    wording: str | None = None
    network: str | None = None
    delivery: int | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """One link of the chain; `list_key` is '' for consent to be tracked."""

    list_key: str
    kind: ConsentKind
    at: datetime
    proof: Proof
