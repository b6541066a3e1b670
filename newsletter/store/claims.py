"""Claims: the next batch that may be submitted, taken by one process, once.

A claim re-checks suppressions and who agrees to be tracked, and commits an attempt; only after that
commit returned may a byte leave. Recording an outcome and claiming the next batch share one
transaction: one commit a batch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, case, func, insert, not_, or_, select, type_coerce, update

from newsletter.domain.campaign import BatchState, CampaignState, Claim
from newsletter.domain.mailing import UNTRACKED, Tracking
from newsletter.store import schema
from newsletter.store.mailable import mailable
from newsletter.store.moves import move

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from newsletter.domain.campaign import Campaign, Step

# The batches behind the canary slice wait until somebody opens them.
_OPEN = or_(
    schema.campaign.c.open_through.is_(None),
    schema.batch.c.sequence <= schema.campaign.c.open_through,
)
# Built once: building a statement costs five times as much as running it, and these run per batch.
_NEXT_READY = (
    select(*schema.batch.c["id", "version", "domain", "tracking"])
    .join(schema.campaign)
    .where(
        # Nothing is claimed for a campaign that somebody paused or cancelled meanwhile.
        schema.campaign.c.state == CampaignState.SENDING,
        schema.batch.c.campaign_id == bindparam("campaign"),
        schema.batch.c.state == BatchState.READY,
        or_(schema.batch.c.not_before.is_(None), schema.batch.c.not_before <= bindparam("now")),
        _OPEN,
        schema.batch.c.domain.not_in(bindparam("closed", expanding=True)),
        schema.batch.c.zone.not_in(bindparam("quiet", expanding=True)),
    )
    .order_by(schema.batch.c.sequence)
    .limit(1)
    .with_for_update(skip_locked=True, of=schema.batch)  # SQLite holds the whole file instead
)
_ATTEMPT = insert(schema.attempt)
_TRACK = (
    update(schema.batch)
    .where(schema.batch.c.id == bindparam("number"))
    .values(tracking=bindparam("noted"))
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a batch must fit to be claimed, and under which terms it is.

    Not to the `closed` domains nor in the `quiet` zones ('' is of no wave), and with no more
    people than there is `room` for. The provider keeps it until `send_at`, under the id `recall`,
    and notes no more than `tracking`.
    """

    closed: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    room: int | None = None
    send_at: datetime | None = None
    recall: str = ""
    tracking: Tracking = UNTRACKED


NO_TERMS = Terms()


class _Picked(NamedTuple):
    """The next batch, as it was frozen."""

    batch: int
    version: str
    domain: str
    tracking: Tracking


class Ready(NamedTuple):
    """Ready batches that wait alike: readers of one domain ('' mixes them) and of one wave's zone
    ('' is of no wave), before or behind the canary slice, `tried` or not. `not_before` is when the
    first of them may go, None for at once.
    """

    domain: str
    behind: bool
    not_before: datetime | None
    zone: str = ""
    tried: bool = True


def claim(
    connection: Connection,
    campaign: Campaign,
    step: Step,
    *,
    attempt: str,
    owner: int,
    terms: Terms = NO_TERMS,
) -> Claim | None:
    """Take the next batch that is ready, not delayed and fits the terms, or None.

    `owner` is the number of the lock this process holds (store.locks). Deliveries that may no
    longer be mailed become `suppressed` here; a batch of which nobody is left is cancelled and the
    next one taken. Who agrees no longer to be tracked goes on, untracked, in a batch of their own.
    """
    while (picked := _next_ready(connection, campaign.id, step.at, terms)) is not None:
        noted = picked.tracking & terms.tracking
        here = mailable(connection, campaign.id, picked.batch, noted, step)
        if here.tracking != picked.tracking:
            connection.execute(_TRACK, {"number": picked.batch, "noted": here.tracking})
        if terms.room is not None and len(here.deliveries) > terms.room:
            return None
        ready = BatchState.READY
        if not here.deliveries:
            nobody = replace(step, reason="nobody of this batch may be mailed any more")
            move(connection, campaign.id, picked.batch, ready, BatchState.CANCELLED, step=nobody)
            continue
        opened = {
            "id": attempt,
            "batch_id": picked.batch,
            "recipients": len(here.deliveries),
            "created_at": step.at,
            "send_at": terms.send_at,
            "recall": terms.recall,
        }
        connection.execute(_ATTEMPT, opened)
        entry = move(
            connection,
            campaign.id,
            picked.batch,
            ready,
            BatchState.SUBMITTING,
            step=replace(step, reason=here.changes) if here.changes else step,
            attempt=attempt,
            owner=owner,
        )
        return Claim(
            picked.batch,
            attempt,
            picked.version,
            here.deliveries,
            entry,
            picked.domain,
            terms.send_at,
            terms.recall,
            here.tracking,
        )
    return None


def waiting(connection: Connection, campaign_id: int) -> tuple[Ready, ...]:
    """What is ready and not claimed of a campaign that is sending."""
    table = schema.batch
    behind = not_(_OPEN)
    first = case(
        (func.count() > func.count(table.c.not_before), None), else_=func.min(table.c.not_before)
    )
    tried = table.c.attempt_id.is_not(None)
    rows = connection.execute(
        select(table.c.domain, behind, type_coerce(first, schema.Moment()), table.c.zone, tried)
        .join_from(table, schema.campaign)
        .where(
            schema.campaign.c.state == CampaignState.SENDING,
            table.c.campaign_id == campaign_id,
            table.c.state == BatchState.READY,
        )
        .group_by(table.c.domain, behind, table.c.zone, tried)
    )
    return tuple(Ready(row[0], bool(row[1]), row[2], row[3], bool(row[4])) for row in rows)


def count_tracked(connection: Connection, campaign_id: int) -> int:
    """People whose mail is ready, and of whom something would be noted."""
    batch, delivery = schema.batch, schema.delivery
    return connection.execute(
        select(func.count())
        .join_from(batch, delivery, delivery.c.batch_id == batch.c.id)
        .where(
            batch.c.campaign_id == campaign_id,
            batch.c.state == BatchState.READY,
            batch.c.tracking != UNTRACKED,
            delivery.c.ending.is_(None),
        )
    ).scalar_one()


def under_way(connection: Connection, campaign_id: int) -> int:
    """How many requests of a campaign have been begun and not been answered, by any process."""
    table = schema.batch
    return connection.execute(
        select(func.count()).where(
            table.c.campaign_id == campaign_id, table.c.state == BatchState.SUBMITTING
        )
    ).scalar_one()


def _next_ready(
    connection: Connection, campaign_id: int, now: datetime, terms: Terms
) -> _Picked | None:
    found = {"campaign": campaign_id, "now": now, "closed": terms.closed, "quiet": terms.quiet}
    row = connection.execute(_NEXT_READY, found).one_or_none()
    return None if row is None else _Picked(row[0], row[1], row[2], Tracking(row[3]))
