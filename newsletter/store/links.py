"""Links and briefs of a campaign, kept at the freeze: what a click belongs to, and who had what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from newsletter.store.schema import brief, link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from newsletter.domain.rendition import Rendition


def keep_links(connection: Connection, campaign_id: int, renditions: Sequence[Rendition]) -> None:
    """Write down every link of every version once, in reading order."""
    links = dict.fromkeys(one for rendition in renditions for one in rendition.links)
    rows = [
        {
            "campaign_id": campaign_id,
            "place": place,
            "url": one.url,
            "section": one.section,
            "brief": one.brief,
            "headline": one.headline,
        }
        for place, one in enumerate(links)
    ]
    if rows:
        connection.execute(insert(link), rows)


def keep_briefs(connection: Connection, campaign_id: int, renditions: Sequence[Rendition]) -> None:
    """Write down which briefs each version shows, in reading order."""
    rows = [
        {
            "campaign_id": campaign_id,
            "version": rendition.version,
            "place": place,
            "section": one.section,
            "brief": one.brief,
            "headline": one.headline,
        }
        for rendition in renditions
        for place, one in enumerate(rendition.briefs)
    ]
    if rows:
        connection.execute(insert(brief), rows)
