"""To how many one brief of an issue went, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, type_coerce

from newsletter.domain.campaign import BatchState
from newsletter.domain.correction import OCCURRENCE
from newsletter.store import schema

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Run:
    """Mails with the brief in them that the provider took, how many of those arrived, and when the
    first and the last of them did.
    """

    submitted: int
    delivered: int
    first: datetime | None
    last: datetime | None


def run(connection: Connection, issue: str, brief: str) -> Run:
    """What became of the mails of an issue whose version shows the brief."""
    campaign, batch, mail, shown = schema.campaign, schema.batch, schema.delivery, schema.brief
    versions = (
        select(shown.c.campaign_id, shown.c.version)
        .join(campaign, campaign.c.id == shown.c.campaign_id)
        .where(
            campaign.c.issue == issue,
            ~campaign.c.occurrence.startswith(OCCURRENCE),
            shown.c.brief == brief,
        )
        .distinct()
        .subquery()
    )
    arrived = type_coerce(func.min(mail.c.delivered_at), schema.Moment())
    ended = type_coerce(func.max(mail.c.delivered_at), schema.Moment())
    query = (
        select(func.count(), func.count(mail.c.delivered_at), arrived, ended)
        .select_from(mail)
        .join(batch, batch.c.id == mail.c.batch_id)
        .join(
            versions,
            (versions.c.campaign_id == batch.c.campaign_id)
            & (versions.c.version == batch.c.version),
        )
        .where(batch.c.state == BatchState.SUBMITTED, mail.c.ending.is_(None))
    )
    return Run(*connection.execute(query).one())
