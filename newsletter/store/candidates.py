"""Who a campaign would mail, who not and why, and which version each would read: one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, exists, false, func, literal, select

from newsletter.domain.campaign import BatchState
from newsletter.store import schema
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from newsletter.domain.segment import Rule
    from newsletter.domain.version import Version

HAS_ISSUE = "has this issue"
"""Why somebody on a second list of the same issue is excluded."""


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many a new campaign would mail, how many it would exclude by reason, and how many of
    those mailed would read each version that has readers.
    """

    mailed: int
    excluded: Mapping[str, int]
    versions: Mapping[str, int]


def count_audience(
    connection: Connection,
    issue: str,
    list_key: str,
    rule: Rule | None,
    *,
    versions: Sequence[Version] = (),
    memberships: Mapping[str, Rule] | None = None,
) -> Headcount:
    """Count the audience of a campaign that is not there yet; see `freezing.freeze`."""
    earlier = campaigns_of(connection, issue)
    people = candidates(list_key, rule, earlier, memberships or {}).subquery()
    place = place_of_version(people.c.segments, versions, memberships or {})
    rows = connection.execute(
        select(people.c.excluded, place, func.count())
        .group_by(people.c.excluded, place)
        .order_by(place)
    ).all()
    excluded: dict[str, int] = {}
    for reason, _, count in rows:
        if reason is not None:
            excluded[reason] = excluded.get(reason, 0) + count
    read = {at: count for reason, at, count in rows if reason is None}
    return Headcount(
        mailed=sum(read.values()),
        excluded=dict(sorted(excluded.items())),
        versions={version.key: read[at] for at, version in enumerate(versions) if at in read},
    )


def campaigns_of(connection: Connection, issue: str) -> tuple[int, ...]:
    """The ids of every campaign of an issue."""
    table = schema.campaign
    return tuple(connection.execute(select(table.c.id).where(table.c.issue == issue)).scalars())


def candidates(
    list_key: str, rule: Rule | None, earlier: tuple[int, ...], memberships: Mapping[str, Rule]
) -> Any:
    """Everybody who ever subscribed and fits, with the reason why not, if there is one.

    `earlier` are campaigns of the same issue: who has a mail of theirs, or may have, gets no other.
    `segments` has one bit for each of `memberships`, in their order, set for who is in it.
    """
    person, entry = schema.subscriber, schema.subscription
    suppressed = (
        select(schema.suppression.c.reason)
        .where(schema.suppression.c.digest == person.c.digest)
        .scalar_subquery()
    )
    excluded = case(
        (entry.c.status != "subscribed", entry.c.status),
        (_has_it(earlier), HAS_ISSUE),
        else_=suppressed,
    ).label("excluded")
    segments: ColumnElement[int] = literal(0)
    for place, one in enumerate(memberships.values()):
        segments = segments + case((condition(one), 1 << place), else_=0)
    query = (
        select(
            person.c.id.label("subscriber_id"),
            entry.c.id.label("subscription_id"),
            person.c.address,
            person.c.canonical,
            person.c.digest,
            person.c.attributes,
            excluded,
            segments.label("segments"),
        )
        .join_from(entry, person, entry.c.subscriber_id == person.c.id)
        .where(entry.c.list_key == list_key)
    )
    return query if rule is None else query.where(condition(rule))


def place_of_version(
    segments: ColumnElement[int], versions: Sequence[Version], memberships: Mapping[str, Rule]
) -> ColumnElement[int]:
    """The place among `versions` of what somebody with these bits reads."""
    if len(versions) < 2:
        return literal(0)
    bits = {name: 1 << place for place, name in enumerate(memberships)}
    places = {
        sum(bits[name] for name in members): place
        for place, version in enumerate(versions)
        for members in version.memberships
    }
    return case(places, value=segments)


def _has_it(earlier: tuple[int, ...]) -> ColumnElement[bool]:
    """Whether a person has a mail of these campaigns, or may have, or is to get one."""
    if not earlier:
        return false()
    return exists().where(
        schema.delivery.c.campaign_id.in_(earlier),
        schema.delivery.c.subscriber_id == schema.subscriber.c.id,
        schema.delivery.c.ending.is_(None),
        schema.batch.c.id == schema.delivery.c.batch_id,
        schema.batch.c.state.not_in([BatchState.REJECTED, BatchState.CANCELLED]),
    )
