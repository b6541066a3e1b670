"""What people received, opened and clicked, as conditions on `subscriber`.

Opens and clicks are those by humans, as reports count them. “At least n” asks for the n-th mail and
no further. Few mails are opened, and fewer clicked, so these stand in small indexes by person; for
mails received, each campaign is asked for the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from newsletter.domain.campaign import BatchState
from newsletter.domain.event import RANK, EventKind
from newsletter.domain.report import Verdict
from newsletter.domain.segment import Deed, Mails
from newsletter.store.schema import batch, campaign, delivery, event, link, subscriber

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from sqlalchemy import ColumnElement, Select


def mailed(rule: Mails, now: datetime) -> ColumnElement[bool]:
    """Whether so many mails of a person are as the rule says, counted back from `now`."""
    since = None if rule.within is None else now - rule.within
    if rule.deed is Deed.RECEIVED:
        found = _received(since)
    elif rule.section:
        found = _clicked(rule.section, since)
    else:
        opened = rule.deed is Deed.OPENED
        moment = delivery.c.human_opened_at if opened else delivery.c.human_clicked_at
        found = _theirs().where(moment.is_not(None) if since is None else moment >= since)
    if rule.least > 1:
        found = found.limit(1).offset(rule.least - 1)
    return exists(found)


def _theirs() -> Select[Any]:
    query = select(delivery.c.id).where(delivery.c.subscriber_id == subscriber.c.id)
    return query.correlate(subscriber)


def _received(since: datetime | None) -> Select[Any]:
    """Mails that the provider took, and that neither it nor the server there threw away.

    Subqueries in place of joins keep the order: each campaign first, and the person's mail of it.
    """
    due = select(campaign.c.id)
    if since is not None:
        due = due.where(func.coalesce(campaign.c.send_at, campaign.c.frozen_at) >= since)
    taken = select(batch.c.state).where(batch.c.id == delivery.c.batch_id).correlate(delivery)
    return _theirs().where(
        delivery.c.campaign_id.in_(due),
        taken.scalar_subquery() == BatchState.SUBMITTED,
        delivery.c.ending.is_(None),
        delivery.c.bounced_at.is_(None),
        delivery.c.arrival < RANK[EventKind.DROPPED],
    )


def _clicked(section: str, since: datetime | None) -> Select[Any]:
    """Mails with a human's click on a link of that section."""
    clicks = (
        select(event.c.key)
        .where(
            event.c.delivery_id == delivery.c.id,
            event.c.kind == EventKind.CLICKED,
            event.c.verdict == Verdict.HUMAN,
            link.c.campaign_id == delivery.c.campaign_id,
            link.c.url == event.c.url,
            link.c.section == section,
        )
        .correlate(delivery)
    )
    if since is not None:
        clicks = clicks.where(event.c.at >= since)
    return _theirs().where(delivery.c.human_clicked_at.is_not(None), exists(clicks))
