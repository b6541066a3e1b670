"""The freeze: audience and bytes of a campaign fixed in one transaction, set by set.

Nothing is read into the program: candidates, exclusions, batches and deliveries are made by the
database from one query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, exists, false, func, insert, literal, null, select, text

from newsletter.domain.campaign import BatchState, Campaign, CampaignState, batch_size
from newsletter.store import schema
from newsletter.store.campaigns import log
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Subquery

    from newsletter.domain.rendition import Rendition
    from newsletter.domain.segment import Rule

HAS_ISSUE = "has this issue"
"""Why somebody on a second list of the same issue is excluded."""


def freeze(
    connection: Connection,
    campaign: Campaign,
    *,
    occurrence: str,
    renditions: Sequence[Rendition],
    rule: Rule | None,
    largest_batch: int,
    actor: str,
) -> int:
    """Fix audience and bytes of a campaign, in the caller's transaction; returns its id.

    Candidates are everybody who ever subscribed to the list and fits the segment; each becomes a
    delivery in a batch, or an exclusion with a reason. Who has the issue by another campaign is
    excluded: nobody gets an issue twice for being on two lists. `campaign.id` is ignored. The
    transaction must not have asked anything before, for the freeze needs one view to its end.
    """
    _take_snapshot(connection)
    earlier = _campaigns_of(connection, campaign.issue)
    people = _candidates(campaign.list_key, rule, earlier).subquery()
    counts = connection.execute(
        select(func.count(), func.count().filter(people.c.excluded.is_(None))).select_from(people)
    ).one()
    campaign_id = _insert_campaign(connection, campaign, occurrence, candidates=counts[0])
    _insert_renditions(connection, campaign_id, renditions)
    with_fields = any(
        token.field.startswith("reader.") for rendition in renditions for token in rendition.tokens
    )
    size = batch_size(counts[1], largest_batch)
    _insert_batches(connection, campaign_id, renditions[0].version, -(-counts[1] // size))
    _insert_deliveries(connection, campaign_id, people, size, with_fields=with_fields)
    connection.execute(
        insert(schema.exclusion).from_select(
            ["campaign_id", "subscriber_id", "reason"],
            select(literal(campaign_id), people.c.subscriber_id, people.c.excluded).where(
                people.c.excluded.is_not(None)
            ),
        )
    )
    log(connection, campaign_id, at=campaign.frozen_at, actor=actor, before="", after="frozen")
    return campaign_id


def count_audience(
    connection: Connection, issue: str, list_key: str, rule: Rule | None
) -> dict[str, int]:
    """How many a new campaign would mail (under '') and how many exclude, by reason."""
    people = _candidates(list_key, rule, _campaigns_of(connection, issue)).subquery()
    rows = connection.execute(
        select(func.coalesce(people.c.excluded, ""), func.count()).group_by(people.c.excluded)
    )
    return {reason: count for reason, count in rows}  # noqa: C416 - a Row is no plain pair


def _take_snapshot(connection: Connection) -> None:
    """Let every query of this transaction see the same people, and one freeze at a time.

    SQLite keeps other writers out. PostgreSQL shows each statement what others committed before it,
    unless it is told not to; the lock comes first, for only a lock is taken before the snapshot.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(text("LOCK TABLE campaign IN SHARE ROW EXCLUSIVE MODE"))


def _campaigns_of(connection: Connection, issue: str) -> tuple[int, ...]:
    table = schema.campaign
    return tuple(connection.execute(select(table.c.id).where(table.c.issue == issue)).scalars())


def _candidates(list_key: str, rule: Rule | None, earlier: tuple[int, ...]) -> Any:
    """Everybody who ever subscribed and fits, with the reason why not, if there is one.

    `earlier` are campaigns of the same issue: who has a mail of theirs, or may have, gets no other.
    """
    person, entry = schema.subscriber, schema.subscription
    suppressed = (
        select(schema.suppression.c.reason)
        .where(schema.suppression.c.digest == person.c.digest)
        .scalar_subquery()
    )
    has_it = (
        exists().where(
            schema.delivery.c.campaign_id.in_(earlier),
            schema.delivery.c.subscriber_id == person.c.id,
            schema.delivery.c.ending.is_(None),
            schema.batch.c.id == schema.delivery.c.batch_id,
            schema.batch.c.state.not_in([BatchState.REJECTED, BatchState.CANCELLED]),
        )
        if earlier
        else false()
    )
    excluded = case(
        (entry.c.status != "subscribed", entry.c.status),
        (has_it, HAS_ISSUE),
        else_=suppressed,
    ).label("excluded")
    query = (
        select(
            person.c.id.label("subscriber_id"),
            entry.c.id.label("subscription_id"),
            person.c.address,
            person.c.canonical,
            person.c.digest,
            person.c.attributes,
            excluded,
        )
        .join_from(entry, person, entry.c.subscriber_id == person.c.id)
        .where(entry.c.list_key == list_key)
    )
    return query if rule is None else query.where(condition(rule))


def _insert_campaign(
    connection: Connection, campaign: Campaign, occurrence: str, *, candidates: int
) -> int:
    envelope = campaign.envelope
    inserted = connection.execute(
        insert(schema.campaign).values(
            issue=campaign.issue,
            list_key=campaign.list_key,
            segment=campaign.segment,
            occurrence=occurrence,
            state=CampaignState.FROZEN,
            envelope={
                "sender": {"email": envelope.sender.email, "name": envelope.sender.name},
                "reply_to": envelope.reply_to,
                "list_id": envelope.list_id,
                "base_url": envelope.base_url,
            },
            digest=campaign.digest,
            candidates=candidates,
            frozen_at=campaign.frozen_at,
            send_at=campaign.send_at,
        )
    )
    key = inserted.inserted_primary_key
    return int(key[0]) if key else 0


def _insert_renditions(
    connection: Connection, campaign_id: int, renditions: Sequence[Rendition]
) -> None:
    connection.execute(
        insert(schema.rendition),
        [
            {
                "campaign_id": campaign_id,
                "version": rendition.version,
                "subject": rendition.subject,
                "preheader": rendition.preheader,
                "html": rendition.html,
                "text": rendition.text,
                "tokens": [
                    [token.placeholder, token.field, token.part, token.fallback]
                    for token in rendition.tokens
                ],
            }
            for rendition in renditions
        ],
    )


def _insert_batches(connection: Connection, campaign_id: int, version: str, count: int) -> None:
    if count:
        connection.execute(
            insert(schema.batch),
            [
                {
                    "campaign_id": campaign_id,
                    "sequence": sequence,
                    "version": version,
                    "state": BatchState.READY,
                }
                for sequence in range(count)
            ],
        )


def _insert_deliveries(
    connection: Connection, campaign_id: int, people: Subquery, size: int, *, with_fields: bool
) -> None:
    position = (func.row_number().over(order_by=people.c.subscriber_id) - 1).label("position")
    planned = select(people, position).where(people.c.excluded.is_(None)).subquery()
    fields: ColumnElement[Any] = planned.c.attributes if with_fields else null()
    batch = schema.batch
    connection.execute(
        insert(schema.delivery).from_select(
            [
                "campaign_id",
                "batch_id",
                "subscriber_id",
                "subscription_id",
                "address",
                "canonical",
                "digest",
                "fields",
            ],
            select(
                literal(campaign_id),
                batch.c.id,
                planned.c.subscriber_id,
                planned.c.subscription_id,
                planned.c.address,
                planned.c.canonical,
                planned.c.digest,
                fields,
            )
            .join_from(planned, batch, batch.c.sequence == planned.c.position // size)
            .where(batch.c.campaign_id == campaign_id)
            .order_by(planned.c.position),
        )
    )
