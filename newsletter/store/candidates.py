"""Who a campaign would mail, who not and why, and which version each would read: one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, false, func, literal, null, or_, select

from newsletter.domain.audience import APART
from newsletter.domain.campaign import BatchState
from newsletter.domain.correction import OCCURRENCE
from newsletter.store import schema
from newsletter.store.attributes import text_of
from newsletter.store.segments import condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Connection

    from newsletter.domain.segment import Rule
    from newsletter.domain.version import Version

HAS_ISSUE = "has this issue"
"""Why somebody on a second list of the same issue is excluded."""

PAUSED = "paused"
"""Why somebody is excluded who wants no mail until a day that has not come."""

FREQUENCY = "frequency"
"""Why somebody is excluded who wants mail of this list less often."""


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many a new campaign would mail, how many it would exclude by reason, and how many of
    those mailed would read each version that has readers; of these, `tracked` counts who agreed to
    be tracked.
    """

    mailed: int
    excluded: Mapping[str, int]
    versions: Mapping[str, int]
    tracked: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a campaign is for: a list, a rule asked at `now`, segments that tell versions apart; and
    when its mail leaves, as far as is known, and whether that depends on where they are.
    """

    issue: str
    list_key: str
    rule: Rule | None
    memberships: Mapping[str, Rule]
    now: datetime
    mailed_at: datetime
    by_zone: bool = False


def count_audience(
    connection: Connection,
    issue: str,
    list_key: str,
    rule: Rule | None,
    *,
    now: datetime,
    versions: Sequence[Version] = (),
    memberships: Mapping[str, Rule] | None = None,
) -> Headcount:
    """Count the audience of a campaign that is not there yet; see `freezing.freeze`."""
    wanted = Wanted(issue, list_key, rule, memberships or {}, now, now)
    people = candidates(connection, wanted).subquery()
    place = place_of_version(people.c.segments, versions, memberships or {})
    agreed = func.count().filter(people.c.tracking.is_(True))
    rows = connection.execute(
        select(people.c.excluded, place, func.count(), agreed)
        .group_by(people.c.excluded, place)
        .order_by(place)
    ).all()
    excluded: dict[str, int] = {}
    for reason, _, count, _ in rows:
        if reason is not None:
            excluded[reason] = excluded.get(reason, 0) + count
    read = {at: (count, some) for reason, at, count, some in rows if reason is None}
    named = {version.key: read[at] for at, version in enumerate(versions) if at in read}
    return Headcount(
        mailed=sum(count for count, _ in read.values()),
        excluded=dict(sorted(excluded.items())),
        versions={key: count for key, (count, _) in named.items()},
        tracked={key: some for key, (_, some) in named.items()},
    )


def candidates(connection: Connection, wanted: Wanted) -> Any:
    """Everybody who ever subscribed and fits, with the reason why not, if there is one.

    Who has the issue by another campaign, or may have it, gets no other mail of it. `segments` has
    one bit for each of `memberships`, in their order, set for who is in it. `whereabouts` is
    somebody's time zone, or their country in small letters; NULL where it is not asked for.
    """
    person, entry = schema.subscriber, schema.subscription
    suppressed = (
        select(schema.suppression.c.reason)
        .where(schema.suppression.c.digest == person.c.digest)
        .scalar_subquery()
    )
    wishes = case(
        (person.c.paused_until > wanted.mailed_at, PAUSED),
        (_wants_less(connection, wanted), FREQUENCY),
    )
    excluded = case(
        (entry.c.status != "subscribed", entry.c.status),
        (_has_mail_of(_campaigns(connection, schema.campaign.c.issue == wanted.issue)), HAS_ISSUE),
        else_=func.coalesce(suppressed, wishes),
    ).label("excluded")
    segments: ColumnElement[int] = literal(0)
    for place, one in enumerate(wanted.memberships.values()):
        segments = segments + case((condition(one, wanted.now), 1 << place), else_=0)
    where: ColumnElement[Any] = null()
    if wanted.by_zone:
        where = func.coalesce(person.c.time_zone, func.lower(text_of("country")))
    query = (
        select(
            person.c.id.label("subscriber_id"),
            entry.c.id.label("subscription_id"),
            person.c.address,
            person.c.canonical,
            person.c.digest,
            person.c.attributes,
            person.c.tracking,
            excluded,
            segments.label("segments"),
            where.label("whereabouts"),
        )
        .join_from(entry, person, entry.c.subscriber_id == person.c.id)
        .where(entry.c.list_key == wanted.list_key)
    )
    return query if wanted.rule is None else query.where(condition(wanted.rule, wanted.now))


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


def _campaigns(connection: Connection, *conditions: ColumnElement[bool]) -> tuple[int, ...]:
    """The ids of the campaigns of which this is true."""
    return tuple(connection.execute(select(schema.campaign.c.id).where(*conditions)).scalars())


def _wants_less(connection: Connection, wanted: Wanted) -> ColumnElement[bool]:
    """Whether a person has a mail of the list so close to this one that they want none now."""
    return or_(
        *(
            and_(
                schema.subscriber.c.frequency == frequency,
                _has_mail_of(_around(connection, wanted, apart)),
            )
            for frequency, apart in APART.items()
        )
    )


def _around(connection: Connection, wanted: Wanted, apart: timedelta) -> tuple[int, ...]:
    """The list's campaigns whose mail leaves less than `apart` before or after this one's."""
    table = schema.campaign
    leaves = func.coalesce(table.c.send_at, table.c.frozen_at)
    return _campaigns(
        connection,
        table.c.list_key == wanted.list_key,
        leaves > wanted.mailed_at - apart,
        leaves < wanted.mailed_at + apart,
        ~table.c.occurrence.startswith(OCCURRENCE),  # a correction is no issue
    )


def _has_mail_of(campaigns: tuple[int, ...]) -> ColumnElement[bool]:
    """Whether a person has a mail of these campaigns, or may have, or is to get one."""
    if not campaigns:
        return false()
    return exists().where(
        schema.delivery.c.campaign_id.in_(campaigns),
        schema.delivery.c.subscriber_id == schema.subscriber.c.id,
        schema.delivery.c.ending.is_(None),
        schema.batch.c.id == schema.delivery.c.batch_id,
        schema.batch.c.state.not_in([BatchState.REJECTED, BatchState.CANCELLED]),
    )
