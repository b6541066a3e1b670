"""Campaigns, batches, attempts and deliveries: their states, who may follow whom, and the sum.

The tables of allowed transitions are the specification; the store applies each transition as
compare-and-set, so a state never changes behind another process's back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from newsletter.domain.correction import OCCURRENCE
from newsletter.domain.mailing import UNTRACKED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.domain.mailing import Mailbox, Tracking

SMALL_AUDIENCE = 5_000
SMALL_BATCH = 100


class CampaignState(StrEnum):
    """One issue × audience × moment."""

    FROZEN = "frozen"  # audience and bytes are fixed, nothing has left
    SENDING = "sending"
    PAUSED = "paused"  # a person or the provider's account stopped it
    DONE = "done"  # every delivery accounted for
    UNSETTLED = "unsettled"  # everything tried; some deliveries are unknown or held
    CANCELLED = "cancelled"
    MISSED = "missed"  # due, but outside its grace: a person decides
    LOCKED = "locked"  # the database was restored or copied: it may lack what left since


class BatchState(StrEnum):
    """What one provider request carries."""

    READY = "ready"
    SUBMITTING = "submitting"  # an attempt is committed; a byte may have left
    SCHEDULED = "scheduled"  # the provider took it for a later moment, and can still discard it
    SUBMITTED = "submitted"  # the provider took it, for good
    REJECTED = "rejected"  # the provider refused it for good
    UNKNOWN = "unknown"  # not proven either way
    CANCELLING = "cancelling"  # the provider was asked to discard it, and has not yet confirmed
    HELD = "held"  # waits for a named person
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    """One mail to one person, up to the provider's door."""

    PLANNED = "planned"
    SCHEDULED = "scheduled"  # within the undo window
    SUBMITTED = "submitted"
    SUPPRESSED = "suppressed"  # became unmailable between freeze and claim
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    HELD = "held"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How one attempt ended."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    BUSY = "busy"
    UNCERTAIN = "uncertain"
    RECALLED = "recalled"  # the provider confirmed that it threw the mailing away


CAMPAIGN_MOVES: Mapping[CampaignState, frozenset[CampaignState]] = {
    CampaignState.FROZEN: frozenset(
        {
            CampaignState.SENDING,
            CampaignState.PAUSED,
            CampaignState.CANCELLED,
            CampaignState.MISSED,
            CampaignState.LOCKED,
        }
    ),
    CampaignState.SENDING: frozenset(
        {
            CampaignState.PAUSED,
            CampaignState.DONE,
            CampaignState.UNSETTLED,
            CampaignState.CANCELLED,
            CampaignState.LOCKED,
        }
    ),
    CampaignState.PAUSED: frozenset(
        {
            CampaignState.FROZEN,  # its hour has not come
            CampaignState.SENDING,
            CampaignState.CANCELLED,
            CampaignState.LOCKED,
        }
    ),
    CampaignState.UNSETTLED: frozenset(
        {
            CampaignState.SENDING,
            CampaignState.DONE,
            CampaignState.CANCELLED,
            CampaignState.LOCKED,
        }
    ),
    CampaignState.MISSED: frozenset(
        {CampaignState.SENDING, CampaignState.CANCELLED, CampaignState.LOCKED}
    ),
    CampaignState.LOCKED: frozenset({CampaignState.PAUSED, CampaignState.CANCELLED}),
    CampaignState.DONE: frozenset(),
    CampaignState.CANCELLED: frozenset(),
}

BATCH_MOVES: Mapping[BatchState, frozenset[BatchState]] = {
    BatchState.READY: frozenset({BatchState.SUBMITTING, BatchState.CANCELLED}),
    BatchState.SUBMITTING: frozenset(
        {
            BatchState.SUBMITTED,
            BatchState.SCHEDULED,
            BatchState.READY,
            BatchState.REJECTED,
            BatchState.UNKNOWN,
        }
    ),
    BatchState.SCHEDULED: frozenset({BatchState.SUBMITTED, BatchState.CANCELLING}),
    BatchState.UNKNOWN: frozenset(
        {BatchState.SUBMITTED, BatchState.SCHEDULED, BatchState.CANCELLING, BatchState.HELD}
    ),
    BatchState.CANCELLING: frozenset(
        {BatchState.READY, BatchState.CANCELLED, BatchState.SUBMITTED, BatchState.HELD}
    ),
    BatchState.HELD: frozenset({BatchState.SUBMITTED, BatchState.READY, BatchState.CANCELLED}),
    BatchState.SUBMITTED: frozenset(),
    BatchState.REJECTED: frozenset(),
    BatchState.CANCELLED: frozenset(),
}

DELIVERY_OF_BATCH: Mapping[BatchState, DeliveryState] = {
    BatchState.READY: DeliveryState.PLANNED,
    BatchState.SUBMITTING: DeliveryState.PLANNED,
    BatchState.SCHEDULED: DeliveryState.SCHEDULED,
    BatchState.SUBMITTED: DeliveryState.SUBMITTED,
    BatchState.REJECTED: DeliveryState.REJECTED,
    BatchState.UNKNOWN: DeliveryState.UNKNOWN,
    BatchState.CANCELLING: DeliveryState.UNKNOWN,
    BatchState.HELD: DeliveryState.HELD,
    BatchState.CANCELLED: DeliveryState.CANCELLED,
}
"""A delivery stands where its batch stands, unless it has an ending of its own: a request is taken
or refused as a whole."""

IN_DOUBT = frozenset({DeliveryState.UNKNOWN, DeliveryState.HELD})
"""Deliveries of which nobody knows yet, or a person has not decided, whether they left."""

OWN_ENDINGS = (DeliveryState.SUPPRESSED, DeliveryState.REJECTED)
"""How one delivery can end while its batch goes on."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every mail of a campaign shares beside its rendition, fixed at the freeze."""

    sender: Mailbox
    reply_to: str | None
    list_id: str
    base_url: str
    list_title: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One issue × audience × moment. `segment` is '' for the whole list; `occurrence` tells apart
    what has all of that in common, and is mostly ''. `hour` is what the clocks of its readers show
    when they are mailed, where that is what it is for.
    """

    id: int
    issue: str
    list_key: str
    segment: str
    state: CampaignState
    envelope: Envelope
    digest: str
    frozen_at: datetime
    send_at: datetime | None
    reason: str
    occurrence: str = ""
    hour: datetime | None = None

    @property
    def audience(self) -> str:
        """Whom it is for: `weekly`, or `weekly / retailers`."""
        what = "correction" if self.is_correction else ""
        return " / ".join(filter(None, (self.list_key, self.segment, what)))

    @property
    def is_correction(self) -> bool:
        """Whether it mails a correction of the issue, and not the issue."""
        return self.occurrence.startswith(OCCURRENCE)


@dataclass(frozen=True, slots=True)
class Step:
    """Who changes something, when, and why: what the log keeps of every move."""

    at: datetime
    actor: str
    reason: str = ""


class PlannedDelivery(NamedTuple):
    """One person of a claimed batch, as frozen. `fields` are the attributes tokens may show.

    A named tuple, for there are as many as readers.
    """

    id: int
    subscription: int
    address: str
    fields: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A batch that this process alone may submit, once, under this attempt id.

    `entry` is the number of the claim in the log of moves. `domain` is its readers', '' where they
    are mixed. With `send_at` the provider keeps it until then, under the id `recall`; it notes
    `tracking` of all of them.
    """

    batch: int
    attempt: str
    version: str
    deliveries: tuple[PlannedDelivery, ...]
    entry: int
    domain: str = ""
    send_at: datetime | None = None
    recall: str = ""
    tracking: Tracking = UNTRACKED


@dataclass(frozen=True, slots=True)
class Apart:
    """People of a claimed batch who got another answer than the rest: they go on in a batch of
    their own, `ready` (not before a moment) or `unknown`.
    """

    deliveries: tuple[int, ...]
    state: BatchState
    reason: str
    not_before: datetime | None = None


def batch_size(deliveries: int, configured: int) -> int:
    """Recipients per request: small audiences get small batches, so that one lost answer leaves
    few people in doubt.
    """
    return min(configured, SMALL_BATCH) if deliveries < SMALL_AUDIENCE else configured


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where every candidate of a campaign stands. The sums must hold at every moment.

    candidates = deliveries + excluded
    deliveries = planned + scheduled + submitted + suppressed + rejected + unknown + held
               + cancelled
    """

    candidates: int
    deliveries: int
    excluded: Mapping[str, int]
    states: Mapping[DeliveryState, int]

    @property
    def balances(self) -> bool:
        """Whether both sums hold."""
        return self.candidates == self.deliveries + sum(
            self.excluded.values()
        ) and self.deliveries == sum(self.states.values())

    @property
    def settled(self) -> bool:
        """Whether every delivery has ended for certain."""
        open_states = (
            DeliveryState.PLANNED,
            DeliveryState.SCHEDULED,
            DeliveryState.UNKNOWN,
            DeliveryState.HELD,
        )
        return self.balances and not any(self.states.get(state, 0) for state in open_states)
