"""How far a campaign is, batch by batch: cheap enough to ask every second of a million deliveries.

Deliveries are counted batch by batch, all of them once, and later only those of batches that moved.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, func, select

from newsletter.domain.campaign import BatchState, DeliveryState, Outcome
from newsletter.store import schema
from newsletter.store.locks import is_dead
from newsletter.store.pace import Meter

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

MOST_IDS = 500
"""Batches that are asked for by their ids; for more, all of the campaign are counted."""


class BatchLine(NamedTuple):
    """A batch as it stands, with its current attempt: when it was claimed, and when the first byte
    of its request left. `send_at` is when the provider lets go, `zone` whose clocks it keeps, ''
    the publication's.
    """

    id: int
    sequence: int
    state: BatchState
    not_before: datetime | None
    attempt: str | None
    created_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    send_at: datetime | None
    begun_at: datetime | None = None
    zone: str = ""


class Gates(NamedTuple):
    """What holds back batches that are ready: the last that may be claimed, None for all, when the
    others may follow, and what is remembered of limits and trouble (store.pace). `attended` is
    False where whoever had requests under way is dead; `moved_at` is when anything last happened.
    With `trial`, those who go first try the subjects.
    """

    open_through: int | None
    opens_at: datetime | None
    meters: Mapping[str, Meter]
    attended: bool
    moved_at: datetime | None
    trial: bool = False


def lines(connection: Connection, campaign_id: int) -> tuple[BatchLine, ...]:
    """Every batch of a campaign, in the order they are claimed."""
    batch, attempt = schema.batch, schema.attempt
    rows = connection.execute(
        select(
            batch.c.id,
            batch.c.sequence,
            batch.c.state,
            batch.c.not_before,
            batch.c.attempt_id,
            attempt.c.created_at,
            attempt.c.closed_at,
            attempt.c.outcome,
            attempt.c.send_at,
            attempt.c.begun_at,
            batch.c.zone,
        )
        .outerjoin_from(batch, attempt, attempt.c.id == batch.c.attempt_id)
        .where(batch.c.campaign_id == campaign_id)
        .order_by(batch.c.sequence)
    )
    return tuple(
        BatchLine(number, sequence, BatchState(state), *rest)
        for number, sequence, state, *rest in rows
    )


def people(
    connection: Connection, campaign_id: int, batches: Collection[int]
) -> dict[int, Counter[DeliveryState | None]]:
    """Batch id → how many have which ending of their own, under None how many have none."""
    table = schema.delivery
    few = len(batches) <= MOST_IDS
    query = (
        select(table.c.batch_id, table.c.ending, func.count())
        # By the one or the other: SQLite would take the campaign's index for both.
        .where(table.c.batch_id.in_(batches) if few else table.c.campaign_id == campaign_id)
        .group_by(table.c.batch_id, table.c.ending)
    )
    counted: dict[int, Counter[DeliveryState | None]] = {}
    for batch_id, ending, count in connection.execute(query):
        counted.setdefault(batch_id, Counter())[ending and DeliveryState(ending)] = count
    return counted


def dead(connection: Connection) -> frozenset[int | None]:
    """The numbers of dead senders that left requests under way.

    To be asked before the transaction that looks at campaigns: who ends in between, having written
    down all, is not taken for dead then.
    """
    table = schema.batch
    under_way = select(table.c.owner).where(table.c.state == BatchState.SUBMITTING).distinct()
    owners = connection.execute(under_way).scalars().all()
    return frozenset(owner for owner in owners if is_dead(connection, owner))


def gates(connection: Connection, campaign_id: int, dead: Collection[int | None]) -> Gates:
    """What holds back a campaign's batches, read without a lock."""
    table = schema.campaign
    row = connection.execute(
        select(table.c.open_through, table.c.opens_at).where(table.c.id == campaign_id)
    ).one()
    rows = connection.execute(select(schema.pace))
    return Gates(
        row[0],
        row[1],
        {one[0]: Meter(one[1], one[2]) for one in rows},
        attended=_attended(connection, campaign_id, dead),
        moved_at=_moved_at(connection, campaign_id),
        trial=_has_trial(connection, campaign_id),
    )


def _attended(connection: Connection, campaign_id: int, dead: Collection[int | None]) -> bool:
    table = schema.batch
    under_way = select(table.c.owner).where(
        table.c.campaign_id == campaign_id, table.c.state == BatchState.SUBMITTING
    )
    owners = connection.execute(under_way.distinct()).scalars().all()
    return not owners or any(owner not in dead for owner in owners)


def _has_trial(connection: Connection, campaign_id: int) -> bool:
    table = schema.subject_trial
    one = select(exists().where(table.c.campaign_id == campaign_id))
    return bool(connection.execute(one).scalar_one())


def _moved_at(connection: Connection, campaign_id: int) -> datetime | None:
    table = schema.transition
    last = select(table.c.at).where(table.c.campaign_id == campaign_id).order_by(table.c.id.desc())
    moment: datetime | None = connection.execute(last.limit(1)).scalar_one_or_none()
    return moment


def errors(connection: Connection, campaign_id: int) -> int:
    """Requests of a campaign that the provider answered otherwise than by taking them."""
    batch, attempt = schema.batch, schema.attempt
    return connection.execute(
        select(func.count())
        .join_from(attempt, batch, attempt.c.batch_id == batch.c.id)
        .where(
            batch.c.campaign_id == campaign_id,
            attempt.c.outcome.in_([Outcome.BUSY, Outcome.REJECTED, Outcome.UNCERTAIN]),
        )
    ).scalar_one()
