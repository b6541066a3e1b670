"""Corrections of issues that have left: the record, and who received the item that was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, func, insert, literal, select

from newsletter.domain.campaign import BatchState
from newsletter.domain.correction import OCCURRENCE, Correction, CorrectionKind
from newsletter.domain.event import RANK, EventKind
from newsletter.store import schema
from newsletter.store.candidates import PAUSED

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

HAS_CORRECTION = "has this correction"
"""Why somebody is excluded who received the item by more than one list."""


@dataclass(frozen=True, slots=True)
class MailedBrief:
    """A brief as an issue's mails had it: its id and its headline."""

    brief: str
    headline: str


def record(connection: Connection, correction: Correction) -> None:
    """Write a correction down; one that mails an item only once, whatever is repeated."""
    table = schema.correction
    if correction.occurrence:
        known = select(table.c.id).where(
            table.c.issue == correction.issue, table.c.occurrence == correction.occurrence
        )
        if connection.execute(known).first() is not None:
            return
    row = {
        "issue": correction.issue,
        "kind": correction.kind,
        "at": correction.at,
        "actor": correction.actor,
        "before": correction.before,
        "after": correction.after,
        "note": correction.note,
        "occurrence": correction.occurrence,
    }
    connection.execute(insert(table), row)


def of_issue(connection: Connection, issue: str) -> tuple[Correction, ...]:
    """Every correction of an issue, the oldest first."""
    table = schema.correction
    query = select(table).where(table.c.issue == issue).order_by(table.c.id)
    return tuple(
        Correction(
            issue=row["issue"],
            kind=CorrectionKind(row["kind"]),
            at=row["at"],
            actor=row["actor"],
            before=row["before"],
            after=row["after"],
            note=row["note"],
            occurrence=row["occurrence"],
        )
        for row in connection.execute(query).mappings()
    )


def briefs(connection: Connection, issue: str) -> tuple[MailedBrief, ...]:
    """Every brief of any version of an issue as it was mailed, in reading order."""
    table, campaign = schema.brief, schema.campaign
    query = (
        select(table.c.brief, table.c.headline)
        .join(campaign, campaign.c.id == table.c.campaign_id)
        .where(campaign.c.issue == issue, ~campaign.c.occurrence.startswith(OCCURRENCE))
        .order_by(table.c.campaign_id, table.c.place)
    )
    found = (MailedBrief(*row) for row in connection.execute(query))
    return tuple(dict.fromkeys(found))


def receivers(
    connection: Connection, issue: str, brief: str, *, occurrence: str, now: datetime
) -> dict[str, tuple[int, dict[str, int]]]:
    """For each list the issue went to: how many received the brief and can be mailed a correction,
    and how many of the others who received it cannot, by reason.
    """
    table = schema.campaign
    lists = connection.execute(
        select(table.c.list_key)
        .where(table.c.issue == issue, ~table.c.occurrence.startswith(OCCURRENCE))
        .group_by(table.c.list_key)
        .order_by(func.min(table.c.id))
    ).scalars()
    counts: dict[str, tuple[int, dict[str, int]]] = {}
    for list_key in lists.all():
        people = audience(issue, brief, list_key, occurrence=occurrence, now=now).subquery()
        rows = connection.execute(
            select(people.c.excluded, func.count()).group_by(people.c.excluded)
        ).all()
        excluded = {reason: count for reason, count in rows if reason is not None}
        mailed = sum(count for reason, count in rows if reason is None)
        if rows:
            counts[list_key] = mailed, dict(sorted(excluded.items()))
    return counts


def audience(
    issue: str, brief: str, list_key: str, *, occurrence: str, now: datetime
) -> Select[Any]:
    """Who received a brief by a list, as `store.candidates` would put it: for the freeze.

    Received is what the provider took and neither it nor the server there threw away, in a version
    that shows the brief. Who left since, or is suppressed or paused, is excluded; how often
    somebody wants mail does not matter, for a correction is no issue.
    """
    person, entry = schema.subscriber, schema.subscription
    suppressed = (
        select(schema.suppression.c.reason)
        .where(schema.suppression.c.digest == person.c.digest)
        .scalar_subquery()
    )
    excluded = case(
        (entry.c.status != "subscribed", entry.c.status),
        (_has_correction(issue, occurrence, but=list_key), HAS_CORRECTION),
        else_=func.coalesce(suppressed, case((person.c.paused_until > now, PAUSED))),
    ).label("excluded")
    return (
        select(
            person.c.id.label("subscriber_id"),
            entry.c.id.label("subscription_id"),
            person.c.address,
            person.c.canonical,
            person.c.digest,
            person.c.attributes,
            person.c.tracking,
            excluded,
            literal(0).label("segments"),
        )
        .join_from(entry, person, entry.c.subscriber_id == person.c.id)
        .where(entry.c.list_key == list_key, _received(issue, brief, list_key))
    )


def _received(issue: str, brief: str, list_key: str) -> ColumnElement[bool]:
    mail, batch, campaign, shown = schema.delivery, schema.batch, schema.campaign, schema.brief
    return exists(
        select(mail.c.id)
        .join(campaign, campaign.c.id == mail.c.campaign_id)
        .join(batch, batch.c.id == mail.c.batch_id)
        .join(
            shown,
            and_(shown.c.campaign_id == campaign.c.id, shown.c.version == batch.c.version),
        )
        .where(
            campaign.c.issue == issue,
            campaign.c.list_key == list_key,
            ~campaign.c.occurrence.startswith(OCCURRENCE),
            shown.c.brief == brief,
            batch.c.state == BatchState.SUBMITTED,
            mail.c.subscriber_id == schema.subscriber.c.id,
            mail.c.ending.is_(None),
            mail.c.bounced_at.is_(None),
            mail.c.arrival < RANK[EventKind.DROPPED],
        )
        .correlate(schema.subscriber)
    )


def _has_correction(issue: str, occurrence: str, *, but: str) -> ColumnElement[bool]:
    """Whether a person gets the correction by another list."""
    mail, campaign = schema.delivery, schema.campaign
    return exists(
        select(mail.c.id)
        .join(campaign, campaign.c.id == mail.c.campaign_id)
        .where(
            campaign.c.issue == issue,
            campaign.c.occurrence == occurrence,
            campaign.c.list_key != but,
            mail.c.subscriber_id == schema.subscriber.c.id,
        )
        .correlate(schema.subscriber)
    )
