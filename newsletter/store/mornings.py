"""Which issues began to leave of late, and whether their report was mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from newsletter.domain.campaign import CampaignState
from newsletter.domain.correction import OCCURRENCE
from newsletter.domain.notice import Channel, NoticeKind, NoticeState
from newsletter.store.schema import campaign, notice

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

BEGUN = (
    CampaignState.SENDING,
    CampaignState.PAUSED,
    CampaignState.UNSETTLED,
    CampaignState.DONE,
)


def begun(
    connection: Connection, after: datetime, until: datetime
) -> tuple[tuple[str, datetime], ...]:
    """Issue and moment of every campaign that was due, or frozen to leave at once, in that time."""
    moment = func.coalesce(campaign.c.send_at, campaign.c.frozen_at)
    query = select(campaign.c.issue, campaign.c.send_at, campaign.c.frozen_at).where(
        campaign.c.state.in_(BEGUN),
        ~campaign.c.occurrence.startswith(OCCURRENCE),
        moment > after,
        moment <= until,
    )
    rows = connection.execute(query.order_by(campaign.c.id))
    return tuple((issue, send_at or frozen_at) for issue, send_at, frozen_at in rows)


def is_noted(connection: Connection, key: str) -> bool:
    """Whether there is a notice of a report by this key."""
    query = select(notice.c.id).where(notice.c.key == key, notice.c.channel == Channel.REPORTS)
    return connection.execute(query).first() is not None


def report_notices(
    connection: Connection, issue: str
) -> tuple[tuple[datetime, NoticeState, str], ...]:
    """When each report of an issue was to be mailed, what came of it, and why."""
    query = (
        select(notice.c.made_at, notice.c.state, notice.c.reason)
        .where(notice.c.issue == issue, notice.c.kind == NoticeKind.REPORT)
        .order_by(notice.c.id)
    )
    return tuple(
        (at, NoticeState(state), reason) for at, state, reason in connection.execute(query)
    )
