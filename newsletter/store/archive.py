"""Issues as anybody may read them: kept at the freeze, shown once the first mail has left."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, type_coerce

from newsletter.domain.campaign import CampaignState
from newsletter.store import schema
from newsletter.store.dialects import insert_into

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Select

LONGEST_SEARCH = 8
"""Words of a search that are looked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One issue as the archive lists it. `published_at` is when it began to leave."""

    issue: str
    title: str
    summary: str
    date: date
    language: str
    published_at: datetime


def keep(connection: Connection, entry: Entry, *, html: str, text: str) -> None:
    """Keep the page of an issue, over the one that was kept before; `text` is what is searched."""
    row = {
        "title": entry.title,
        "summary": entry.summary,
        "date": entry.date,
        "language": entry.language,
        "html": html,
        "text": folded(text),
        "published_at": entry.published_at,
    }
    new = insert_into(connection, schema.archived).values(issue=entry.issue, **row)
    connection.execute(
        new.on_conflict_do_update(index_elements=[schema.archived.c.issue], set_=row)
    )


def kept(connection: Connection, issue: str) -> str | None:
    """The page kept of an issue, whether it may be shown or not."""
    table = schema.archived
    return connection.execute(select(table.c.html).where(table.c.issue == issue)).scalar()


def page(
    connection: Connection, issue: str, *, lists: Collection[str], now: datetime
) -> str | None:
    """The page of an issue that has begun to leave to one of these lists, or None."""
    table = schema.archived
    query = _shown(select(table.c.html), lists, now).where(table.c.issue == issue)
    return connection.execute(query).scalar()


def entries(
    connection: Connection,
    *,
    lists: Collection[str],
    now: datetime,
    words: Sequence[str] = (),
    skip: int = 0,
    most: int,
) -> tuple[Entry, ...]:
    """Up to `most` issues that hold every word and have begun to leave, the newest first."""
    table = schema.archived
    began = func.min(func.coalesce(schema.campaign.c.send_at, table.c.published_at))
    query = (
        _shown(
            select(
                table.c.issue,
                table.c.title,
                table.c.summary,
                table.c.date,
                table.c.language,
                type_coerce(began, schema.Moment()).label("published_at"),
            ),
            lists,
            now,
        )
        .group_by(table.c.issue)
        .order_by(table.c.date.desc(), table.c.issue.desc())
        .offset(skip)
        .limit(most)
    )
    for word in words[:LONGEST_SEARCH]:
        query = query.where(table.c.text.contains(folded(word), autoescape=True))
    return tuple(Entry(**row) for row in connection.execute(query).mappings())


def folded(text: str) -> str:
    """Text for searching: small letters without accents, runs of white space as one space.

    A NUL is white space, too: PostgreSQL takes none.
    """
    parts = unicodedata.normalize("NFKD", text.casefold().replace("\0", " "))
    return " ".join("".join(char for char in parts if not unicodedata.combining(char)).split())


def _shown(query: Select[Any], lists: Collection[str], now: datetime) -> Select[Any]:
    """Only issues of which a mail has left to one of these lists, and that nobody cancelled."""
    campaign, batch, attempt = schema.campaign, schema.batch, schema.attempt
    left = func.coalesce(attempt.c.send_at, attempt.c.created_at) <= now
    begun = (
        select(attempt.c.id)
        .join(batch, batch.c.id == attempt.c.batch_id)
        .where(batch.c.campaign_id == campaign.c.id, left)
        .exists()
    )
    return query.join_from(
        schema.archived, campaign, campaign.c.issue == schema.archived.c.issue
    ).where(campaign.c.list_key.in_(lists), campaign.c.state != CampaignState.CANCELLED, begun)
